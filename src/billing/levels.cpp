#include "billing/levels.h"

#include <fmt/format.h>

#include "core/settings.h"

namespace ph::billing {
namespace {

constexpr int64_t kWhole = 10'000;

// part/whole against a limit in hundredths of a per cent, without a division.
bool above(int64_t part, int64_t whole, int64_t limit) { return part * kWhole > limit * whole; }
bool below(int64_t part, int64_t whole, int64_t limit) { return part * kWhole < limit * whole; }

std::string percent(int64_t part, int64_t whole) {
  int64_t hundredths = part * kWhole / whole;
  return fmt::format("{}.{:02} %", hundredths / 100, hundredths % 100);
}

}  // namespace

Result<LevelRules> read_rules(sql::Connection& sql, AccountId account) {
  auto number = [&](std::string_view name) { return core::setting_number(sql, account, name); };
  LevelRules out;
  out.levels_a_day = TRY(number("quota.levels_a_day"));
  out.rise_volume_least = TRY(number("quota.rise_volume_least"));
  out.rise_invalid_below = TRY(number("quota.rise_invalid_below"));
  out.rise_delivered_above = TRY(number("quota.rise_delivered_above"));
  out.fall_sent_above = TRY(number("quota.fall_sent_above"));
  out.fall_invalid_above = TRY(number("quota.fall_invalid_above"));
  out.fall_delivered_below = TRY(number("quota.fall_delivered_below"));
  out.block_sent_above = TRY(number("quota.block_sent_above"));
  out.block_invalid_above = TRY(number("quota.block_invalid_above"));
  return out;
}

std::optional<int64_t> rate(int64_t part, int64_t whole) {
  if (whole <= 0) return std::nullopt;
  return part * kWhole / whole;
}

std::vector<RiseNeed> rise_needs(const LevelRules& rules, const Figures& day, int64_t quota) {
  int64_t sent = day.sent();
  return {{.what = "volume",
           .needed = rules.rise_volume_least,
           .have = rate(sent, quota),
           .met = quota > 0 && sent * kWhole >= rules.rise_volume_least * quota},
          {.what = "invalid_rate",
           .needed = rules.rise_invalid_below,
           .have = rate(day.invalid, sent),
           .met = sent > 0 && below(day.invalid, sent, rules.rise_invalid_below)},
          {.what = "delivered_rate",
           .needed = rules.rise_delivered_above,
           .have = rate(day.delivered, sent),
           .met = sent > 0 && above(day.delivered, sent, rules.rise_delivered_above)}};
}

bool rises(const LevelRules& rules, const Figures& day, int64_t quota) {
  for (const RiseNeed& need : rise_needs(rules, day, quota))
    if (!need.met) return false;
  return true;
}

std::string falls(const LevelRules& rules, const Figures& day) {
  int64_t sent = day.sent();
  if (sent <= rules.fall_sent_above) return {};
  if (above(day.invalid, sent, rules.fall_invalid_above))
    return "invalid addresses " + percent(day.invalid, sent);
  if (below(day.delivered, sent, rules.fall_delivered_below))
    return "delivered " + percent(day.delivered, sent);
  return {};
}

std::string is_blocked(const LevelRules& rules, const Figures& day) {
  int64_t sent = day.sent();
  if (sent <= rules.block_sent_above) return {};
  if (above(day.invalid, sent, rules.block_invalid_above))
    return "invalid addresses " + percent(day.invalid, sent);
  return {};
}

}  // namespace ph::billing
