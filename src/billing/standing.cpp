#include "billing/standing.h"

#include <array>

#include "core/metering.h"
#include "core/settings.h"
#include "store/bulk.h"

namespace ph::billing {
namespace {

using store::Plan;
using store::UsageFacts;

constexpr std::array<std::string_view, 5> kStandings = {"good", "low", "grace", "arrears",
                                                        "exhausted"};
constexpr std::array<std::string_view, 4> kSources = {"free", "package", "post_paid", "none"};

NextSource next_of(const State& state) {
  if (state.facts.free_left() > 0) return NextSource::free;
  for (const store::PackageRow& package : state.facts.packages)
    if (package.left() > 0) return NextSource::package;
  return state.post_paid_left > 0 ? NextSource::post_paid : NextSource::none;
}

// Of what is prepaid while something of it is left and nothing follows it; else of the credit.
bool is_low(const State& state, int64_t percent) {
  const store::AllowanceRow& row = state.facts.row;
  int64_t all = state.facts.free_left() > 0 ? row.free_granted : 0;
  int64_t left = state.facts.free_left();
  for (const store::PackageRow& package : state.facts.packages) {
    all += package.mails;
    left += package.left();
  }
  if (state.post_paid_left == 0) return left * 100 < all * percent;
  if (left > 0 || row.credit_limit == 0) return false;
  int64_t money = row.balance + row.credit_limit - core::unbilled(state.facts);
  return money < row.credit_limit / 100 * percent;
}

Standing standing_of(const State& state, WallTime now, int64_t low_percent) {
  const store::AllowanceRow& row = state.facts.row;
  if (core::in_arrears(row, now)) return Standing::arrears;
  if (row.debt_since != WallTime{}) return Standing::grace;
  if (state.next == NextSource::none) return Standing::exhausted;
  if (state.post_paid_left == INT64_MAX) return Standing::good;
  return is_low(state, low_percent) ? Standing::low : Standing::good;
}

}  // namespace

std::string_view standing_name(Standing standing) {
  return kStandings[static_cast<size_t>(standing)];
}

std::string_view next_source_name(NextSource source) {
  return kSources[static_cast<size_t>(source)];
}

Result<State> read_state(sql::Connection& sql, AccountId account, WallTime now) {
  State out;
  out.facts.row = TRY(store::allowance(sql, account));
  TRY(store::read_usage_rest(sql, out.facts, now));
  out.facts.prices = TRY(store::prices(sql));
  const store::AllowanceRow& row = out.facts.row;
  out.today = core::billing_day(row, now);
  out.post_paid_left = core::post_paid_left(out.facts, out.today);
  out.tiers = row.plan == Plan::in_house ? core::Tiers{{0, 0}}
                                         : core::tiers_of_day(out.facts.prices, out.today);
  out.next = next_of(out);
  out.standing =
      standing_of(out, now, TRY(core::setting_number(sql, account, "billing.low_percent")));
  return out;
}

Outcome<> judge_debt(store::Tx& tx, store::AllowanceRow& row) {
  if (row.plan == Plan::in_house || row.balance >= 0) {
    row.debt_since = {};
    row.stop_at = {};
    return {};
  }
  if (row.debt_since == WallTime{}) row.debt_since = tx.now();
  int64_t hours =
      REFUSE_TRY(core::setting_number(tx.sql(), row.account_id, "billing.grace_hours"));
  row.stop_at = row.debt_since + std::chrono::hours(hours);
  return {};
}

Outcome<store::LedgerEntryRow> move_money(store::Tx& tx, AccountId account,
                                          store::LedgerEntryRow entry) {
  auto posted = store::post_entry(tx, account, std::move(entry));
  if (!posted && posted.error().code == Errc::conflict)
    return refuse(Reason::conflict, "This reference was used before.", "reference");
  auto written = REFUSE_TRY(std::move(posted));
  auto row = REFUSE_TRY(store::allowance(tx.sql(), account));
  REFUSE_TRY(judge_debt(tx, row));
  REFUSE_TRY(store::update_allowance(tx.sql(), row));
  if (written.amount > 0) REFUSE_TRY(means_came(tx, account));
  return written;
}

Outcome<> means_came(store::Tx& tx, AccountId account) {
  REFUSE_TRY(store::hasten_bulk_jobs(tx.sql(), account, tx.now()));
  return {};
}

}  // namespace ph::billing
