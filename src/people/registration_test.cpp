#include "people/registration.h"

#include <doctest/doctest.h>

#include "core/core_fixture_test.h"
#include "core/settings.h"

namespace ph {
namespace {

using namespace ph::people;
using core_test::kPassword;
using core_test::refusal;

struct Fixture : core_test::CoreFixture {
  Fixture() { set_mode("open"); }
  void set_mode(std::string mode) {
    now(settings.put(boss, {}, {{"registration.mode", std::move(mode)}}));
  }
  void ask(const std::string& email, const std::string& password) {
    now(registration.begin({.email = email, .password = password, .account = "Shop"}));
  }
  std::vector<std::string> tokens() {
    std::vector<std::string> out;
    for (const OpenLink& link : now(registration.links(boss, {}, 10)))
      out.push_back(link.address.substr(link.address.find('=') + 1));
    return out;
  }
  std::string confirm(const std::string& token, const std::string& password) {
    return refusal(run(registration.confirm({.token = token, .password = password})));
  }

  core::Settings settings{context};
  Notices notices{context, sender};
  Registration registration{context, notices};
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a link confirms the registration of who knows its password") {
  ask("ann@shop.example", "the password of a thief");
  std::string thiefs = tokens().at(0);
  // She may follow the thief's link: it gives him nothing.
  CHECK(confirm(thiefs, kPassword) == "invalid_field password");
  CHECK(confirm(thiefs, std::string(300, 'x')) == "invalid_field password");
  ask("ann@shop.example", kPassword);
  REQUIRE(tokens().size() == 1);
  CHECK(confirm(thiefs, "the password of a thief") == "not_found token");
  std::string own = tokens().at(0);
  CHECK(confirm(own, kPassword) == "granted");
  CHECK(confirm(own, kPassword) == "not_found token");
  now(users.sign_in("ann@shop.example", kPassword));
}

TEST_CASE_FIXTURE(Fixture, "a link from before the door was closed makes no account") {
  ask("ann@shop.example", kPassword);
  std::string token = tokens().at(0);
  for (const char* mode : {"closed", "invitation"}) {
    set_mode(mode);
    CHECK(confirm(token, kPassword) == "forbidden");
  }
  set_mode("open");
  CHECK(confirm(token, kPassword) == "granted");
}

}  // namespace ph
