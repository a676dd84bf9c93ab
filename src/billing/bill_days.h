// Purpose: ends an account's billing days: bills what was post-paid, gives bounces back that do not
//   count, and says when the account stands otherwise than it was told.
// Shapes: a day has one bill, made once it has ended; its lines sum to what the ledger has. In
//   house nothing is billed. A mail is given back to the source that would be used last: post-paid
//   mails of today, then packages by latest expiry, then free ones.
// Errors: of the store; everything is tried again at the next look.
// Threads: the store's writer.
// Not here: the loop (keeper.h).
#pragma once

#include <optional>
#include <string>

#include "billing/standing.h"

namespace ph::billing {

struct DayNews {
  int64_t bills = 0;
  int64_t returned = 0;
  std::optional<Standing> standing;  // that it has now and was not told yet
  WallTime stop_at;
};
Outcome<DayNews> end_days(store::Tx& tx, AccountId account);
// Whether end_days() would change anything.
Result<bool> wants_look(sql::Connection& sql, AccountId account, WallTime now);
// Before the plan changes: what was post-paid until now is billed as the plan has it, so that later
// mails count to another day. Before it: tx.settle_usage().
Outcome<> close_days(store::Tx& tx, AccountId account);

// How n mails given back are spread; what no source has is left out.
store::Uses returns_of(const State& state, int64_t n, int64_t accepted_day);

}  // namespace ph::billing
