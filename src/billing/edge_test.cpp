// The edge of an allowance: many sends at once use it up to the last mail and not one more.
#include <atomic>
#include <thread>

#include "billing/billing_fixture_test.h"
#include "core/metering.h"
#include "store/event.h"

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

std::unique_ptr<store::Store> second_store(BillingFixture& f, const std::string& directory) {
  store::StoreOptions options = f.options();
  options.data_dir = directory;
  options.node = "node-2";
  options.node_number = 2;
  options.failed = {};
  return need(store::Store::open(std::move(options)));
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
      second = second_store(f, elsewhere.path());
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

// Accepts and outcomes of accounts in house, whose mails have no end: nothing is used up, but every
// node counts in the same rows.
TEST_CASE("two nodes that accept and deliver for the same accounts never fail each other") {
  BillingFixture f(sql::Engine::postgresql);
  f.set("billing.free_mails", "0");
  std::vector<AccountId> accounts;
  for (const char* name : {"one", "two", "three"})
    accounts.push_back(f.sending_account(name, std::string("m.") + name + ".example"));
  sql_test::TemporaryDirectory elsewhere;
  auto second = second_store(f, elsewhere.path());
  std::vector<store::Store*> stores = {f.store.get(), second.get()};
  std::atomic<int> failed = 0;
  std::vector<std::thread> threads;
  for (size_t t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (size_t i = 0; i < 150; ++i) {
        store::Store& store = *stores[t % 2];
        AccountId account = accounts[t % 2 == 0 ? i % 3 : 2 - i % 3];
        if (!accept_one(store, account)) ++failed;
        // As an outcome does: the group's rows go out, and then it counts.
        auto outcome = store.write_now<void>([account](store::Tx& tx) -> Result<> {
          TRY(tx.sql().query("SELECT 1 FROM account"));
          for (const char* kind : {"delivered", "deferred"})
            tx.count(store::counted_at(tx.now(), account, DomainId(1), kind));
          TRY(tx.sql().query("SELECT 1 FROM account"));
          return {};
        });
        if (!outcome) ++failed;
        if (i % 10 != 0) continue;
        auto settled = store.write_now<void>(
            [account](store::Tx& tx) { return tx.settle_usage(account); });
        if (!settled) ++failed;
      }
    });
  for (std::thread& thread : threads) thread.join();
  CHECK(failed == 0);
  int64_t used = 0;
  for (AccountId account : accounts) used += f.used(account, store::UseSource::post_paid);
  CHECK(used == 8 * 150);
  second->close();
}

// What a group does with an account that another node has: it waits only while it holds nothing.
TEST_CASE("a group that holds rows does not wait for an allowance") {
  BillingFixture f(sql::Engine::postgresql);
  AccountId id = f.customer("one", 10);
  auto other = need(sql::connect({.url = f.url}));
  need(other->begin());
  need(store::lock_allowance(*other, id, store::RowHold::sole, store::RowWait::yes));
  int runs = 0;
  std::atomic<bool> asked = false;
  std::thread job([&] {
    auto done = f.write([&](store::Tx& tx) -> Result<> {
      if (++runs == 1) {
        // Holds a row, as an idempotency key is one.
        TRY(tx.exec_undoable({.sql = "UPDATE setting SET value = value WHERE name = $1",
                              .params = {std::string("set.quota.mode")},
                              .undo = "UPDATE setting SET value = value WHERE name = $1",
                              .undo_params = {std::string("set.quota.mode")}}));
        auto refused = tx.usage(id, store::UsageDepth::free);
        asked = true;
        CHECK_FALSE(refused.has_value());
        if (!refused) return std::unexpected(refused.error());
      }
      TRY(tx.usage(id, store::UsageDepth::free));
      return {};
    });
    CHECK(done.has_value());
  });
  while (!asked) std::this_thread::yield();
  need(other->rollback());
  job.join();
  CHECK(runs == 2);
  // Who shares keeps nobody who shares.
  need(other->begin());
  CHECK(need(store::lock_allowance(*other, id, store::RowHold::shared, store::RowWait::no)));
  auto third = need(sql::connect({.url = f.url}));
  need(third->begin());
  CHECK(need(store::lock_allowance(*third, id, store::RowHold::shared, store::RowWait::no)));
  CHECK_FALSE(need(store::lock_allowance(*third, id, store::RowHold::sole, store::RowWait::no)));
  need(third->rollback());
  need(other->rollback());
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
