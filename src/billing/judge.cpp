// One sender domain's level against what became of its mails: yesterday's fall, today's block and
// today's rise.
#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "billing/judge.h"
#include "billing/reputation_rows.h"
#include "core/event.h"
#include "core/terms.h"
#include "json/json.h"
#include "store/bulk.h"
#include "store/event.h"
#include "store/store.h"

namespace ph::billing {
namespace {

constexpr int64_t kDay = 86'400'000'000;
constexpr int64_t kDaysBack = 7;  // that are judged after a stop
constexpr auto kMost = static_cast<int64_t>(limits::kLevelsMost);

struct Judged {
  store::Tx& tx;
  store::ReputationRow& row;
  const LevelRules& rules;
  const store::ActiveDomain& domain;
  int64_t today = 0;
};

// By a clock that was ahead: nothing would be judged until then.
bool judged_ahead(const store::ReputationRow& row, int64_t today) {
  return row.judged_through > today + 1;
}

Outcome<> judge_ended_days(const Judged& at) {
  if (judged_ahead(at.row, at.today)) at.row.judged_through = at.today - 1;
  int64_t first = std::max(at.row.judged_through + 1, at.today - kDaysBack);
  for (int64_t day = first; day < at.today; ++day) {
    at.row.judged_through = day;
    Figures figures = REFUSE_TRY(figures_of(at.tx.sql(), at.domain, day));
    std::string why = falls(at.rules, figures);
    if (why.empty() || at.row.level == 0) continue;
    REFUSE_TRY(move_level(
        at.tx, at.row,
        {.to = at.row.level - 1, .day = at.today, .sent = figures.sent(), .why = why}));
  }
  return {};
}

Outcome<> judge_block(const Judged& at, const Figures& figures) {
  std::string why = is_blocked(at.rules, figures);
  if (why.empty() || at.row.blocked_until > at.tx.now()) return {};
  // Who was lifted today is not blocked for the same figures again.
  if (at.row.blocked_why == kLifted && store::day_of(at.row.blocked_until) == at.today) return {};
  at.row.blocked_until = {(at.today + 1) * kDay};
  at.row.blocked_why = why;
  json::Value data = json::Value::object({{"domain", at.row.name}, {"why", why}});
  REFUSE_TRY(core::record_event(at.tx, {.account_id = at.row.account_id,
                                        .type = core::event::kDomainBlocked,
                                        .domain_id = at.row.domain_id,
                                        .data = json::serialize(data)}));
  return {};
}

Outcome<> judge_rise(const Judged& at, const Figures& figures) {
  if (at.row.level <= 0 || at.row.level >= kMost || at.row.blocked_until > at.tx.now()) return {};
  // A clock that stepped back does not begin a day anew.
  if (at.row.rise_day > at.today) return {};
  if (at.row.rise_day != at.today) {
    at.row.rise_day = at.today;
    at.row.rises = 0;
  }
  if (at.rules.levels_a_day > 0 && at.row.rises >= at.rules.levels_a_day) return {};
  if (!rises(at.rules, figures, at.row.daily)) return {};
  ++at.row.rises;
  REFUSE_TRY(move_level(at.tx, at.row,
                        {.to = at.row.level + 1,
                         .day = at.today,
                         .sent = figures.sent(),
                         .why = "volume and delivery were good"}));
  // Bulk jobs that wait for the day's quota go on.
  REFUSE_TRY(store::hasten_bulk_jobs(at.tx.sql(), at.row.account_id, at.tx.now()));
  return {};
}

auto state_of(const store::ReputationRow& row) {
  return std::tie(row.domain_id, row.level, row.daily, row.judged_through, row.blocked_until);
}

}  // namespace

Result<bool> wants_judgement(sql::Connection& sql, const store::ActiveDomain& domain,
                             WallTime now) {
  auto allowance = TRY(store::allowance(sql, domain.account_id));
  auto known = TRY(store::reputation(sql, domain.account_id, domain.name));
  if (!TRY(core::has_levels(sql, allowance)))
    return known && (known->daily != store::kNoDailyLimit || known->blocked_until > now);
  int64_t today = store::day_of(now);
  if (!known || known->domain_id != domain.domain_id || known->judged_through < today - 1 ||
      judged_ahead(*known, today))
    return true;
  if (known->daily != TRY(core::volume_of_level(sql, domain.account_id, known->level)))
    return true;
  LevelRules rules = TRY(read_rules(sql, domain.account_id));
  Figures figures = TRY(figures_of(sql, domain, today));
  return !is_blocked(rules, figures).empty() || rises(rules, figures, known->daily);
}

Outcome<std::optional<LevelNews>> judge_domain(store::Tx& tx, const store::ActiveDomain& domain) {
  // Nobody else changes what is read here.
  REFUSE_TRY(tx.settle_usage(domain.account_id));
  auto allowance = REFUSE_TRY(store::allowance(tx.sql(), domain.account_id));
  auto known = REFUSE_TRY(store::reputation(tx.sql(), domain.account_id, domain.name));
  if (!REFUSE_TRY(core::has_levels(tx.sql(), allowance))) {
    REFUSE_TRY(renew_quotas(tx, domain.account_id));
    return std::nullopt;
  }
  auto row = REFUSE_TRY(reputation_of(tx.sql(), domain.account_id, domain));
  store::ReputationRow before = known.value_or(row);
  row.daily = REFUSE_TRY(core::volume_of_level(tx.sql(), domain.account_id, row.level));
  LevelRules rules = REFUSE_TRY(read_rules(tx.sql(), domain.account_id));
  Judged at{tx, row, rules, domain, store::day_of(tx.now())};
  REFUSE_TRY(judge_ended_days(at));
  Figures figures = REFUSE_TRY(figures_of(tx.sql(), domain, at.today));
  REFUSE_TRY(judge_block(at, figures));
  REFUSE_TRY(judge_rise(at, figures));
  if (!known || state_of(row) != state_of(before))
    REFUSE_TRY(store::put_reputation(tx.sql(), row));
  if (row.level == before.level) return std::nullopt;
  return LevelNews{domain.account_id, domain.name, before.level, row.level};
}

}  // namespace ph::billing
