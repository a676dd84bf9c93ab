#include "store/ledger.h"

#include "store/rows.h"
#include "store/store.h"

namespace ph::store {
namespace {

constexpr std::array kWhats = {"payment", "package", "bill", "adjustment"};
constexpr std::array kBooks = {"customer", "revenue", "payments", "adjustments"};

#define COLUMNS "id, account_id, at, what, reference, note, amount, balance_after"

Result<LedgerEntryRow> read(sql::Row row) {
  LedgerEntryRow out;
  out.id = row.integer(0);
  out.account_id = row.id<AccountId>(1);
  out.at = row.time(2);
  out.what = TRY(stored(parse_enum<LedgerWhat>(kWhats, row.text(3), "what")));
  out.reference = row.text(4);
  out.note = row.text(5);
  out.amount = row.integer(6);
  out.balance_after = row.integer(7);
  return out;
}

LedgerBook other_side(LedgerWhat what) {
  switch (what) {
    case LedgerWhat::payment:
      return LedgerBook::payments;
    case LedgerWhat::package:
    case LedgerWhat::bill:
      return LedgerBook::revenue;
    case LedgerWhat::adjustment:
      break;
  }
  return LedgerBook::adjustments;
}

}  // namespace

const char* ledger_what_name(LedgerWhat what) { return kWhats[static_cast<size_t>(what)]; }
const char* ledger_book_name(LedgerBook book) { return kBooks[static_cast<size_t>(book)]; }

Result<LedgerEntryRow> post_entry(Tx& tx, AccountId account, LedgerEntryRow row) {
  sql::Connection& sql = tx.sql();
  row.id = tx.new_id();
  row.account_id = account;
  row.at = tx.now();
  sql::Rows moved = TRY(sql.query("UPDATE allowance SET balance = balance + $2"
                                  " WHERE account_id = $1 RETURNING balance",
                                  {account, row.amount}));
  if (moved.empty()) return fail(Errc::not_found, "no such account");
  row.balance_after = moved[0].integer(0);
  TRY(say_conflict(sql.exec("INSERT INTO ledger_entry (" COLUMNS
                            ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                            {row.id, account, row.at, ledger_what_name(row.what), row.reference,
                             row.note, row.amount, row.balance_after}),
                   "this reference was used before", "reference"));
  std::vector<sql::Params> lines = {
      {row.id, account, ledger_book_name(LedgerBook::customer), row.amount},
      {row.id, account, ledger_book_name(other_side(row.what)), -row.amount}};
  TRY(sql.exec_many(
      "INSERT INTO ledger_line (entry_id, account_id, book, amount) VALUES ($1, $2, $3, $4)",
      lines));
  return row;
}

Result<std::optional<LedgerEntryRow>> entry_by_reference(sql::Connection& connection,
                                                         AccountId account, LedgerWhat what,
                                                         std::string_view reference) {
  sql::Rows rows =
      TRY(connection.query("SELECT " COLUMNS " FROM ledger_entry WHERE account_id = $1"
                           " AND what = $2 AND reference = $3 AND reference <> ''",
                           {account, ledger_what_name(what), reference}));
  if (rows.empty()) return std::nullopt;
  return TRY(read(rows[0]));
}

Result<std::vector<LedgerEntryRow>> ledger_entries(sql::Connection& connection, AccountId account,
                                                   Page page) {
  return read_all(TRY(connection.query("SELECT " COLUMNS " FROM ledger_entry WHERE account_id = $1"
                                       " AND id < $2 ORDER BY id DESC LIMIT $3",
                                       {account, page.before(), page.rows()})),
                  read);
}

Result<std::optional<PaymentEventRow>> take_payment_event_for_operator(
    sql::Connection& connection, const PaymentEventRow& row) {
  int64_t made = TRY(connection.exec(
      "INSERT INTO payment_event (event_id, account_id, body_hash, at) VALUES ($1, $2, $3, $4)"
      " ON CONFLICT (event_id) DO NOTHING",
      {row.event_id, row.account_id, sql::Blob{row.body_hash}, row.at}));
  if (made > 0) return std::nullopt;
  sql::Rows rows = TRY(connection.query(
      "SELECT event_id, account_id, body_hash, at FROM payment_event WHERE event_id = $1",
      {row.event_id}));
  if (rows.empty()) return fail(Errc::temporary, "the event is being written");
  return PaymentEventRow{.event_id = rows[0].text(0),
                         .account_id = rows[0].id<AccountId>(1),
                         .body_hash = rows[0].blob(2),
                         .at = rows[0].time(3)};
}

}  // namespace ph::store
