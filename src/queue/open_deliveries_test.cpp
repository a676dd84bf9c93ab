#include "queue/open_deliveries.h"

#include <doctest/doctest.h>

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "base/files.h"
#include "queue/interrupted.h"
#include "store/store_fixture_test.h"

using namespace ph;
using namespace ph::queue;
using namespace std::chrono_literals;

namespace {

OpenDelivery delivery(OpenSlot slot, int64_t message, int32_t index, uint32_t copies = 1) {
  return {slot, {MessageId(message), index}, copies};
}

// A file as it is written, of which a test spoils one thing.
std::string file_of(std::vector<OpenDelivery> deliveries, uint32_t slots = 4) {
  std::string out = encode_open_header(slots);
  out.resize((slots + 1) * kOpenSlot);
  for (const OpenDelivery& one : deliveries)
    out.replace(one.slot * kOpenSlot, kOpenSlot, encode_open_slot(one));
  return out;
}

std::shared_ptr<OpenDeliveries> open_at(const std::string& path, uint32_t slots = 4) {
  auto opened = OpenDeliveries::open(path, slots);
  REQUIRE_MESSAGE(opened.has_value(), (opened ? "" : opened.error().message));
  return *opened;
}

void write_bytes(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace

TEST_CASE("what is marked is found by the next process, what was cleared is not") {
  sql_test::TemporaryDirectory place;
  std::string path = place.path() + "/open-deliveries";
  {
    auto open = open_at(path);
    CHECK(open->found().empty());
    OpenSlot first = open->take(), second = open->take(), third = open->take();
    open->mark(delivery(first, 77, 3, 2));
    open->mark(delivery(second, 78, 0));
    open->mark(delivery(third, 79, 0));
    open->clear(second);
    open->give_back(third);
  }
  auto open = open_at(path);
  REQUIRE(open->found().size() == 1);
  CHECK(open->found()[0].key == store::RecipientKey{MessageId(77), 3});
  CHECK(open->found()[0].copies == 2);
  // Its slot is not for others.
  for (int i = 0; i < 3; ++i) CHECK(open->take() != open->found()[0].slot);
  CHECK(open->full());
  open->give_back(open->found()[0].slot);
  CHECK(!open->full());
  CHECK(open_at(path)->found().empty());
}

TEST_CASE("a kill while a delivery is marked once more forgets none of its earlier copies") {
  sql_test::TemporaryDirectory place;
  std::string path = place.path() + "/open-deliveries";
  write_bytes(path, file_of({delivery(2, 77, 3)}));
  for (int round = 0; round < 100; ++round) {
    CAPTURE(round);
    auto open = open_at(path);
    REQUIRE(open->file().damaged.empty());
    REQUIRE(open->found().size() == 1);
    OpenDelivery one = open->found()[0];
    pid_t child = ::fork();
    REQUIRE(child >= 0);
    while (child == 0) {
      ++one.copies;
      open->mark(one);
    }
    while (parse_open_deliveries(*read_file(path, 4096)).found.empty() ||
           parse_open_deliveries(*read_file(path, 4096)).found[0].copies < one.copies + 50) {
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
  }
}

TEST_CASE("whatever a slot holds, only what was written as a whole counts") {
  std::string good = file_of({delivery(2, 77, 3)});
  REQUIRE(parse_open_deliveries(good).found.size() == 1);
  for (size_t at = 2 * kOpenSlot; at < 2 * kOpenSlot + 24; ++at) {
    CAPTURE(at);
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x40);
    OpenFile file = parse_open_deliveries(bad);
    CHECK(file.ours);
    CHECK(file.found.empty());
    CHECK(file.damaged == std::vector<OpenSlot>{2});
  }
  SUBCASE("a slot of another place is none") {
    std::string moved = good;
    moved.replace(3 * kOpenSlot, kOpenSlot, good, 2 * kOpenSlot, kOpenSlot);
    CHECK(parse_open_deliveries(moved).damaged == std::vector<OpenSlot>{3});
  }
  SUBCASE("a negative message is none, whatever its checksum") {
    CHECK(parse_open_deliveries(file_of({delivery(1, -5, 0)})).damaged.size() == 1);
  }
  SUBCASE("a slot that is cut off is none") {
    good.resize(2 * kOpenSlot + 30);
    OpenFile file = parse_open_deliveries(good);
    CHECK(file.found.empty());
    CHECK(file.damaged.empty());
  }
}

TEST_CASE("a file that is none of ours is made anew, and damaged slots are free again") {
  sql_test::TemporaryDirectory place;
  std::string path = place.path() + "/open-deliveries";
  std::string other = file_of({delivery(1, 77, 3)});
  other[9] = 'x';
  for (std::string bytes : {std::string("#!/bin/sh\n"), other, std::string()}) {
    write_bytes(path, bytes);
    auto open = open_at(path);
    CHECK(open->found().empty());
    for (int i = 0; i < 4; ++i) open->take();
    CHECK(open->full());
    CHECK(parse_open_deliveries(*read_file(path, 4096)).ours);
  }
  std::string torn = file_of({delivery(1, 77, 3), delivery(2, 78, 0)});
  torn[kOpenSlot + 8] = 'x';
  write_bytes(path, torn);
  {
    auto open = open_at(path);
    CHECK(open->file().damaged == std::vector<OpenSlot>{1});
    CHECK(open->found().size() == 1);
    for (int i = 0; i < 3; ++i) open->take();
    CHECK(open->full());
  }
  CHECK(parse_open_deliveries(*read_file(path, 4096)).damaged.empty());
}

TEST_CASE("each further cut makes the calm longer, up to an hour") {
  CHECK(calm_after(0) == 10s);
  CHECK(calm_after(1) == 10s);
  CHECK(calm_after(2) == 5min);
  CHECK(calm_after(3) == 1h);
  CHECK(calm_after(UINT32_MAX) == 1h);
}

TEST_CASE("two slots of one recipient are one delivery") {
  sql_test::TemporaryDirectory place;
  std::string path = place.path() + "/open-deliveries";
  write_bytes(path, file_of({delivery(1, 77, 3), delivery(2, 77, 3, 5)}));
  auto open = open_at(path);
  Interrupted interrupted(open, MonoTime{0});
  CHECK(interrupted.size() == 1);
  store::RecipientKey key{MessageId(77), 3};
  CHECK(interrupted.waits_until(key, MonoTime{0}) == MonoTime{0} + 10s);
  CHECK(!interrupted.waits_until(key, MonoTime{0} + 10s));
  CHECK(!interrupted.waits_until({MessageId(77), 4}, MonoTime{0}));
  interrupted.drop(key);
  CHECK(interrupted.empty());
  for (int i = 0; i < 4; ++i) open->take();
  CHECK(open->full());
}

TEST_CASE("a file has more slots for more sessions, and keeps what was in more of them") {
  sql_test::TemporaryDirectory place;
  std::string path = place.path() + "/open-deliveries";
  {
    auto open = open_at(path, 4);
    open->mark({open->take(), {MessageId(70), 0}, 1});
  }
  {
    auto open = open_at(path, 9);
    CHECK(open->found().size() == 1);
    for (int i = 0; i < 7; ++i) open->take();
    open->mark({open->take(), {MessageId(71), 0}, 1});
    CHECK(open->full());
  }
  auto open = open_at(path, 2);
  REQUIRE(open->found().size() == 2);
  open->take();
  CHECK(open->full());
  for (const OpenDelivery& delivery : open->found()) open->give_back(delivery.slot);
  open->take();
  CHECK(open->full());
  CHECK(parse_open_deliveries(*read_file(path, 4096)).found.empty());
}
