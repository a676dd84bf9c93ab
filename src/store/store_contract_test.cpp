// What a store promises, over SQLite and PostgreSQL.
#include "store/store.h"

#include <future>

#include "net/loop.h"
#include "store/audit.h"
#include "store/fsck.h"
#include "store/idempotency.h"
#include "store/setting.h"
#include "store/store_fixture_test.h"

using namespace ph;
using namespace ph::store;
using namespace ph::store_test;
using ph::sql_test::each_engine;

namespace {

std::string setting_now(StoreFixture& f, const std::string& name) {
  return need(f.read<std::string>([&](sql::Connection& c) -> Result<std::string> {
    return TRY(setting(c, name)).value_or("none");
  }));
}

// Sends `jobs` so that they all wait while one job holds the writer, and gives their results.
template <class R>
std::vector<Result<R>> run_as_one_group(StoreFixture& f, std::vector<Store::WriteJob<R>> jobs) {
  auto loop = net::Loop::make();
  std::promise<void> running;
  std::promise<void> gate;
  std::thread holder([&] {
    need(f.write([&](Tx&) -> Result<> {
      running.set_value();
      gate.get_future().wait();
      return {};
    }));
  });
  running.get_future().wait();
  std::vector<Result<R>> results(jobs.size(), fail(Errc::internal, "no result"));
  size_t left = jobs.size();
  auto one = [&](size_t i) -> net::Task<> {
    Result<R> result = co_await f.store->write<R>(std::move(jobs[i]));
    results[i] = std::move(result);
    if (--left == 0) loop->stop();
  };
  for (size_t i = 0; i < jobs.size(); ++i) loop->spawn(one(i));
  // Spawned tasks start in their order, so all jobs wait when this one opens the gate.
  auto open = [&]() -> net::Task<> {
    gate.set_value();
    co_return;
  };
  loop->spawn(open());
  loop->run();
  holder.join();
  return results;
}

}  // namespace

TEST_CASE("what was written is read, also after closing and opening again") {
  each_engine([](sql::Engine engine) {
    StoreFixture f(engine);
    AccountId account = f.make_account("one");
    std::string body(5000, 'b');
    MessageRow message = f.accept(account, {"a@x.example", "b@y.example"}, body);
    CHECK_EQ(need(f.store->read_content_now(message.content)), body);
    f.reopen();
    CHECK_EQ(need(f.store->read_content_now(message.content)), body);
    auto rows = f.recipients_of(message);
    REQUIRE_EQ(rows.size(), 2);
    CHECK_EQ(rows[1].address, "b@y.example");
    CHECK_EQ(rows[1].shard, shard_of(engine, "y.example"));
    CHECK(need(fsck(*f.store)).empty());
  });
}

TEST_CASE("a job that fails undoes only itself, its content and its callbacks too") {
  each_engine([](sql::Engine engine) {
    StoreFixture f(engine);
    std::vector<Store::WriteJob<ContentRef>> jobs;
    std::atomic<int> called = 0;
    for (int i = 0; i < 9; ++i)
      jobs.push_back([&called, i](Tx& tx) -> Result<ContentRef> {
        auto ref = TRY(tx.put_content(std::string(100 + static_cast<size_t>(i), 'x')));
        TRY(set_setting(tx.sql(), "job" + std::to_string(i), "done"));
        tx.after_commit([&called] { ++called; });
        // One fails by itself, one by a statement that poisons the transaction.
        if (i == 3) return fail(Errc::denied, "refused by a rule");
        if (i == 5) TRY(tx.sql().exec("INSERT INTO setting (name, value) VALUES ('job4', '')"));
        return ref;
      });
    auto results = run_as_one_group(f, std::move(jobs));
    CHECK_EQ(called, 7);
    std::set<int64_t> offsets;
    for (size_t i = 0; i < results.size(); ++i) {
      CAPTURE(i);
      std::string name = "job" + std::to_string(i);
      if (i == 3 || i == 5) {
        REQUIRE_FALSE(results[i].has_value());
        CHECK(results[i].error().code == (i == 3 ? Errc::denied : Errc::conflict));
        CHECK_EQ(setting_now(f, name), "none");
        continue;
      }
      CHECK_EQ(setting_now(f, name), "done");
      ContentRef ref = need(results[i]);
      offsets.insert(ref.offset);
      CHECK_EQ(need(f.store->read_content_now(ref)), std::string(100 + i, 'x'));
    }
    CHECK_EQ(offsets.size(), 7);
  });
}

TEST_CASE("an accept is judged by what the jobs before it in its group have left") {
  each_engine([](sql::Engine engine) {
    StoreFixture f(engine);
    AccountId account = f.make_account("one");
    auto state = [account](Tx& tx) -> Result<AccountState> {
      return TRY(tx.sender({.account = account, .domain = {}, .address = {}})).account_state;
    };
    auto suspend = [account, state](bool fails) {
      return [account, state, fails](Tx& tx) -> Result<AccountState> {
        TRY(set_account_state(tx.sql(), account, AccountState::suspended, tx.now()));
        CHECK(TRY(state(tx)) == AccountState::suspended);
        if (fails) return fail(Errc::denied, "refused by a rule");
        return state(tx);
      };
    };
    std::vector<Store::WriteJob<AccountState>> jobs;
    jobs.emplace_back(state);
    jobs.emplace_back(suspend(true));
    jobs.emplace_back(state);
    jobs.emplace_back(suspend(false));
    jobs.emplace_back(state);
    auto results = run_as_one_group(f, std::move(jobs));
    CHECK(need(results[0]) == AccountState::created);
    CHECK_FALSE(results[1].has_value());
    CHECK(need(results[2]) == AccountState::created);
    CHECK(need(results[4]) == AccountState::suspended);
  });
}

TEST_CASE("jobs that wait together share one sync and keep their order") {
  StoreFixture f(sql::Engine::sqlite);
  need(f.write<ContentRef>([](Tx& tx) { return tx.put_content("makes the segment"); }));
  int before = f.files.syncs;
  std::vector<int> order;
  std::vector<Store::WriteJob<void>> jobs;
  for (int i = 0; i < 40; ++i)
    jobs.push_back([&order, i](Tx& tx) -> Result<> {
      order.push_back(i);
      TRY(tx.put_content("small"));
      return {};
    });
  for (auto& result : run_as_one_group(f, std::move(jobs))) CHECK(result.has_value());
  CHECK_EQ(f.files.syncs - before, 1);
  CHECK(std::ranges::is_sorted(order));
  CHECK_EQ(order.size(), 40);
}

TEST_CASE("callbacks run after the commit is visible and before the result") {
  each_engine([](sql::Engine engine) {
    StoreFixture f(engine);
    std::string seen;
    auto reader = f.store.get();
    need(f.write([&](Tx& tx) -> Result<> {
      TRY(set_setting(tx.sql(), "k", "v"));
      tx.after_commit([&seen, reader] {
        seen = reader->read_now<std::string>([](sql::Connection& c) -> Result<std::string> {
          return TRY(setting(c, "k")).value_or("none");
        }).value_or("failed");
      });
      return {};
    }));
    CHECK_EQ(seen, "v");
  });
}

TEST_CASE("an abandoned write still happens") {
  each_engine([](sql::Engine engine) {
    StoreFixture f(engine);
    auto loop = net::Loop::make();
    {
      auto begin = [&]() -> net::Task<> {
        Store::WriteJob<void> job = [](Tx& tx) { return set_setting(tx.sql(), "late", "yes"); };
        co_await f.store->write<void>(std::move(job));
      };
      net::Task<> task = begin();
      auto starter = [&]() -> net::Task<> {
        task.start();
        task.reset();
        loop->stop();
        co_return;
      };
      loop->spawn(starter());
      loop->run();
    }
    need(f.write([](Tx&) -> Result<> { return {}; }));  // the queue keeps its order
    CHECK_EQ(setting_now(f, "late"), "yes");
  });
}

TEST_CASE("a full queue refuses at once and what is in it still happens") {
  StoreFixture f(sql::Engine::sqlite);
  std::vector<Store::WriteJob<int>> jobs;
  for (size_t i = 0; i < limits::kWriterQueue + 5; ++i)
    jobs.push_back([](Tx&) -> Result<int> { return 1; });
  size_t done = 0;
  size_t refused = 0;
  for (auto& result : run_as_one_group(f, std::move(jobs))) {
    if (result) ++done;
    else if (result.error().code == Errc::limit) ++refused;
  }
  CHECK_EQ(done, limits::kWriterQueue);
  CHECK_EQ(refused, 5);
}

TEST_CASE("a closed store refuses, and closing finishes what waits") {
  each_engine([](sql::Engine engine) {
    StoreFixture f(engine);
    f.store->close();
    auto write = f.write([](Tx&) -> Result<> { return {}; });
    REQUIRE_FALSE(write.has_value());
    CHECK(write.error().code == Errc::closed);
    auto read = f.read<int>([](sql::Connection&) -> Result<int> { return 1; });
    REQUIRE_FALSE(read.has_value());
    CHECK(read.error().code == Errc::closed);
  });
}

TEST_CASE("a request that fails gives its idempotency key back, an expired one's too") {
  each_engine([](sql::Engine engine) {
    StoreFixture f(engine);
    AccountId account = f.make_account("one");
    auto take = [account](const char* answer, Result<> end) {
      return [account, answer, end](Tx& tx) -> Result<bool> {
        IdempotencyRow row{.account_id = account, .idem_key = "k", .body_hash = "hash",
                           .status = 202, .answer = answer, .created_at = tx.now()};
        auto had = TRY(take_idempotency_key(tx, account, row, tx.now()));
        if (!end) return std::unexpected(end.error());
        if (std::string_view(answer) == "writes") TRY(set_setting(tx.sql(), "x", "y"));
        return !had;
      };
    };
    auto answer_of = [&] {
      auto kept = need(f.read<std::optional<IdempotencyRow>>(
          [&](sql::Connection& c) { return find_idempotency_key(c, account, "k"); }));
      return kept ? kept->answer : "none";
    };
    Result<> no = fail(Errc::denied, "refused by a rule");
    std::vector<Store::WriteJob<bool>> jobs;
    jobs.emplace_back(take("first", no));
    jobs.emplace_back(take("writes", {}));
    jobs.emplace_back(take("third", no));
    auto results = run_as_one_group(f, std::move(jobs));
    CHECK_FALSE(results[0].has_value());
    CHECK(need(results[1]));
    CHECK_EQ(answer_of(), "writes");
    f.clock.advance(std::chrono::seconds(1));
    CHECK_FALSE(f.write<bool>(take("late", no)).has_value());
    CHECK_EQ(answer_of(), "none");
    CHECK(need(f.write<bool>(take("again", {}))));
    CHECK_EQ(answer_of(), "again");
  });
}

TEST_CASE("of two requests with one idempotency key exactly one is accepted") {
  each_engine([](sql::Engine engine) {
    StoreFixture f(engine);
    AccountId account = f.make_account("one");
    std::vector<Store::WriteJob<bool>> jobs;
    for (int i = 0; i < 20; ++i)
      jobs.push_back([account, i](Tx& tx) -> Result<bool> {
        IdempotencyRow row{.account_id = account, .idem_key = "k", .body_hash = "hash",
                           .status = 202, .answer = std::to_string(i), .created_at = tx.now()};
        auto had = TRY(take_idempotency_key(tx, account, row, {0}));
        return !had;
      });
    int accepted = 0;
    for (auto& result : run_as_one_group(f, std::move(jobs))) accepted += need(result) ? 1 : 0;
    CHECK_EQ(accepted, 1);
    auto kept = need(f.read<std::optional<IdempotencyRow>>(
        [&](sql::Connection& c) { return find_idempotency_key(c, account, "k"); }));
    REQUIRE(kept.has_value());
    CHECK_EQ(kept->answer, "0");
    CHECK_EQ(kept->body_hash, "hash");
    // Expired, it is free again; of another account, it always was.
    auto take = [&](AccountId who, WallTime expired) {
      return need(f.write<bool>([&](Tx& tx) -> Result<bool> {
        IdempotencyRow row{.account_id = who, .idem_key = "k", .body_hash = "h",
                           .status = 202, .answer = "new", .created_at = tx.now()};
        return !TRY(take_idempotency_key(tx, who, row, expired));
      }));
    };
    CHECK_FALSE(take(account, f.clock.wall()));
    CHECK(take(f.make_account("two"), {0}));
    CHECK(take(account, f.clock.wall() + Duration(1)));
  });
}

TEST_CASE("each start has a later epoch, and all shards are owned") {
  each_engine([](sql::Engine engine) {
    StoreFixture f(engine);
    int64_t first = f.store->epoch();
    CHECK(first > 0);
    CHECK_EQ(f.store->leases().shards(f.clock.mono()).size(), limits::kShards);
    f.reopen();
    CHECK(f.store->epoch() > first);
    for (int32_t shard = 0; shard < static_cast<int32_t>(limits::kShards); ++shard)
      CHECK_EQ(f.store->leases().epoch(shard, f.clock.mono()), f.store->epoch());
  });
}

TEST_CASE("a wall clock that went back between two starts gives no id twice") {
  each_engine([](sql::Engine engine) {
    StoreFixture f(engine);
    AccountId account = f.make_account("one");
    int64_t last = 0;
    for (int i = 0; i < 10; ++i) last = f.accept(account, {"a@x.example"}).id.value;
    // A row of its own that is newer than every message and event.
    last = need(f.write<int64_t>([](Tx& tx) -> Result<int64_t> {
      AuditRow row{.id = tx.new_id(), .action = "a.b"};
      TRY(insert_audit(tx, row));
      return row.id;
    }));
    f.clock.set_wall(f.clock.wall() - std::chrono::hours(1));
    f.reopen();
    CHECK(f.accept(account, {"a@x.example"}).id.value > last);
  });
}

TEST_CASE("a lease goes to another node only after its end, and comes back with a later epoch") {
  each_engine([](sql::Engine engine) {
    StoreFixture f(engine);
    f.store->close();
    std::string url =
        engine == sql::Engine::sqlite ? "sqlite:" + f.directory.path() + "/posthouse.db" : f.url;
    auto c = need(sql::connect({.url = url}));
    need(c->script("UPDATE lease SET until_at = 0, owner = ''"));
    WallTime t = WallTime::from_seconds(1000);
    auto a = need(acquire_leases(*c, "a", t, t + Duration(100)));
    REQUIRE_EQ(a.size(), limits::kShards);
    CHECK(need(acquire_leases(*c, "b", t + Duration(50), t + Duration(150))).empty());
    CHECK_EQ(need(renew_leases(*c, "a", t + Duration(60), t + Duration(160))).size(),
             limits::kShards);
    CHECK(need(acquire_leases(*c, "b", t + Duration(160), t + Duration(300))).empty());
    auto b = need(acquire_leases(*c, "b", t + Duration(161), t + Duration(300)));
    REQUIRE_EQ(b.size(), limits::kShards);
    CHECK_EQ(b[7].epoch, a[7].epoch + 1);
    CHECK(need(renew_leases(*c, "a", t + Duration(170), t + Duration(400))).empty());
    need(release_leases(*c, "b"));
    CHECK_EQ(need(acquire_leases(*c, "a", t + Duration(171), t + Duration(300))).size(),
             limits::kShards);
  });
}

TEST_CASE("a node that ended without a word gets its own leases back at once, nobody else's") {
  if (sql_test::PostgresServer::get() == nullptr) return;
  StoreFixture f(sql::Engine::postgresql);
  f.store->close();
  auto c = need(sql::connect({.url = f.url}));
  auto left_by = [&](std::string owner, bool ended) {
    need(c->script("UPDATE lease SET until_at = 9000000000000000, owner = '" + owner + "'"));
    StoreOptions options = f.options();
    options.earlier_node_ended = ended;
    f.store.reset();
    f.store = need(Store::open(std::move(options)));
    size_t held = f.store->leases().shards(f.clock.mono()).size();
    f.store->close();
    return held;
  };
  CHECK_EQ(left_by("node-1:deadbeef", true), limits::kShards);
  CHECK_EQ(left_by("node-1:deadbeef", false), 0);
  CHECK_EQ(left_by("node-10:deadbeef", true), 0);
  CHECK_EQ(left_by("node-2:deadbeef", true), 0);
}

TEST_CASE("a lease that ran out by the monotonic clock counts no more") {
  LeaseTable table;
  table.replace({{.shard = 3, .owner = "a", .epoch = 7, .until = {}}}, {100});
  CHECK(table.holds(3, 7, {99}));
  CHECK_FALSE(table.holds(3, 7, {100}));
  CHECK_FALSE(table.holds(3, 6, {99}));
  CHECK_FALSE(table.holds(4, 0, {99}));
  CHECK_EQ(table.shards({0}), std::vector<int32_t>{3});
  table.replace({}, {200});
  CHECK_FALSE(table.holds(3, 7, {0}));
}

TEST_CASE("a shard is a fixed function of the domain") {
  CHECK_EQ(shard_of(""), 37);
  CHECK_EQ(shard_of("example.com"), shard_of(std::string("example") + ".com"));
  std::set<int32_t> seen;
  for (int i = 0; i < 2000; ++i) seen.insert(shard_of("d" + std::to_string(i) + ".example"));
  CHECK_EQ(seen.size(), limits::kShards);
  CHECK_EQ(shard_of(sql::Engine::postgresql, ""), 37);
  CHECK_EQ(shard_of(sql::Engine::sqlite, ""), 37 % static_cast<int32_t>(limits::kShardsOfOneNode));
}

TEST_CASE("a second process cannot open the same data directory") {
  StoreFixture f(sql::Engine::sqlite);
  auto second = Store::open(f.options());
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code == Errc::conflict);
  CHECK(second.error().message.find("another process uses") != std::string::npos);
}
