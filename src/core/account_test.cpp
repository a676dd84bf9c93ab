#include "core/account.h"

#include "core/core_fixture_test.h"

using namespace ph;
using namespace ph::core_test;

TEST_CASE_FIXTURE(CoreFixture, "an account is made once, by the operator, with a number") {
  auto row = now(accounts.create(boss, "acme"));
  CHECK(row.app_id >= store::kFirstAppId);
  CHECK(row.state == store::AccountState::created);
  CHECK(row.limits.domains == limits::kDomainsPerAccount);
  CHECK(refusal(run(accounts.create(boss, "acme"))) == "conflict name");
  for (Role role : {Role::owner, Role::administrator, Role::developer, Role::viewer}) {
    CHECK(refusal(run(accounts.create(person(row.id, role), "more"))) == "forbidden");
    CHECK(refusal(run(accounts.activate(person(row.id, role), row.id))) == "forbidden");
    CHECK(refusal(run(accounts.set_limits(person(row.id, role), row.id, {}))) == "forbidden");
    CHECK(refusal(run(accounts.list(person(row.id, role), {}, 10))) == "forbidden");
    CHECK(refusal(run(accounts.find(person(row.id, role), "acme"))) == "forbidden");
  }
}

TEST_CASE_FIXTURE(CoreFixture, "an account's name is 1 to 64 characters without controls") {
  CHECK(refusal(run(accounts.create(boss, ""))) == "missing_field name");
  std::string umlauts;
  for (int i = 0; i < 64; ++i) umlauts += "ü";
  for (const std::string& bad : {std::string(" a"), std::string("a "), std::string("a\nb"),
                                 std::string("a\0b", 3), std::string("\xff"), umlauts + "x",
                                 std::string("a\xe2\x80\xa8z")})
    CHECK(refusal(run(accounts.create(boss, bad))) == "invalid_field name");
  now(accounts.create(boss, umlauts));
}

TEST_CASE_FIXTURE(CoreFixture, "limits are set by name and are never negative") {
  AccountId id = account("acme");
  auto row = now(accounts.set_limits(boss, id, {{"daily_per_domain", 5}, {"addresses", 0}}));
  CHECK(row.limits.daily_per_domain == 5);
  CHECK(row.limits.addresses == 0);
  CHECK(row.limits.domains == limits::kDomainsPerAccount);
  CHECK(refusal(run(accounts.set_limits(boss, id, {{"domains", -1}}))) == "invalid_field domains");
  CHECK(refusal(run(accounts.set_limits(boss, id, {{"domains", 3}, {"cats", 1}}))) ==
        "unknown_field cats");
  CHECK(now(accounts.get(boss, id)).limits.domains == limits::kDomainsPerAccount);
  CHECK(refusal(run(accounts.set_limits(boss, AccountId(999), {}))) == "not_found account");
}

TEST_CASE_FIXTURE(CoreFixture, "an account is found by name, number, id; others see only theirs") {
  AccountId a = account("a"), b = account("b");
  auto row = now(accounts.get(boss, a));
  CHECK(now(accounts.find(boss, "a")).id == a);
  CHECK(now(accounts.find(boss, std::to_string(row.app_id))).id == a);
  CHECK(now(accounts.find(boss, std::to_string(a.value))).id == a);
  CHECK(refusal(run(accounts.find(boss, "nobody"))) == "not_found account");
  CHECK(now(accounts.get(owner(a), {})).id == a);
  auto foreign = run(accounts.get(owner(a), b));
  auto absent = run(accounts.get(owner(a), AccountId(999)));
  CHECK(refusal(foreign) == "not_found account");
  CHECK(foreign.error().detail == absent.error().detail);
  CHECK(now(accounts.list(boss, {}, 10)).size() == 2);
}

TEST_CASE_FIXTURE(CoreFixture, "a suspended account is resumed, not activated") {
  AccountId id = account("acme");
  need(context.store.write_now<void>([&](store::Tx& tx) {
    return store::set_account_state(tx.sql(), id, store::AccountState::suspended, tx.now());
  }));
  CHECK(refusal(run(accounts.activate(boss, id))) == "conflict account");
  CHECK(now(accounts.get(boss, id)).state == store::AccountState::suspended);
}
