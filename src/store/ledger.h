// Purpose: money, as append-only double entry.
// Shapes: an entry has lines whose amounts sum to 0, one a book; amounts are millionths. A line of
//   the book `customer` is what moves the account's balance; `amount` of an entry is that line.
//   An entry with a reference stands once for its account and kind.
// Errors: conflict (the reference was used).
// Threads: any with a connection; posting in the writer's job after Tx::settle_usage().
// Not here: what is posted when (billing/).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/page.h"

namespace ph::store {

class Tx;

enum class LedgerWhat : uint8_t { payment, package, bill, adjustment };
const char* ledger_what_name(LedgerWhat what);

// The other side of the customer's line.
enum class LedgerBook : uint8_t { customer, revenue, payments, adjustments };
const char* ledger_book_name(LedgerBook book);

struct LedgerEntryRow {
  int64_t id = 0;  // Tx::new_id()
  AccountId account_id;
  WallTime at;
  LedgerWhat what = LedgerWhat::payment;
  std::string reference;
  std::string note;
  int64_t amount = 0;  // of the customer: below 0 is owed
  int64_t balance_after = 0;
};

// The entry with its two lines, and the balance. Gives the row as it was written.
Result<LedgerEntryRow> post_entry(Tx& tx, AccountId account, LedgerEntryRow row);
Result<std::optional<LedgerEntryRow>> entry_by_reference(sql::Connection& connection,
                                                         AccountId account, LedgerWhat what,
                                                         std::string_view reference);
// Newest first.
Result<std::vector<LedgerEntryRow>> ledger_entries(sql::Connection& connection, AccountId account,
                                                   Page page);

// What a payment provider told, once each.
struct PaymentEventRow {
  std::string event_id;
  AccountId account_id;
  std::string body_hash;
  WallTime at;
};
// Nothing when it is new and now written; else what was told under this id before.
Result<std::optional<PaymentEventRow>> take_payment_event_for_operator(
    sql::Connection& connection, const PaymentEventRow& row);

}  // namespace ph::store
