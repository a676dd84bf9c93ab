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
Result<Figures> figures_of(sql::Connection& sql, AccountId account, DomainId domain, int64_t day);

struct LevelMove {
  int64_t to = 0;
  int64_t day = 0;
  int64_t sent = 0;
  std::string why;
};
// The row is changed and written, with its history and event.
Result<> move_level(store::Tx& tx, store::ReputationRow& row, const LevelMove& move);

}  // namespace ph::billing
