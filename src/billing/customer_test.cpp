#include "billing/customer.h"

#include <doctest/doctest.h>

#include "core/core_fixture_test.h"
#include "store/identity_claim.h"
#include "store/suspension.h"

namespace ph {
namespace {

using namespace ph::billing;
using core::Role;
using core_test::refusal;
using store_test::need;

struct Fixture : core_test::CoreFixture {
  explicit Fixture(sql::Engine engine = sql::Engine::sqlite) : CoreFixture(engine) {}

  std::vector<std::string> names(CustomerSearch search, store::Page page = {}) {
    std::vector<std::string> out;
    for (const Customer& one : now(customers.list(boss, std::move(search), page)))
      out.push_back(one.row.account.name);
    return out;
  }
  void make_owner(AccountId of, std::string email) {
    now(users.create(boss, {.email = std::move(email), .password = "a long password",
                            .role = Role::owner, .account = of}));
  }

  Customers customers{context};
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("customers are found by a part of their name or of a person's address, or by number") {
  sql_test::each_engine([](sql::Engine engine) {
    Fixture f(engine);
    AccountId acme = f.account("Acme 100%"), other = f.account("other_one");
    f.account("other-two");
    f.make_owner(other, "anna@firm.example");
    CHECK(f.names({}) == Names{"Acme 100%", "other_one", "other-two"});
    CHECK(f.names({.text = "acme"}) == Names{"Acme 100%"});
    CHECK(f.names({.text = "%"}) == Names{"Acme 100%"});
    CHECK(f.names({.text = "r_o"}) == Names{"other_one"});
    CHECK(f.names({.text = "ANNA@firm"}) == Names{"other_one"});
    CHECK(f.names({.text = " other "}) == Names{"other_one", "other-two"});
    CHECK(f.names({.text = "!"}).empty());
    CHECK(f.names({.text = "' OR 1=1 --"}).empty());
    auto number = std::to_string(f.now(f.accounts.get(f.boss, acme)).app_id);
    CHECK(f.names({.text = number}) == Names{"Acme 100%"});
    CHECK(f.names({.text = number.substr(0, 5)}).empty());
    CHECK(f.names({}, {.after = acme.value, .limit = 1}) == Names{"other_one"});
  });
}

TEST_CASE("a customer shows who owns it, what it sent in 30 days, and its states") {
  sql_test::each_engine([](sql::Engine engine) {
    Fixture f(engine);
    AccountId acme = f.sending_account("acme", "acme.example");
    f.make_owner(acme, "owner@acme.example");
    f.now(f.sender.send(f.fields(f.owner(acme), "a@acme.example",
                                 {"ann@there.example", "bob@there.example"})));
    need(f.write([&](store::Tx& tx) {
      return store::put_identity_claim(tx.sql(), {.account_id = acme, .id = tx.new_id(),
                                                  .number_sealed = "x"});
    }));
    CustomerView view = f.now(f.customers.get(f.boss, acme));
    CHECK(view.customer.row.owner == "owner@acme.example");
    CHECK(view.customer.row.sent == 2);
    CHECK(view.customer.row.identity == store::IdentityState::submitted);
    CHECK(view.customer.standing == Standing::good);
    CHECK(view.users == 1);
    CHECK(view.domains == 1);
    CHECK(view.customer.row.suspended_reason.empty());
    need(f.write([&](store::Tx& tx) -> Result<> {
      TRY(store::put_suspension(tx.sql(),
                                {.account_id = acme, .reason = "spam", .at = tx.now()}));
      return store::set_account_state(tx.sql(), acme, store::AccountState::suspended, tx.now());
    }));
    view = f.now(f.customers.get(f.boss, acme));
    CHECK(view.customer.row.suspended_reason == "spam");
    CHECK(view.customer.row.suspended_at == f.clock.wall());
    CHECK(f.names({.state = "suspended"}) == Names{"acme"});
    CHECK(f.names({.state = "active"}).empty());
    f.clock.advance(std::chrono::hours(24 * 29));
    CHECK(f.now(f.customers.get(f.boss, acme)).customer.row.sent == 2);
    f.clock.advance(std::chrono::hours(24));
    CHECK(f.now(f.customers.get(f.boss, acme)).customer.row.sent == 0);
  });
}

TEST_CASE_FIXTURE(Fixture, "customers are the operator's alone, and a search has a bound") {
  AccountId acme = account("acme");
  CHECK(refusal(run(customers.list(owner(acme), {}, {}))) == "forbidden");
  CHECK(refusal(run(customers.get(owner(acme), acme))) == "forbidden");
  CHECK(refusal(run(customers.get(boss, AccountId(999)))) == "not_found account");
  CHECK(refusal(run(customers.list(boss, {.text = std::string(129, 'a')}, {}))) ==
        "invalid_field search");
  CHECK(refusal(run(customers.list(boss, {.text = "\xff"}, {}))) == "invalid_field search");
}

}  // namespace ph
