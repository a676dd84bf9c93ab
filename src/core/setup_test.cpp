#include "core/setup.h"

#include "core/core_fixture_test.h"

using namespace ph;
using namespace ph::core_test;

namespace {

struct Fixture : CoreFixture {
  core::Setup setup{context, users, accounts};
  std::string begin() { return granted(run(setup.begin())).value_or(""); }
  bool waits() { return now(setup.waits()); }
  std::string finish(core::SetupWishes wishes) { return finish(setup, std::move(wishes)); }
  std::string finish(core::Setup& by, core::SetupWishes wishes) {
    auto done = run(by.finish(std::move(wishes)));
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
  CHECK(waits());
  CHECK(finish(wishes(token)) == "granted");
  CHECK_FALSE(waits());
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
  CHECK(waits());
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

TEST_CASE_FIXTURE(Fixture, "a user made by the command line ends the token at once") {
  std::string token = begin();
  AccountId acme = account("acme");
  auto user = now(users.create(boss, {.email = "anna@house.example",
                                      .password = kPassword,
                                      .role = Role::owner,
                                      .account = acme}));
  CHECK_FALSE(waits());
  CHECK(finish(wishes(token)) == "unauthenticated token");
  // Nor does a disabled one bring it back, here or at the next start.
  now(users.remove(owner(acme), acme, user.id));
  CHECK_FALSE(waits());
  CHECK(finish(wishes(token)) == "unauthenticated token");
  CHECK(begin().empty());
  CHECK(refusal(run(users.sign_in("boss@house.example", kPassword))) == "unauthenticated");
}

TEST_CASE_FIXTURE(Fixture, "without a look in between the token still makes no second operator") {
  std::string token = begin();
  now(users.create(boss, {.email = "anna@house.example",
                          .password = kPassword,
                          .role = Role::operator_,
                          .account = {}}));
  CHECK(finish(wishes(token)) == "unauthenticated token");
  CHECK(refusal(run(users.sign_in("boss@house.example", kPassword))) == "unauthenticated");
  CHECK(granted(run(accounts.list(boss, {}, 10))).empty());
}

TEST_CASE_FIXTURE(Fixture, "of two nodes that both wait, the first to finish ends both") {
  core::Setup other{context, users, accounts};
  std::string here = begin();
  std::string there = granted(run(other.begin())).value_or("");
  REQUIRE(here != there);
  CHECK(finish(wishes(there)) == "unauthenticated token");
  CHECK(finish(wishes(here)) == "granted");
  CHECK_FALSE(now(other.waits()));
  CHECK(finish(other, wishes(there)) == "unauthenticated token");
}

TEST_CASE_FIXTURE(Fixture, "an account that stands there unfinished is the one that is meant") {
  now(accounts.create(boss, "acme"));
  CHECK(finish(wishes(begin())) == "granted");
  auto all = granted(run(accounts.list(boss, {}, 10)));
  REQUIRE(all.size() == 1);
  CHECK(all[0].state == store::AccountState::active);
}
