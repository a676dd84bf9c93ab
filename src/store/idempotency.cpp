#include "store/idempotency.h"

#include "store/rows.h"
#include "store/store.h"

namespace ph::store {
namespace {

#define COLUMNS "account_id, idem_key, body_hash, status, answer, created_at"

Result<IdempotencyRow> read(sql::Row row) {
  return IdempotencyRow{.account_id = row.id<AccountId>(0),
                        .idem_key = row.text(1),
                        .body_hash = row.blob(2),
                        .status = row.integer(3),
                        .answer = row.text(4),
                        .created_at = row.time(5)};
}

}  // namespace

Result<std::optional<IdempotencyRow>> take_idempotency_key(Tx& tx, AccountId account,
                                                           const IdempotencyRow& row,
                                                           WallTime expired_before) {
  // One that has expired is as good as none, so that the undo need not bring it back.
  int64_t taken = TRY(tx.exec_undoable(
      {.sql = "INSERT INTO idempotency (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6)"
              " ON CONFLICT (account_id, idem_key) DO UPDATE SET body_hash = excluded.body_hash,"
              " status = excluded.status, answer = excluded.answer,"
              " created_at = excluded.created_at WHERE idempotency.created_at < $7",
       .params = {account, row.idem_key, sql::Blob{row.body_hash}, row.status, row.answer,
                  row.created_at, expired_before},
       .undo = "DELETE FROM idempotency WHERE account_id = $1 AND idem_key = $2",
       .undo_params = {account, row.idem_key}}));
  if (taken > 0) return std::nullopt;
  return find_idempotency_key(tx.settled(), account, row.idem_key);
}

Result<std::optional<IdempotencyRow>> find_idempotency_key(sql::Connection& connection,
                                                           AccountId account,
                                                           std::string_view idem_key) {
  sql::Rows rows = TRY(connection.query("SELECT " COLUMNS
                                        " FROM idempotency WHERE account_id = $1"
                                        " AND idem_key = $2",
                                        {account, idem_key}));
  if (rows.empty()) return std::nullopt;
  return TRY(read(rows[0]));
}

Result<int64_t> purge_idempotency_for_operator(sql::Connection& connection, WallTime before,
                                               int64_t most) {
  return connection.exec("DELETE FROM idempotency WHERE (account_id, idem_key) IN"
                         " (SELECT account_id, idem_key FROM idempotency WHERE created_at < $1"
                         " ORDER BY created_at LIMIT $2)",
                         {before, most});
}

}  // namespace ph::store
