// Purpose: when a sender domain's level rises and falls, and when it is blocked for the day.
// Shapes: rates are hundredths of a per cent of what was sent that day, compared exactly. Spam
//   bounces, complaints and opens do not come in yet: they stand in no rule that is judged.
// Threads: pure, but for read_rules().
// Not here: rows and days (reputation.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "core/reason.h"
#include "sql/connection.h"

namespace ph::billing {

struct LevelRules {
  int64_t levels_a_day = 1;  // 0: as many as are earned
  int64_t rise_volume_least = 7000;
  int64_t rise_invalid_below = 500;
  int64_t rise_delivered_above = 9200;
  int64_t fall_sent_above = 300;
  int64_t fall_invalid_above = 900;
  int64_t fall_delivered_below = 6500;
  int64_t block_sent_above = 300;
  int64_t block_invalid_above = 1100;
};
Result<LevelRules> read_rules(sql::Connection& sql, AccountId account);

// Of one sender domain and day.
struct Figures {
  int64_t accepted = 0;  // what the daily quota counts
  int64_t delivered = 0;
  int64_t bounced = 0;
  int64_t expired = 0;
  int64_t invalid = 0;  // of the bounced
  int64_t sent() const { return delivered + bounced + expired; }
};
// Nothing while nothing was sent.
std::optional<int64_t> rate(int64_t part, int64_t whole);

struct RiseNeed {
  std::string_view what;  // "volume", "invalid_rate", "delivered_rate", "spam_rate", …
  int64_t needed = 0;
  std::optional<int64_t> have;  // nothing: it does not come in yet, or nothing was sent
  bool met = false;
};
std::vector<RiseNeed> rise_needs(const LevelRules& rules, const Figures& day, int64_t quota);
bool rises(const LevelRules& rules, const Figures& day, int64_t quota);
// Why; empty: it does not.
std::string falls(const LevelRules& rules, const Figures& day);
std::string is_blocked(const LevelRules& rules, const Figures& day);

}  // namespace ph::billing
