#include "app/boot_mark.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>

#include "base/files.h"

using namespace ph;
using namespace ph::app;

TEST_CASE("another boot id means that the machine stopped, unless the last server ended well") {
  char place[] = "/tmp/posthouse-boot-XXXXXX";
  REQUIRE(::mkdtemp(place) != nullptr);
  std::string data = place;
  auto begun = [&](const char* id) {
    auto end = mark_boot(data, id);
    REQUIRE(end.has_value());
    return *end;
  };
  CHECK(begun("one") == LastEnd::of_process);  // the first start of all
  CHECK(begun("one") == LastEnd::of_process);  // killed
  CHECK(begun("two") == LastEnd::of_machine);
  CHECK(begun("two") == LastEnd::of_process);
  unmark_boot(data);
  CHECK(begun("three") == LastEnd::of_process);  // stopped well, and booted later
  CHECK(begun("four") == LastEnd::of_machine);
  CHECK(begun("") == LastEnd::of_machine);
  CHECK(begun("") == LastEnd::of_process);
  unmark_boot(data);
  unmark_boot(data);
  std::filesystem::remove_all(data);
  CHECK_FALSE(mark_boot(data, "one").has_value());
}

TEST_CASE("the kernel has a boot id") { CHECK(kernel_boot_id().size() == 36); }
