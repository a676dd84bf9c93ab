#include "billing/reputation_rows.h"

#include <fmt/format.h>

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

Result<Figures> figures_of(sql::Connection& sql, AccountId account, DomainId domain,
                           int64_t day) {
  Figures out;
  for (const store::CounterRow& row : TRY(store::counters(sql, account, day, day))) {
    if (row.domain_id != domain) continue;
    if (row.kind == "accepted") out.accepted = row.n;
    if (row.kind == "delivered") out.delivered = row.n;
    if (row.kind == "bounced") out.bounced = row.n;
    if (row.kind == "expired") out.expired = row.n;
    if (row.kind == store::kInvalidAddresses) out.invalid = row.n;
  }
  return out;
}

Result<> move_level(store::Tx& tx, store::ReputationRow& row, const LevelMove& move) {
  json::Value data = json::Value::object(
      {{"domain", row.name}, {"from", row.level}, {"to", move.to}, {"why", move.why}});
  row.level = move.to;
  row.daily = TRY(core::volume_of_level(tx.sql(), row.account_id, move.to));
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
