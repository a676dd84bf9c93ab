// Purpose: how an account stands: what its next mail is counted to, what is left, what it owes.
// Shapes: arrears: a debt older than its grace; nothing is sent. grace: a debt, still sending.
//   exhausted: nothing is left and no debt. low: less is left than billing.low_percent.
// Errors: of the store.
// Threads: reads any with a connection; those that take a Tx the store's writer.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/price.h"
#include "core/reason.h"
#include "store/ledger.h"
#include "store/store.h"
#include "store/usage.h"

namespace ph::billing {

using core::Outcome;
using core::Reason;
using core::refuse;

enum class Standing : uint8_t { good, low, grace, arrears, exhausted };
std::string_view standing_name(Standing standing);

enum class NextSource : uint8_t { free, package, post_paid, none };
std::string_view next_source_name(NextSource source);

struct State {
  store::UsageFacts facts;  // with their rest, prices always
  int64_t today = 0;        // billing day
  int64_t post_paid_left = 0;  // INT64_MAX: without end
  NextSource next = NextSource::none;
  Standing standing = Standing::good;
  core::Tiers tiers;  // of today; free of charge in house
};
Result<State> read_state(sql::Connection& sql, AccountId account, WallTime now);

// Moves money, and begins or ends a debt by what the balance is then. Before it:
// tx.settle_usage().
Outcome<store::LedgerEntryRow> move_money(store::Tx& tx, AccountId account,
                                          store::LedgerEntryRow entry);
// The same for a row whose plan or limit changed; the caller writes the row.
Outcome<> judge_debt(store::Tx& tx, store::AllowanceRow& row);
// Bulk jobs that wait for the account's means go on.
Outcome<> means_came(store::Tx& tx, AccountId account);

}  // namespace ph::billing
