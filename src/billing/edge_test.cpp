// The edge of an allowance: many sends at once use it up to the last mail and not one more.
#include <atomic>
#include <thread>

#include "billing/billing_fixture_test.h"
#include "core/metering.h"

using namespace ph;
using namespace ph::billing_test;

namespace {

constexpr int kThreads = 8;
constexpr int kSends = 1000;
constexpr int64_t kFree = 333;

// As an accept does it, to one recipient.
bool accept_one(store::Store& store, AccountId account) {
  auto done = store.write_now<bool>([account](store::Tx& tx) -> Result<bool> {
    if (!core::meter(tx, account, 1)) return fail(Errc::denied, "no room");
    store::MessageRow row{.id = MessageId(tx.new_id()),
                          .account_id = account,
                          .domain_id = DomainId(1),
                          .created_at = tx.now()};
    std::vector<store::RecipientRow> to{{.address = "x@there.example", .domain = "there.example"}};
    TRY(store::insert_message_with_recipients(tx, row, to));
    return true;
  });
  return done.has_value();
}

int64_t send_all(const std::vector<store::Store*>& stores, const std::vector<AccountId>& accounts) {
  std::atomic<int64_t> accepted = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = t; i < kSends; i += kThreads) {
        // Accounts in another order on each store: no two groups may wait for each other.
        size_t turn = static_cast<size_t>(i) % accounts.size();
        size_t store = static_cast<size_t>(t) % stores.size();
        AccountId account = accounts[store == 0 ? turn : accounts.size() - 1 - turn];
        if (accept_one(*stores[store], account)) ++accepted;
      }
    });
  for (std::thread& thread : threads) thread.join();
  return accepted;
}

}  // namespace

TEST_CASE("1,000 sends at once overshoot an allowance by none, also with two nodes") {
  each_engine([](sql::Engine engine) {
    BillingFixture f(engine);
    std::vector<AccountId> accounts = {f.customer("one", kFree)};
    std::vector<store::Store*> stores = {f.store.get()};
    std::unique_ptr<store::Store> second;
    sql_test::TemporaryDirectory elsewhere;
    if (engine == sql::Engine::postgresql) {
      store::StoreOptions options = f.options();
      options.data_dir = elsewhere.path();
      options.node = "node-2";
      options.node_number = 2;
      options.failed = {};
      second = need(store::Store::open(std::move(options)));
      stores.push_back(second.get());
    }
    CHECK(send_all(stores, accounts) == kFree);
    CHECK(f.view(accounts[0]).state.facts.free_left() == 0);
    accounts.push_back(f.customer("two", kFree));
    accounts.push_back(f.customer("three", 100));
    f.grant(accounts[0], 50, 10);
    CHECK(send_all(stores, accounts) == 50 + kFree + 100);
    if (second) second->close();
    f.sound();
  });
}

TEST_CASE("what a group that fails has used is there again") {
  BillingFixture f;
  AccountId id = f.customer("one", 3);
  auto failed = f.write([&](store::Tx& tx) -> Result<> {
    CHECK(core::meter(tx, id, 2).has_value());
    CHECK(refusal(core::meter(tx, id, 2)) == "allowance_exhausted");
    return fail(Errc::denied, "no");
  });
  CHECK_FALSE(failed.has_value());
  CHECK(f.view(id).state.facts.free_left() == 3);
  // A job that settles, and fails: what jobs before it in the group used stays used.
  auto settled = f.write([&](store::Tx& tx) -> Result<> {
    CHECK(core::meter(tx, id, 1).has_value());
    need(tx.settle_usage(id));
    CHECK(core::meter(tx, id, 2).has_value());
    CHECK(refusal(core::meter(tx, id, 1)) == "allowance_exhausted");
    return fail(Errc::denied, "no");
  });
  CHECK_FALSE(settled.has_value());
  CHECK(f.view(id).state.facts.free_left() == 3);
  CHECK(f.send(id, "one", 3) == "granted");
  CHECK(f.send(id, "one", 1) == "allowance_exhausted");
  f.sound();
}

TEST_CASE("a store that ends between groups has counted what it accepted") {
  BillingFixture f;
  AccountId id = f.customer("one", 10);
  CHECK(f.send(id, "one", 4) == "granted");
  f.reopen();
  auto row = need(f.read<store::AllowanceRow>(
      [id](sql::Connection& c) { return store::allowance(c, id); }));
  CHECK(row.free_used == 4);
  f.sound();
}
