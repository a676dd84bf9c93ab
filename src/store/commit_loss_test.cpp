// A commit whose reply is lost, a database that goes away, and devices that fail.
#include "store/setting.h"
#include "store/store_fixture_test.h"

using namespace ph;
using namespace ph::store;
using namespace ph::store_test;

namespace {

enum class Loss : uint8_t { none, before_commit, after_commit, io };

// A connection that loses one commit in the asked way.
class LosingConnection : public sql::Connection {
 public:
  LosingConnection(std::unique_ptr<sql::Connection> inner, std::atomic<Loss>& loss)
      : inner_(std::move(inner)), loss_(loss) {}
  sql::Engine engine() const override { return inner_->engine(); }
  bool connected() const override { return !lost_ && inner_->connected(); }
  Result<sql::Rows> query(std::string_view sql, const sql::Params& params) override {
    if (lost_) return away();
    return inner_->query(sql, params);
  }
  Result<int64_t> exec(std::string_view sql, const sql::Params& params) override {
    if (lost_) return away();
    return inner_->exec(sql, params);
  }
  Result<std::vector<int64_t>> exec_many(std::string_view sql,
                                         std::span<const sql::Params> sets) override {
    if (lost_) return away();
    return inner_->exec_many(sql, sets);
  }
  Result<> script(const std::string& sql) override { return inner_->script(sql); }
  Result<> begin() override { return inner_->begin(); }
  Result<> begin_snapshot() override { return inner_->begin_snapshot(); }
  Result<> commit() override {
    Loss loss = loss_.exchange(Loss::none);
    if (loss == Loss::none) return inner_->commit();
    if (loss == Loss::io) return fail(Errc::io, "SQLite: disk I/O error");
    if (loss == Loss::after_commit) need(inner_->commit());
    if (loss == Loss::before_commit) inner_.reset();
    lost_ = true;
    return away();
  }
  Result<> rollback() override { return inner_->rollback(); }
  Result<> savepoint() override { return inner_->savepoint(); }
  Result<> release_savepoint() override { return inner_->release_savepoint(); }
  Result<> rollback_to_savepoint() override { return inner_->rollback_to_savepoint(); }

 private:
  static std::unexpected<Error> away() { return fail(Errc::temporary, "the reply was lost"); }
  std::unique_ptr<sql::Connection> inner_;
  std::atomic<Loss>& loss_;
  bool lost_ = false;
};

struct LosingStore : StoreFixture {
  explicit LosingStore(sql::Engine which) : StoreFixture(which) {
    store.reset();
    StoreOptions with = options();
    with.connect = [this](const sql::ConnectOptions& how)
        -> Result<std::unique_ptr<sql::Connection>> {
      ++connects;
      auto inner = TRY(sql::connect(how));
      if (how.access == sql::Access::read) return inner;
      return std::make_unique<LosingConnection>(std::move(inner), loss);
    };
    store = need(Store::open(std::move(with)));
  }
  Result<> put(const std::string& name) {
    return write([name](Tx& tx) { return set_setting(tx.sql(), name, "yes"); });
  }
  bool has(const std::string& name) {
    return need(read<bool>([&](sql::Connection& c) -> Result<bool> {
      return TRY(setting(c, name)).has_value();
    }));
  }
  std::atomic<Loss> loss = Loss::none;
  std::atomic<int> connects = 0;
};

}  // namespace

TEST_CASE("a commit whose reply is lost is looked up and gets its true answer") {
  if (sql_test::PostgresServer::get() == nullptr) return;
  LosingStore f(sql::Engine::postgresql);
  f.loss = Loss::after_commit;
  CHECK(f.put("happened").has_value());
  CHECK(f.has("happened"));

  f.loss = Loss::before_commit;
  auto lost = f.put("lost");
  REQUIRE_FALSE(lost.has_value());
  CHECK(lost.error().code == Errc::temporary);
  CHECK_FALSE(f.has("lost"));

  CHECK(f.put("afterwards").has_value());
  CHECK_EQ(f.failures, 0);
}

TEST_CASE("a backend that is ended is temporary, and the next write connects again") {
  if (sql_test::PostgresServer::get() == nullptr) return;
  LosingStore f(sql::Engine::postgresql);
  auto other = need(sql::connect({.url = f.url}));
  auto end_all = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                 " WHERE datname = current_database() AND pid <> pg_backend_pid()";
  auto during = f.write([&](Tx& tx) -> Result<> {
    TRY(set_setting(tx.sql(), "during", "x"));
    need(other->query(end_all));
    return set_setting(tx.sql(), "during", "y");
  });
  REQUIRE_FALSE(during.has_value());
  CHECK(during.error().code == Errc::temporary);
  CHECK(f.put("afterwards").has_value());
  // Readers learn of it at their next use, and connect again at the one after.
  int good = 0;
  for (int i = 0; i < 16; ++i)
    good += f.read<bool>([](sql::Connection& c) -> Result<bool> {
               return TRY(setting(c, "afterwards")).has_value();
             }).value_or(false)
                ? 1
                : 0;
  CHECK(good >= 12);
  CHECK_FALSE(f.has("during"));
}

TEST_CASE("a commit that the device refuses is final") {
  LosingStore f(sql::Engine::sqlite);
  f.loss = Loss::io;
  auto first = f.put("a");
  REQUIRE_FALSE(first.has_value());
  CHECK(first.error().code == Errc::io);
  CHECK_EQ(f.failures, 1);
  auto later = f.put("b");
  REQUIRE_FALSE(later.has_value());
  CHECK(later.error().code == Errc::io);
  CHECK_EQ(f.failures, 1);
  CHECK_FALSE(f.has("a"));
  CHECK(f.store->leases().shards(f.clock.mono()).empty());  // and nothing more is sent
}

TEST_CASE("a sync that fails is final: no job of the group and no later one is acknowledged") {
  StoreFixture f(sql::Engine::sqlite);
  AccountId account = f.make_account("one");
  f.accept(account, {"a@x.example"});
  f.files.fail_sync = true;
  int syncs = f.files.syncs;
  auto lost = f.try_accept(account, {"b@x.example"}, "never acknowledged");
  REQUIRE_FALSE(lost.has_value());
  CHECK(lost.error().code == Errc::io);
  f.files.fail_sync = false;  // the next one would succeed, and must not be asked
  auto later = f.write([](Tx& tx) { return set_setting(tx.sql(), "k", "v"); });
  REQUIRE_FALSE(later.has_value());
  CHECK(later.error().code == Errc::io);
  CHECK_EQ(f.files.syncs, syncs + 1);
  CHECK_EQ(f.failures, 1);
  // After a restart the acknowledged mail is there, the other is not.
  f.reopen();
  auto list = need(f.read<std::vector<MessageRow>>(
      [&](sql::Connection& c) { return messages(c, account, {}, {}); }));
  CHECK_EQ(list.size(), 1);
}

TEST_CASE("a new segment that cannot be synced is final, whatever the job says of it") {
  StoreFixture f(sql::Engine::sqlite);
  f.files.fail_sync = true;
  auto refused = f.write([](Tx& tx) -> Result<> {
    auto content = tx.put_content("the first content makes the first segment");
    REQUIRE_FALSE(content.has_value());
    return fail(Errc::denied, "refused in the words of a rule");
  });
  REQUIRE_FALSE(refused.has_value());
  f.files.fail_sync = false;
  auto later = f.write([](Tx& tx) { return set_setting(tx.sql(), "k", "v"); });
  REQUIRE_FALSE(later.has_value());
  CHECK(later.error().code == Errc::io);
  CHECK_EQ(f.failures, 1);
}
