#include "core/metering.h"

#include <algorithm>

#include "core/price.h"
#include "store/event.h"

namespace ph::core {
namespace {

using store::UsageDepth;
using store::UsageFacts;
using store::UseSource;

constexpr int64_t kDay = 86'400'000'000;
constexpr int64_t kMinute = 60'000'000;

bool usable(const store::PackageRow& package, WallTime now) {
  return package.left() > 0 && package.expires_at > now;
}

// Prepaid mails alone where they do; only what goes beyond is priced.
int64_t left_of(const UsageFacts& facts, int64_t wanted, WallTime now) {
  int64_t out = facts.free_left();
  for (const store::PackageRow& package : facts.packages)
    if (usable(package, now)) out += package.left();
  if (out >= wanted) return out;
  int64_t paid = post_paid_left(facts, billing_day(facts.row, now));
  return paid == INT64_MAX ? paid : out + paid;
}

// The free ones do for most; only who has used them up is looked at further.
Outcome<const UsageFacts*> facts_for(store::Tx& tx, AccountId account, int64_t wanted) {
  const UsageFacts* facts = REFUSE_TRY(tx.usage(account, UsageDepth::free));
  if (facts->free_left() >= wanted || facts->rest) return facts;
  return REFUSE_TRY(tx.usage(account, UsageDepth::rest));
}

std::unexpected<Refusal> exhausted(const UsageFacts& facts) {
  if (facts.row.post_paid)
    return refuse(Reason::allowance_exhausted,
                  "Free mails, packages and what the balance pays for are used up. Top up, or buy "
                  "a package.");
  return refuse(Reason::allowance_exhausted,
                "Free mails and packages are used up. Buy a package, or switch post-paid on.");
}

Outcome<int64_t> left_now(store::Tx& tx, AccountId account, int64_t wanted, WallTime now) {
  const UsageFacts* facts = REFUSE_TRY(facts_for(tx, account, wanted));
  if (in_arrears(facts->row, now))
    return refuse(Reason::arrears,
                  "The account owes more than it may, for too long. Top up to send again.");
  int64_t left = left_of(*facts, wanted, now);
  if (left <= 0) return exhausted(*facts);
  return left;
}

}  // namespace

int64_t billing_day(const store::AllowanceRow& row, WallTime now) {
  int64_t day = (now.micros + row.day_offset * kMinute) / kDay;
  return std::max(day, row.billed_through + 1);
}

WallTime billing_day_begins(const store::AllowanceRow& row, int64_t day) {
  return {day * kDay - row.day_offset * kMinute};
}

int64_t unbilled(const UsageFacts& facts) {
  int64_t out = 0;
  for (const auto& [day, n] : facts.post_paid) {
    if (day <= facts.row.billed_through) continue;
    out += price_of(tiers_of_day(facts.prices, day), n);
  }
  return out;
}

int64_t post_paid_left(const UsageFacts& facts, int64_t day) {
  if (!facts.row.post_paid) return 0;
  if (facts.row.plan == store::Plan::in_house) return INT64_MAX;
  int64_t money = facts.row.balance + facts.row.credit_limit - unbilled(facts);
  if (money < 0) return 0;
  auto today = facts.post_paid.find(day);
  int64_t already = today == facts.post_paid.end() ? 0 : today->second;
  return mails_for(tiers_of_day(facts.prices, day), already, money);
}

bool in_arrears(const store::AllowanceRow& row, WallTime now) {
  return row.plan == store::Plan::customer && row.stop_at != WallTime{} && row.stop_at <= now;
}

Outcome<int64_t> mails_left(store::Tx& tx, AccountId account, int64_t wanted) {
  return left_now(tx, account, wanted, tx.now());
}

// At one moment: a package that ends in between is counted with or not, not both.
Outcome<> meter(store::Tx& tx, AccountId account, int64_t n) {
  if (n == 0) return {};
  WallTime now = tx.now();
  int64_t left = REFUSE_TRY(left_now(tx, account, n, now));
  const UsageFacts* facts = REFUSE_TRY(facts_for(tx, account, n));
  if (left < n) return exhausted(*facts);
  store::UseKey key{.account_id = account,
                    .source = UseSource::free,
                    .package_id = {},
                    .day = billing_day(facts->row, now),
                    .accepted_day = store::day_of(now)};
  store::Uses uses;
  auto take = [&](int64_t most) {
    int64_t some = std::min(n, most);
    if (some <= 0) return;
    uses[key] = some;
    n -= some;
  };
  take(facts->free_left());
  key.source = UseSource::package;
  for (const store::PackageRow& package : facts->packages) {
    if (!usable(package, now)) continue;
    key.package_id = package.id;
    take(package.left());
  }
  key.source = UseSource::post_paid;
  key.package_id = {};
  if (n > 0 && n > post_paid_left(*facts, key.day)) return exhausted(*facts);
  take(n);
  for (const auto& [use, some] : uses) tx.use(use, some);
  return {};
}

}  // namespace ph::core
