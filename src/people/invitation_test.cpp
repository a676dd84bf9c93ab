#include "people/invitation.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "core/core_fixture_test.h"
#include "crypto/totp.h"
#include "people/people.h"
#include "store/link.h"

namespace ph {
namespace {

using namespace ph::people;
using core::Role;
using core_test::granted;
using core_test::kPassword;
using core_test::refusal;
using store_test::need;

struct Fixture : core_test::CoreFixture {
  Fixture() { acme = account("acme"); }
  core::Actor hired(std::string email, Role role) {
    now(users.create(boss, {.email = email, .password = kPassword, .role = role, .account = acme}));
    return now(users.sign_in(email, kPassword)).actor;
  }
  auto invite(core::Actor by, std::string email, Role role = Role::viewer) {
    return run(invitations.create(std::move(by), {.email = std::move(email), .role = role}));
  }
  std::string accept(const std::string& address) {
    return refusal(run(invitations.accept(
        {.token = address.substr(address.find('=') + 1), .password = kPassword})));
  }

  AccountId acme;
  Notices notices{context, sender};
  Invitations invitations{context, notices};
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "an invitation's link is seen and withdrawn by who could make it") {
  granted(invite(owner(acme), "top@there.example", Role::owner));
  granted(invite(owner(acme), "low@there.example", Role::viewer));
  auto shown = [&](core::Actor to) {
    std::string out;
    for (const auto& view : now(invitations.list(std::move(to), {}, {}, 10)))
      out += view.address.empty() ? '-' : '+';
    return out;
  };
  core::Actor admin = person(acme, Role::administrator);
  CHECK(shown(owner(acme)) == "++");
  CHECK(shown(admin) == "-+");
  CHECK(shown(key_actor(acme, {})) == "--");
  auto rows = now(invitations.list(admin, {}, {}, 10));
  CHECK(refusal(run(invitations.withdraw(admin, {}, rows[0].row.id))) == "forbidden role");
  now(invitations.withdraw(admin, {}, rows[1].row.id));
}

TEST_CASE_FIXTURE(Fixture, "a key invites nobody") {
  CHECK(refusal(invite(key_actor(acme, {}), "ann@there.example")) == "forbidden");
  auto made = granted(invite(owner(acme), "ann@there.example"));
  CHECK(refusal(run(invitations.withdraw(key_actor(acme, {}), {}, made.row.id))) == "forbidden");
}

TEST_CASE_FIXTURE(Fixture, "an invitation ends with what its maker may do") {
  core::Actor admin = hired("admin@acme.example", Role::administrator);
  auto made = granted(invite(admin, "again@there.example", Role::administrator));
  SUBCASE("he is still there") { CHECK(accept(made.address) == "granted"); }
  SUBCASE("he left") {
    now(users.remove(owner(acme), {}, admin.user));
    CHECK(accept(made.address) == "not_found token");
  }
  SUBCASE("he may do less") {
    now(users.change(owner(acme), {}, admin.user, {.role = Role::developer}));
    CHECK(accept(made.address) == "not_found token");
  }
}

TEST_CASE_FIXTURE(Fixture, "an account makes so many invitations a day, a new one three in all") {
  for (int i = 0; i < 20; ++i) {
    auto made = granted(invite(owner(acme), fmt::format("a{}@there.example", i)));
    now(invitations.withdraw(owner(acme), {}, made.row.id));
  }
  CHECK(refusal(invite(owner(acme), "more@there.example")) == "request_rate_limit");
  granted(run(invitations.create(boss, {.account = acme, .email = "by-us@there.example"})));
  clock.advance(std::chrono::days(1));
  granted(invite(owner(acme), "more@there.example"));

  AccountId fresh = now(accounts.create(boss, "fresh")).id;
  for (int i = 0; i < 3; ++i)
    granted(invite(owner(fresh), fmt::format("b{}@there.example", i)));
  clock.advance(std::chrono::days(2));
  CHECK(refusal(invite(owner(fresh), "b4@there.example")) == "user_limit");
  need(context.store.write_now<void>([&](store::Tx& tx) {
    return store::set_account_state(tx.sql(), acme, store::AccountState::suspended, tx.now());
  }));
  CHECK(refusal(invite(owner(acme), "late@there.example")) == "account_suspended");
}

TEST_CASE_FIXTURE(Fixture, "a second factor ends what was signed in without it") {
  SecondFactors factors(context, users);
  core::Actor ann = hired("ann@acme.example", Role::administrator);
  auto mine = now(users.sign_in("ann@acme.example", kPassword));
  auto thief = now(users.sign_in("ann@acme.example", kPassword));
  auto begun = now(factors.begin({.actor = ann, .password = kPassword}));
  std::string secret = need(base32_decode(begun.secret));
  std::string code = crypto::totp_code(secret, crypto::totp_step(clock.wall()));
  now(factors.confirm({.actor = ann, .code = code, .session = mine.token}));
  now(users.by_session(mine.token));
  CHECK(refusal(run(users.by_session(thief.token))) == "unauthenticated");

  // Nobody but an owner or the operator takes it from an administrator.
  core::Actor admin = person(acme, Role::administrator);
  CHECK(refusal(run(factors.reset(admin, {}, ann.user))) == "forbidden user");
  CHECK(refusal(run(factors.reset(key_actor(acme, {}), {}, ann.user))) == "forbidden");
  now(factors.reset(owner(acme), {}, ann.user));
  CHECK(refusal(run(users.by_session(mine.token))) == "unauthenticated");
}

}  // namespace ph
