#include "store/audit.h"

#include <doctest/doctest.h>

#include "store/store_fixture_test.h"

using namespace ph;
using namespace ph::store;
using namespace ph::store_test;
using ph::sql_test::each_engine;

namespace {

struct Log {
  explicit Log(sql::Engine engine) : f(engine) {}

  void add(AuditRow row) {
    need(f.write([&](Tx& tx) -> Result<> {
      row.id = tx.new_id();
      row.at = tx.now();
      return insert_audit(tx, row);
    }));
    f.clock.advance(std::chrono::minutes(1));
  }
  std::string read(AccountId account, const AuditFilter& filter = {}, Page page = {}) {
    auto rows = need(f.read<std::vector<AuditRow>>(
        [&](sql::Connection& c) { return audit(c, account, filter, page); }));
    std::string out;
    for (const AuditRow& row : rows) {
      out += out.empty() ? "" : " ";
      out += row.action;
      last = row.id;
    }
    return out;
  }

  StoreFixture f;
  int64_t last = 0;  // the id of the last row read
};

const AccountId kOne(1), kTwo(2);

}  // namespace

TEST_CASE("the audit log is read newest first, of one account, narrowed and in pages") {
  each_engine([](sql::Engine engine) {
    Log log(engine);
    WallTime begin = log.f.clock.wall();
    log.add({.account_id = kOne, .actor_kind = "user", .actor_id = 7, .action = "domain.create",
             .object = "domain:a.example"});
    log.add({.account_id = kOne, .actor_kind = "key", .actor_id = 7, .action = "domain.delete",
             .object = "domain:a.example"});
    log.add({.account_id = kTwo, .actor_kind = "user", .actor_id = 8, .action = "domain.create"});
    log.add({.account_id = kOne, .actor_kind = "user", .actor_id = 7, .action = "domains.other"});
    CHECK_EQ(log.read(kOne), "domains.other domain.delete domain.create");
    CHECK_EQ(log.read(kTwo), "domain.create");
    CHECK_EQ(log.read(AccountId(3)), "");
    CHECK_EQ(log.read(kOne, {.action = "domain"}), "domain.delete domain.create");
    CHECK_EQ(log.read(kOne, {.action = "domain.create"}), "domain.create");
    CHECK_EQ(log.read(kOne, {.object = "domain:a.example"}), "domain.delete domain.create");
    CHECK_EQ(log.read(kOne, {.actor_kind = "user", .actor_id = 7}), "domains.other domain.create");
    CHECK_EQ(log.read(kOne, {.since = begin + std::chrono::seconds(30),
                             .until = begin + std::chrono::seconds(90)}),
             "domain.delete");
    CHECK_EQ(log.read(kOne, {}, {.limit = 2}), "domains.other domain.delete");
    CHECK_EQ(log.read(kOne, {}, {.after = log.last, .limit = 2}), "domain.create");
  });
}

TEST_CASE("an audit row says who, behind whom, from where, from what to what") {
  each_engine([](sql::Engine engine) {
    Log log(engine);
    log.add({.account_id = kOne,
             .actor_kind = "user",
             .actor_id = 7,
             .behind = UserId(1),
             .from = "192.0.2.1",
             .action = "user.role",
             .object = "user:\xff",  // of a stranger
             .before = R"({"role":"viewer"})",
             .after = R"({"role":"owner"})"});
    auto rows = need(log.f.read<std::vector<AuditRow>>(
        [&](sql::Connection& c) { return audit(c, kOne, {}, {}); }));
    REQUIRE_EQ(rows.size(), 1);
    const AuditRow& row = rows[0];
    CHECK_EQ(row.actor_id, 7);
    CHECK(row.behind == UserId(1));
    CHECK_EQ(row.from, "192.0.2.1");
    CHECK_EQ(row.object, "user:\xef\xbf\xbd");
    CHECK_EQ(row.before, R"({"role":"viewer"})");
    CHECK_EQ(row.after, R"({"role":"owner"})");
  });
}

TEST_CASE("old audit rows go in slices, and younger ones stay") {
  each_engine([](sql::Engine engine) {
    Log log(engine);
    for (const char* action : {"a.a", "b.b", "c.c"})
      log.add({.account_id = kOne, .action = action});
    WallTime before = log.f.clock.wall() - std::chrono::seconds(90);
    auto purge = [&] {
      return need(log.f.write<int64_t>([&](Tx& tx) -> Result<int64_t> {
        return purge_audit_for_operator(tx.sql(), before, 1);
      }));
    };
    CHECK_EQ(purge(), 1);
    CHECK_EQ(log.read(kOne), "c.c b.b");
    CHECK_EQ(purge(), 1);
    CHECK_EQ(purge(), 0);
    CHECK_EQ(log.read(kOne), "c.c");
  });
}
