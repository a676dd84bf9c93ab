// What the queue's verbs read to do their work.
#include "store/recipient.h"
#include "store/store_fixture_test.h"

using namespace ph;
using namespace ph::store;
using namespace ph::store_test;

namespace {

// Passes on, and asks how the database finds the rows.
class Planning : public sql::Connection {
 public:
  explicit Planning(sql::Connection& to) : to_(to) {}
  std::vector<std::string> plans;

  sql::Engine engine() const override { return to_.engine(); }
  bool connected() const override { return to_.connected(); }
  Result<sql::Rows> query(std::string_view sql, const sql::Params& params) override {
    TRY(plan(sql, params));
    return to_.query(sql, params);
  }
  Result<int64_t> exec(std::string_view sql, const sql::Params& params) override {
    TRY(plan(sql, params));
    return to_.exec(sql, params);
  }
  Result<std::vector<int64_t>> exec_many(std::string_view sql,
                                         std::span<const sql::Params> sets) override {
    return to_.exec_many(sql, sets);
  }
  Result<> script(const std::string& sql) override { return to_.script(sql); }
  Result<> begin() override { return to_.begin(); }
  Result<> begin_snapshot() override { return to_.begin_snapshot(); }
  Result<> commit() override { return to_.commit(); }
  Result<> rollback() override { return to_.rollback(); }
  Result<> savepoint() override { return to_.savepoint(); }
  Result<> release_savepoint() override { return to_.release_savepoint(); }
  Result<> rollback_to_savepoint() override { return to_.rollback_to_savepoint(); }

 private:
  Result<> plan(std::string_view sql, const sql::Params& params) {
    for (sql::Row row : TRY(to_.query("EXPLAIN QUERY PLAN " + std::string(sql), params)))
      plans.push_back(row.text(3));
    return {};
  }
  sql::Connection& to_;
};

// Deferred `attempts` times.
void defer(StoreFixture& f, const RecipientRow& row, int64_t attempts) {
  need(f.write([&](Tx& tx) -> Result<> {
    TRY(tx.sql().exec("UPDATE recipient SET attempts = $3, reply = '451 later'"
                      " WHERE message_id = $1 AND idx = $2",
                      {row.key.message_id, row.key.idx, attempts}));
    return {};
  }));
}

}  // namespace

TEST_CASE("what was tried in vain is listed by how long it has been here") {
  sql_test::each_engine([](sql::Engine engine) {
    StoreFixture f(engine);
    AccountId account = f.make_account("one");
    std::vector<RecipientRow> rows;
    for (int i = 0; i < 4; ++i) {
      rows.push_back(f.recipients_of(f.accept(account, {"a@x.example"}))[0]);
      f.clock.advance(std::chrono::seconds(1));
    }
    for (int i : {3, 0, 2}) defer(f, rows[static_cast<size_t>(i)], i + 1);
    need(f.write<int64_t>([&](Tx& tx) {
      return hold_recipients(tx.sql(), {.account = account, .message = rows[2].key.message_id},
                             tx.now());
    }));
    auto late = [&](int64_t most) {
      return need(f.read<std::vector<RecipientRow>>(
          [&](sql::Connection& c) { return late_recipients_for_operator(c, most); }));
    };
    auto found = late(10);
    REQUIRE_EQ(found.size(), 2);
    CHECK(found[0].key == rows[0].key);
    CHECK_EQ(found[0].reply, "451 later");
    CHECK_EQ(found[1].attempts, 4);
    CHECK_EQ(late(1).size(), 1);
  });
}

TEST_CASE("late recipients are found without reading all that waits") {
  StoreFixture f(sql::Engine::sqlite);
  need(f.write([&](Tx& tx) -> Result<> {
    Planning planning(tx.sql());
    TRY(late_recipients_for_operator(planning, 10));
    REQUIRE_FALSE(planning.plans.empty());
    CHECK_MESSAGE(planning.plans[0].contains("COVERING INDEX recipient_due"), planning.plans[0]);
    return {};
  }));
}

TEST_CASE("a verb on one message finds its recipients by their key") {
  StoreFixture f(sql::Engine::sqlite);
  AccountId account = f.make_account("one");
  MessageRow message = f.accept(account, {"a@x.example", "b@y.example"});
  for (auto* verb : {hold_recipients, release_recipients, retry_recipients, cancel_recipients}) {
    int64_t changed = need(f.write<int64_t>([&](Tx& tx) -> Result<int64_t> {
      Planning planning(tx.sql());
      auto out = verb(planning, {.account = account, .message = message.id, .domain = {}},
                      tx.now());
      REQUIRE_FALSE(planning.plans.empty());
      CHECK_MESSAGE(planning.plans[0].contains("message_id=?"), planning.plans[0]);
      return out;
    }));
    CHECK_EQ(changed, 2);
  }
}
