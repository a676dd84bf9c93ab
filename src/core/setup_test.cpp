#include "core/setup.h"

#include "core/core_fixture_test.h"

using namespace ph;
using namespace ph::core_test;

namespace {

struct Fixture : CoreFixture {
  core::Setup setup{context, users, accounts};
  std::string begin() { return granted(run(setup.begin())).value_or(""); }
  std::string finish(core::SetupWishes wishes) {
    auto done = run(setup.finish(std::move(wishes)));
    if (done) return "granted";
    return std::string(core::reason_code(done.error().reason)) + " " + done.error().field;
  }
  static core::SetupWishes wishes(std::string token) {
    return {.token = std::move(token),
            .email = "boss@house.example",
            .password = kPassword,
            .account = "acme"};
  }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture,
                  "a server without operator gets one and an active account, once") {
  std::string token = begin();
  REQUIRE_FALSE(token.empty());
  CHECK(setup.waits());
  CHECK(finish(wishes(token)) == "granted");
  CHECK_FALSE(setup.waits());
  auto in = granted(run(users.sign_in("boss@house.example", kPassword)));
  CHECK(in.actor.is_operator());
  auto all = granted(run(accounts.list(in.actor, {}, 10)));
  REQUIRE(all.size() == 1);
  CHECK(all[0].state == store::AccountState::active);
  // Once: the token has ended, and there is no other.
  CHECK(finish(wishes(token)) == "unauthenticated token");
  CHECK(begin().empty());
}

TEST_CASE_FIXTURE(Fixture, "no other token does, and none where there is an operator") {
  CHECK(finish(wishes("")) == "unauthenticated token");
  std::string token = begin();
  for (const std::string& wrong : {std::string(), token + "x", token.substr(1), std::string("x")})
    CHECK(finish(wishes(wrong)) == "unauthenticated token");
  CHECK(setup.waits());
}

TEST_CASE_FIXTURE(Fixture, "what is refused stores nothing, and the token stays good") {
  std::string token = begin();
  core::SetupWishes bad = wishes(token);
  bad.password = "short";
  CHECK(finish(bad) == "invalid_field password");
  bad = wishes(token);
  bad.email = "nobody";
  CHECK(finish(bad) == "invalid_field email");
  for (const std::string& name : {std::string(), std::string(65, 'a'), std::string("a\nb")}) {
    bad = wishes(token);
    bad.account = name;
    CHECK(finish(bad).ends_with(" account"));
  }
  CHECK(granted(run(accounts.list(boss, {}, 10))).empty());
  CHECK(finish(wishes(token)) == "granted");
}
