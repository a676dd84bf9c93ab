#include "store/bill.h"

#include "store/rows.h"

namespace ph::store {
namespace {

#define COLUMNS "id, account_id, day, mails, amount, lines, entry_id, balance_after, created_at"

Result<BillRow> read(sql::Row row) {
  return BillRow{.id = row.integer(0),
                 .account_id = row.id<AccountId>(1),
                 .day = row.integer(2),
                 .mails = row.integer(3),
                 .amount = row.integer(4),
                 .lines = row.text(5),
                 .entry_id = row.integer(6),
                 .balance_after = row.integer(7),
                 .created_at = row.time(8)};
}

}  // namespace

Result<int64_t> insert_bill(sql::Connection& connection, const BillRow& row) {
  sql::Rows made = TRY(say_conflict(
      connection.query("INSERT INTO bill (account_id, day, mails, amount, lines, entry_id,"
                       " balance_after, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
                       " RETURNING id",
                       {row.account_id, row.day, row.mails, row.amount, row.lines, row.entry_id,
                        row.balance_after, row.created_at}),
      "this day has its bill"));
  return made[0].integer(0);
}

Result<BillRow> bill(sql::Connection& connection, AccountId account, int64_t id) {
  return read_one(
      TRY(connection.query("SELECT " COLUMNS " FROM bill WHERE id = $1 AND account_id = $2",
                           {id, account})),
      read, "bill");
}

Result<std::vector<BillRow>> bills(sql::Connection& connection, AccountId account, Page page) {
  return read_all(TRY(connection.query("SELECT " COLUMNS " FROM bill WHERE account_id = $1"
                                       " AND id < $2 ORDER BY id DESC LIMIT $3",
                                       {account, page.before(), page.rows()})),
                  read);
}

Result<std::vector<BillRow>> bills_of_days(sql::Connection& connection, AccountId account,
                                           int64_t first_day, int64_t last_day) {
  return read_all(TRY(connection.query("SELECT " COLUMNS " FROM bill WHERE account_id = $1"
                                       " AND day BETWEEN $2 AND $3 ORDER BY day",
                                       {account, first_day, last_day})),
                  read);
}

}  // namespace ph::store
