#include "store/audit.h"

#include "base/id_source.h"
#include "store/rows.h"
#include "store/store.h"

namespace ph::store {
namespace {

#define COLUMNS \
  "id, account_id, at, actor_kind, actor_id, behind, client, action, object, was, becomes"

Result<AuditRow> read(sql::Row row) {
  return AuditRow{.id = row.integer(0),
                  .account_id = row.id<AccountId>(1),
                  .at = row.time(2),
                  .actor_kind = row.text(3),
                  .actor_id = row.integer(4),
                  .behind = row.id<UserId>(5),
                  .from = row.text(6),
                  .action = row.text(7),
                  .object = row.text(8),
                  .before = row.text(9),
                  .after = row.text(10)};
}

}  // namespace

Result<> insert_audit(Tx& tx, const AuditRow& row) {
  static constexpr sql::InsertInto kInto{"audit", COLUMNS};
  PH_CHECK(row.id != 0);
  return tx.insert(kInto, params(row.id, row.account_id, row.at, storable(row.actor_kind),
                                 row.actor_id, row.behind, storable(row.from),
                                 storable(row.action), storable(row.object), storable(row.before),
                                 storable(row.after)));
}

Result<std::vector<AuditRow>> audit(sql::Connection& connection, AccountId account,
                                    const AuditFilter& filter, Page page) {
  sql::Params given = {account, page.before(), page.rows()};
  std::string sql = "SELECT " COLUMNS " FROM audit WHERE account_id = $1 AND id < $2";
  auto narrow = [&](std::string_view test, auto value) {
    given.emplace_back(std::move(value));
    sql += std::string(test) + std::to_string(given.size());
  };
  if (!filter.action.empty()) {
    narrow(" AND (action = $", filter.action);
    // '/' follows '.' in ASCII: what lies between begins with the word and a point.
    narrow(" OR (action > $", filter.action + ".");
    narrow(" AND action < $", filter.action + "/");
    sql += "))";
  }
  if (!filter.object.empty()) narrow(" AND object = $", filter.object);
  if (!filter.actor_kind.empty()) narrow(" AND actor_kind = $", filter.actor_kind);
  if (filter.actor_id != 0) narrow(" AND actor_id = $", filter.actor_id);
  if (filter.since != WallTime{}) narrow(" AND at >= $", filter.since);
  if (filter.until != WallTime{}) narrow(" AND at < $", filter.until);
  return read_all(TRY(connection.query(sql + " ORDER BY id DESC LIMIT $3", given)), read);
}

Result<int64_t> purge_audit_for_operator(sql::Connection& connection, WallTime before,
                                         int64_t most) {
  return connection.exec("DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < $1"
                         " ORDER BY id LIMIT $2)",
                         {before, most});
}

}  // namespace ph::store
