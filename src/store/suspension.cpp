#include "store/suspension.h"

#include "store/rows.h"

namespace ph::store {

Result<> put_suspension(sql::Connection& connection, const SuspensionRow& row) {
  TRY(connection.exec("INSERT INTO suspension (account_id, reason, at, state_before)"
                      " VALUES ($1, $2, $3, $4) ON CONFLICT (account_id) DO UPDATE SET"
                      " reason = excluded.reason, at = excluded.at,"
                      " state_before = excluded.state_before",
                      {row.account_id, row.reason, row.at, account_state_name(row.before)}));
  return {};
}

Result<std::optional<SuspensionRow>> suspension(sql::Connection& connection, AccountId account) {
  sql::Rows rows = TRY(connection.query(
      "SELECT account_id, reason, at, state_before FROM suspension WHERE account_id = $1",
      {account}));
  if (rows.empty()) return std::nullopt;
  return SuspensionRow{.account_id = rows[0].id<AccountId>(0),
                       .reason = rows[0].text(1),
                       .at = rows[0].time(2),
                       .before = TRY(stored(parse_account_state(rows[0].text(3))))};
}

Result<> delete_suspension(sql::Connection& connection, AccountId account) {
  TRY(connection.exec("DELETE FROM suspension WHERE account_id = $1", {account}));
  return {};
}

}  // namespace ph::store
