#include "billing/bill_days.h"

#include <fmt/format.h>

#include <algorithm>

#include "billing/day.h"
#include "billing/reputation_rows.h"
#include "core/event.h"
#include "core/metering.h"
#include "core/settings.h"
#include "core/terms.h"
#include "json/json.h"
#include "store/bill.h"
#include "store/event.h"

namespace ph::billing {
namespace {

using store::Plan;

int64_t plain_day(const store::AllowanceRow& row, WallTime now) {
  store::AllowanceRow unbilled = row;
  unbilled.billed_through = -1;
  return core::billing_day(unbilled, now);
}

std::string lines_text(const std::vector<core::PriceLine>& lines) {
  json::Value out = json::Value::array();
  for (const core::PriceLine& line : lines)
    out.push(json::Value::object({{"what", "post_paid"},
                                  {"mails", line.mails},
                                  {"price", line.price},
                                  {"amount", line.amount}}));
  return json::serialize(out);
}

Outcome<> bill_day(store::Tx& tx, AccountId account, int64_t day, int64_t mails) {
  auto tiers = core::tiers_of_day(REFUSE_TRY(store::prices(tx.sql())), day);
  store::BillRow bill{.account_id = account,
                      .day = day,
                      .mails = mails,
                      .amount = core::price_of(tiers, mails),
                      .lines = lines_text(core::price_lines(tiers, mails)),
                      .created_at = tx.now()};
  auto entry = REFUSE_TRY(move_money(tx, account,
                                     {.what = store::LedgerWhat::bill,
                                      .reference = day_text(day),
                                      .note = "",
                                      .amount = -bill.amount}));
  bill.entry_id = entry.id;
  bill.balance_after = entry.balance_after;
  REFUSE_TRY(store::insert_bill(tx.sql(), bill));
  return {};
}

// billed_through is the last day that has a bill: a clock that was ahead for a while closes no day
// that has had no mails.
Outcome<int64_t> bill_days_before(store::Tx& tx, AccountId account, int64_t end) {
  auto row = REFUSE_TRY(store::allowance(tx.sql(), account));
  if (row.plan == Plan::in_house) return 0;
  int64_t bills = 0;
  int64_t through = row.billed_through;
  for (const auto& [day, mails] :
       REFUSE_TRY(store::post_paid_after(tx.sql(), account, row.billed_through))) {
    if (day >= end || mails <= 0) continue;
    REFUSE_TRY(bill_day(tx, account, day, mails));
    through = std::max(through, day);
    ++bills;
  }
  if (bills == 0) return 0;
  // A bill may have begun a debt.
  row = REFUSE_TRY(store::allowance(tx.sql(), account));
  row.billed_through = through;
  REFUSE_TRY(store::update_allowance(tx.sql(), row));
  return bills;
}

Outcome<int64_t> bill_ended_days(store::Tx& tx, AccountId account) {
  auto row = REFUSE_TRY(store::allowance(tx.sql(), account));
  return bill_days_before(tx, account, plain_day(row, tx.now()));
}

// Bounces from when they stopped to count on.
Outcome<int64_t> give_bounces_back(store::Tx& tx, AccountId account) {
  bool count = REFUSE_TRY(core::setting_true(tx.sql(), account, "billing.count_bounces"));
  auto row = REFUSE_TRY(store::allowance(tx.sql(), account));
  if (count && row.bounces_seen < 0) return 0;
  int64_t all = REFUSE_TRY(store::counter_of_account(tx.sql(), account, "bounced"));
  int64_t given = 0;
  int64_t before = row.bounces_seen;
  if (!count || before < 0) {
    State state = REFUSE_TRY(read_state(tx.sql(), account, tx.now()));
    int64_t due = before < 0 ? 0 : all - before;
    for (const auto& [key, n] : returns_of(state, due, store::day_of(tx.now()))) {
      tx.use(key, n);
      given -= n;
    }
  }
  row.bounces_seen = count ? -1 : (before < 0 ? all : before + given);
  if (row.bounces_seen != before) REFUSE_TRY(store::update_allowance(tx.sql(), row));
  if (given > 0) REFUSE_TRY(tx.settle_usage(account));
  return given;
}

std::string told_name(Standing standing) {
  return std::string(standing == Standing::good ? "" : standing_name(standing));
}

// What was told last is in the row; good is told by nothing.
Outcome<> look_at_standing(store::Tx& tx, AccountId account, DayNews& news) {
  State state = REFUSE_TRY(read_state(tx.sql(), account, tx.now()));
  store::AllowanceRow row = state.facts.row;
  if (row.plan == Plan::in_house) return {};
  std::string now = told_name(state.standing);
  if (now == row.told) return {};
  REFUSE_TRY(core::record_event(
      tx, {.account_id = account,
           .type = core::event::kStandingChanged,
           .data = fmt::format("{{\"from\":\"{}\",\"to\":\"{}\"}}",
                               row.told.empty() ? "good" : row.told,
                               standing_name(state.standing))}));
  row.told = now;
  REFUSE_TRY(store::update_allowance(tx.sql(), row));
  news.standing = state.standing;
  news.stop_at = row.stop_at;
  return {};
}

}  // namespace

store::Uses returns_of(const State& state, int64_t n, int64_t accepted_day) {
  store::UseKey key{.account_id = state.facts.row.account_id,
                    .source = store::UseSource::post_paid,
                    .package_id = {},
                    .day = state.today,
                    .accepted_day = accepted_day,
                    .kind = store::UseKind::returned};
  store::Uses out;
  auto give = [&](int64_t most) {
    int64_t some = std::min(n, most);
    if (some <= 0) return;
    out[key] = -some;
    n -= some;
  };
  auto today = state.facts.post_paid.find(state.today);
  if (today != state.facts.post_paid.end()) give(today->second);
  key.source = store::UseSource::package;
  for (size_t i = state.facts.packages.size(); i-- > 0;) {
    key.package_id = state.facts.packages[i].id;
    give(state.facts.packages[i].used);
  }
  key.source = store::UseSource::free;
  key.package_id = {};
  give(state.facts.row.free_used);
  return out;
}

Outcome<> close_days(store::Tx& tx, AccountId account) {
  REFUSE_TRY(bill_days_before(tx, account, INT64_MAX));
  auto row = REFUSE_TRY(store::allowance(tx.sql(), account));
  for (const auto& [day, mails] :
       REFUSE_TRY(store::post_paid_after(tx.sql(), account, row.billed_through)))
    if (mails != 0) row.billed_through = std::max(row.billed_through, day);
  REFUSE_TRY(store::update_allowance(tx.sql(), row));
  return {};
}

Result<bool> wants_look(sql::Connection& sql, AccountId account, WallTime now) {
  State state = TRY(read_state(sql, account, now));
  store::AllowanceRow row = state.facts.row;
  int64_t today = plain_day(row, now);
  if (row.plan == Plan::customer) {
    for (const auto& [day, mails] : state.facts.post_paid)
      if (day < today && mails > 0) return true;
    if (told_name(state.standing) != row.told) return true;
  }
  bool count = TRY(core::setting_true(sql, account, "billing.count_bounces"));
  if (count != (row.bounces_seen < 0)) return true;
  if (!count) {
    int64_t due = TRY(store::counter_of_account(sql, account, "bounced")) - row.bounces_seen;
    if (!returns_of(state, due, store::day_of(now)).empty()) return true;
  }
  if (TRY(core::apply_terms(sql, row))) return true;
  return has_old_quotas(sql, account, now);
}

Outcome<DayNews> end_days(store::Tx& tx, AccountId account) {
  REFUSE_TRY(tx.settle_usage(account));
  DayNews out;
  out.returned = REFUSE_TRY(give_bounces_back(tx, account));
  out.bills = REFUSE_TRY(bill_ended_days(tx, account));
  auto row = REFUSE_TRY(store::allowance(tx.sql(), account));
  if (REFUSE_TRY(core::apply_terms(tx.sql(), row)))
    REFUSE_TRY(store::update_allowance(tx.sql(), row));
  REFUSE_TRY(renew_quotas(tx, account));
  REFUSE_TRY(look_at_standing(tx, account, out));
  // Bulk jobs that wait for mails go on.
  if (out.returned > 0) REFUSE_TRY(means_came(tx, account));
  return out;
}

}  // namespace ph::billing
