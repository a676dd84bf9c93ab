#include "store/allowance.h"

#include "base/limits.h"
#include "store/rows.h"

namespace ph::store {
namespace {

#define COLUMNS                                                                             \
  "w.account_id, a.plan, w.free_granted, w.free_used, w.free_given_at, w.agreement, "       \
  "w.post_paid, w.credit_limit, w.balance, w.debt_since, w.stop_at, w.day_offset, "         \
  "w.billed_through, w.bounces_seen, w.told, w.level_daily, w.mailbox_hour, "               \
  "w.requests_second, w.unblocks"

Result<AllowanceRow> read(sql::Row row) {
  AllowanceRow out;
  out.account_id = row.id<AccountId>(0);
  out.plan = TRY(stored(parse_plan(row.text(1))));
  out.free_granted = row.integer(2);
  out.free_used = row.integer(3);
  out.free_given_at = row.time(4);
  out.agreement = row.text(5);
  out.post_paid = row.flag(6);
  out.credit_limit = row.integer(7);
  out.balance = row.integer(8);
  out.debt_since = row.time(9);
  out.stop_at = row.time(10);
  out.day_offset = row.integer(11);
  out.billed_through = row.integer(12);
  out.bounces_seen = row.integer(13);
  out.told = row.text(14);
  out.level_daily = row.integer(15);
  out.mailbox_hour = row.integer(16);
  out.requests_second = row.integer(17);
  out.unblocks = row.integer(18);
  return out;
}

}  // namespace

Result<> insert_allowance(sql::Connection& connection, AccountId account) {
  AllowanceRow fresh;
  TRY(connection.exec(
      "INSERT INTO allowance (account_id, free_granted, free_used, free_given_at, agreement,"
      " post_paid, credit_limit, balance, debt_since, stop_at, day_offset, billed_through,"
      " bounces_seen, told, level_daily, mailbox_hour, requests_second, unblocks)"
      " VALUES ($1, 0, 0, 0, '', 1, 0, 0, 0, 0, $2, 0, -1, '', $3, 0, 0, 0)",
      {account, fresh.day_offset, fresh.level_daily}));
  return {};
}

Result<AllowanceRow> allowance(sql::Connection& connection, AccountId account) {
  return read_one(TRY(connection.query("SELECT " COLUMNS
                                       " FROM allowance w JOIN account a ON a.id = w.account_id"
                                       " WHERE w.account_id = $1",
                                       {account})),
                  read, "account");
}

Result<> update_allowance(sql::Connection& connection, const AllowanceRow& row) {
  return must_change(
      connection.exec(
          "UPDATE allowance SET free_granted = $2, free_given_at = $3, agreement = $4,"
          " post_paid = $5, credit_limit = $6, debt_since = $7, stop_at = $8, day_offset = $9,"
          " billed_through = $10, bounces_seen = $11, told = $12, level_daily = $13,"
          " mailbox_hour = $14, requests_second = $15, unblocks = $16 WHERE account_id = $1",
          {row.account_id, row.free_granted, row.free_given_at, row.agreement, row.post_paid,
           row.credit_limit, row.debt_since, row.stop_at, row.day_offset, row.billed_through,
           row.bounces_seen, row.told, row.level_daily, row.mailbox_hour, row.requests_second,
           row.unblocks}),
      "account");
}

Result<std::vector<AllowanceRow>> allowances_for_operator(sql::Connection& connection,
                                                          AccountId after, int64_t limit) {
  return read_all(TRY(connection.query("SELECT " COLUMNS
                                       " FROM allowance w JOIN account a ON a.id = w.account_id"
                                       " WHERE w.account_id > $1 ORDER BY w.account_id LIMIT $2",
                                       {after, limit})),
                  read);
}

Result<std::vector<AccountId>> accounts_to_look_at_for_operator(sql::Connection& connection,
                                                                AccountId after, WallTime now,
                                                                LookAt which) {
  auto id = [](sql::Row row) -> Result<AccountId> { return row.id<AccountId>(0); };
  return read_all(
      TRY(connection.query(
          "SELECT w.account_id FROM allowance w JOIN account a ON a.id = w.account_id"
          " WHERE w.account_id > $1 AND (CAST($3 AS BIGINT) = 1"
          " OR w.bounces_seen >= 0"
          " OR (a.plan = 'customer' AND (w.debt_since <> 0 OR w.told <> ''"
          " OR EXISTS (SELECT 1 FROM usage_day u WHERE u.account_id = w.account_id"
          " AND u.day > w.billed_through AND (u.source = 'post_paid' OR u.day >="
          " (CAST($2 AS BIGINT) + w.day_offset * 60000000) / 86400000000 - 1)))))"
          " ORDER BY w.account_id LIMIT $4",
          {after, now, which == LookAt::all, limits::kBillingSlice})),
      id);
}

// One row of one account: no queue runs on it, so what skips it convoys nobody.
Result<bool> lock_allowance(sql::Connection& connection, AccountId account, RowHold hold,
                            RowWait wait) {
  if (connection.engine() == sql::Engine::sqlite) return true;
#define ROW "SELECT 1 FROM allowance WHERE account_id = $1 FOR "
  constexpr std::string_view kStatements[2][2] = {
      {ROW "SHARE SKIP LOCKED", ROW "SHARE"},
      {ROW "UPDATE SKIP LOCKED", ROW "UPDATE"},
  };
#undef ROW
  std::string_view statement =
      kStatements[static_cast<size_t>(hold)][static_cast<size_t>(wait)];
  return !TRY(connection.query(statement, {account})).empty();
}

}  // namespace ph::store
