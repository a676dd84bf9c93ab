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

}  // namespace

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
