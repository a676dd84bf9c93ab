// Purpose: a sender domain's reputation as it is now, and how it moves. Private to billing.
// Errors: of the store.
// Threads: reads any with a connection; move_level() the store's writer.
#pragma once

#include <string>

#include "billing/reputation.h"

namespace ph::billing {

inline constexpr std::string_view kLifted = "lifted";  // instead of why; blocked_until says when

// As stored, or as a domain begins.
Result<store::ReputationRow> reputation_of(sql::Connection& sql, AccountId account,
                                           const store::ActiveDomain& domain);
// Of the domain and of deleted ones that had its name.
Result<Figures> figures_of(sql::Connection& sql, const store::ActiveDomain& domain, int64_t day);

// Mails a day of a level, where the account has levels; else none.
Result<int64_t> daily_of_level(sql::Connection& sql, AccountId account, int64_t level);
// Domains that send nothing too: quotas follow the account's plan and settings, and without levels
// nothing is blocked. Whether any would change; and the change.
Result<bool> has_old_quotas(sql::Connection& sql, AccountId account, WallTime now);
Result<> renew_quotas(store::Tx& tx, AccountId account);

struct LevelMove {
  int64_t to = 0;
  int64_t day = 0;
  int64_t sent = 0;
  std::string why;
};
// The row is changed and written, with its history and event.
Result<> move_level(store::Tx& tx, store::ReputationRow& row, const LevelMove& move);

}  // namespace ph::billing
