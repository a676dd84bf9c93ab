#include "billing/reputation_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/event.h"
#include "core/settings.h"
#include "core/terms.h"
#include "json/json.h"
#include "store/event.h"
#include "store/store.h"

namespace ph::billing {

Result<store::ReputationRow> reputation_of(sql::Connection& sql, AccountId account,
                                           const store::ActiveDomain& domain) {
  auto known = TRY(store::reputation(sql, account, domain.name));
  if (known) {
    known->domain_id = domain.domain_id;
    return *known;
  }
  store::ReputationRow out{
      .account_id = account, .name = domain.name, .domain_id = domain.domain_id};
  out.level = TRY(core::setting_number(sql, account, "quota.first_level"));
  out.judged_through = -1;
  return out;
}

Result<Figures> figures_of(sql::Connection& sql, const store::ActiveDomain& domain, int64_t day) {
  auto ids = TRY(store::earlier_domains(sql, domain.account_id, domain.name));
  ids.push_back(domain.domain_id);
  Figures out;
  for (const store::CounterRow& row : TRY(store::counters(sql, domain.account_id, day, day))) {
    if (std::ranges::find(ids, row.domain_id) == ids.end()) continue;
    if (row.kind == "accepted") out.accepted += row.n;
    if (row.kind == "delivered") out.delivered += row.n;
    if (row.kind == "bounced") out.bounced += row.n;
    if (row.kind == "expired") out.expired += row.n;
    if (row.kind == store::kInvalidAddresses) out.invalid += row.n;
  }
  return out;
}

namespace {

using Rows = std::vector<store::ReputationRow>;

// Those that are otherwise than stored.
Result<Rows> renewed(sql::Connection& sql, AccountId account, WallTime now) {
  Rows out;
  auto allowance = TRY(store::allowance(sql, account));
  bool levels = TRY(core::has_levels(sql, allowance));
  for (store::ReputationRow& row : TRY(store::reputations(sql, account))) {
    int64_t daily =
        levels ? TRY(core::volume_of_level(sql, account, row.level)) : store::kNoDailyLimit;
    bool freed = !levels && row.blocked_until > now;
    if (daily == row.daily && !freed) continue;
    row.daily = daily;
    if (freed) row.blocked_until = {};
    if (freed) row.blocked_why.clear();
    out.push_back(std::move(row));
  }
  return out;
}

}  // namespace

Result<int64_t> daily_of_level(sql::Connection& sql, AccountId account, int64_t level) {
  auto allowance = TRY(store::allowance(sql, account));
  if (!TRY(core::has_levels(sql, allowance))) return store::kNoDailyLimit;
  return core::volume_of_level(sql, account, level);
}

Result<bool> has_old_quotas(sql::Connection& sql, AccountId account, WallTime now) {
  return !TRY(renewed(sql, account, now)).empty();
}

Result<> renew_quotas(store::Tx& tx, AccountId account) {
  for (const store::ReputationRow& row : TRY(renewed(tx.sql(), account, tx.now())))
    TRY(store::put_reputation(tx.sql(), row));
  return {};
}

Result<> move_level(store::Tx& tx, store::ReputationRow& row, const LevelMove& move) {
  json::Value data = json::Value::object(
      {{"domain", row.name}, {"from", row.level}, {"to", move.to}, {"why", move.why}});
  row.level = move.to;
  row.daily = TRY(daily_of_level(tx.sql(), row.account_id, move.to));
  TRY(store::put_reputation(tx.sql(), row));
  TRY(store::insert_reputation_day(tx.sql(), {.account_id = row.account_id,
                                              .name = row.name,
                                              .day = move.day,
                                              .level = move.to,
                                              .sent = move.sent,
                                              .why = move.why}));
  store::EventRow event{.id = EventId(tx.new_id()),
                        .account_id = row.account_id,
                        .type = core::event::kLevelChanged,
                        .at = tx.now(),
                        .domain_id = row.domain_id,
                        .data = json::serialize(data)};
  return store::insert_events(tx, row.account_id, {event});
}

}  // namespace ph::billing
