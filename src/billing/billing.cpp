#include "billing/billing.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "billing/changes.h"
#include "billing/rights.h"
#include "core/audit.h"
#include "core/metering.h"
#include "core/settings.h"
#include "core/transaction.h"
#include "store/idempotency.h"

namespace ph::billing {
namespace {

constexpr int64_t kUsageDays = 30;

template <class T>
Outcome<T> found(Result<T> row, const char* what) {
  if (!row && row.error().code == Errc::not_found)
    return refuse(Reason::not_found, std::string("There is no such ") + what + ".", what);
  return REFUSE_TRY(std::move(row));
}

Outcome<BillingView> read_view(sql::Connection& sql, AccountId account, WallTime now) {
  REFUSE_TRY(found(store::account(sql, account), "account"));
  BillingView out;
  out.state = REFUSE_TRY(read_state(sql, account, now));
  out.packages = REFUSE_TRY(store::packages(sql, account, {.limit = limits::kPageMost}));
  int64_t today = out.state.today;
  out.today = REFUSE_TRY(store::usage_days(sql, account, today, today));
  for (const store::UsageDayRow& row : out.today)
    if (row.source == store::UseSource::post_paid)
      out.today_amount = core::price_of(out.state.tiers, row.n);
  out.now = now;
  out.currency = REFUSE_TRY(core::setting_text(sql, {}, "billing.currency"));
  return out;
}

Outcome<store::PackageRow> add_package(store::Tx& tx, const Actor& actor, store::PackageRow row) {
  auto open = REFUSE_TRY(store::open_packages(tx.sql(), row.account_id, tx.now()));
  if (open.size() >= limits::kPackagesOfAccount)
    return refuse(Reason::conflict, "The account has as many packages as it may have.");
  row.created_at = tx.now();
  row.id = REFUSE_TRY(store::insert_package(tx.sql(), row));
  REFUSE_TRY(core::record_change(
      tx, actor,
      {.account = row.account_id,
       .action = row.origin == store::PackageOrigin::bought ? "package.buy" : "package.grant",
       .object = fmt::format("package:{}", row.id.value),
       .after = fmt::format("{{\"mails\":{},\"price\":{}}}", row.mails, row.price)}));
  REFUSE_TRY(means_came(tx, row.account_id));
  return row;
}

// The package that an earlier request of this key bought.
Outcome<std::optional<store::PackageRow>> bought_before(store::Tx& tx, AccountId account,
                                                        const core::Idempotency& once) {
  if (once.key.empty()) return std::nullopt;
  auto had = REFUSE_TRY(store::find_idempotency_key(tx.sql(), account, once.key));
  if (!had || had->created_at < tx.now() - limits::kIdempotencyKept) return std::nullopt;
  if (had->body_hash != once.body_hash)
    return refuse(Reason::idempotency_mismatch,
                  "This Idempotency-Key was used with another body in the last 24 hours.",
                  "Idempotency-Key");
  PackageId id(std::strtoll(had->answer.c_str(), nullptr, 10));
  return REFUSE_TRY(store::package(tx.sql(), account, id));
}

Outcome<> remember(store::Tx& tx, AccountId account, const core::Idempotency& once,
                   PackageId made) {
  if (once.key.empty()) return {};
  store::IdempotencyRow row{.account_id = account,
                            .idem_key = once.key,
                            .body_hash = once.body_hash,
                            .status = 201,
                            .answer = std::to_string(made.value),
                            .created_at = tx.now()};
  REFUSE_TRY(
      store::take_idempotency_key(tx, account, row, tx.now() - limits::kIdempotencyKept));
  return {};
}

// Who cannot send buys nothing that expires.
Outcome<> need_active(sql::Connection& sql, AccountId account) {
  auto row = REFUSE_TRY(found(store::account(sql, account), "account"));
  if (row.state == store::AccountState::active) return {};
  if (row.state == store::AccountState::suspended)
    return refuse(Reason::account_suspended, "The account is suspended.");
  return refuse(Reason::account_not_activated, "Activate the account first.");
}

Outcome<store::PackageRow> buy_now(store::Tx& tx, const Actor& actor, AccountId account,
                                   OfferId id, const core::Idempotency& once) {
  REFUSE_TRY(tx.settle_usage(account));
  if (auto had = REFUSE_TRY(bought_before(tx, account, once))) return *had;
  REFUSE_TRY(need_active(tx.sql(), account));
  auto offer = REFUSE_TRY(found(store::offer(tx.sql(), id), "offer"));
  if (!offer.on_sale) return refuse(Reason::not_found, "There is no such offer.", "offer");
  auto state = REFUSE_TRY(read_state(tx.sql(), account, tx.now()));
  int64_t money = state.facts.row.balance - core::unbilled(state.facts);
  if (money < offer.price)
    return refuse(Reason::arrears, "The balance does not pay for this package. Top up first.");
  auto package = REFUSE_TRY(add_package(
      tx, actor,
      {.account_id = account,
       .offer_id = offer.id,
       .name = offer.name,
       .mails = offer.mails,
       .price = offer.price,
       .origin = store::PackageOrigin::bought,
       .expires_at = tx.now() + std::chrono::hours(24) * offer.days}));
  if (offer.price > 0)
    REFUSE_TRY(move_money(tx, account,
                          {.what = store::LedgerWhat::package,
                           .reference = fmt::format("package:{}", package.id.value),
                           .note = offer.name,
                           .amount = -offer.price}));
  REFUSE_TRY(remember(tx, account, once, package.id));
  return package;
}

// Of days that have a bill, what was billed; of the others what they cost until now.
Outcome<std::vector<UsageRow>> read_usage(sql::Connection& sql, AccountId account, WallTime now,
                                          std::optional<Days> days) {
  State state = REFUSE_TRY(read_state(sql, account, now));
  if (!days) days = Days{.first = state.today - kUsageDays + 1, .last = state.today};
  std::map<int64_t, UsageRow> rows;
  for (const auto& use : REFUSE_TRY(store::usage_days(sql, account, days->first, days->last))) {
    UsageRow& row = rows[use.day];
    row.day = use.day;
    if (use.source == store::UseSource::free) row.free += use.n;
    else if (use.source == store::UseSource::package) row.package += use.n;
    else row.post_paid += use.n;
  }
  for (const auto& [day, n] : state.facts.post_paid)
    if (day > state.facts.row.billed_through && rows.contains(day))
      rows[day].amount = core::price_of(core::tiers_of_day(state.facts.prices, day), n);
  for (const auto& bill :
       REFUSE_TRY(store::bills_of_days(sql, account, days->first, days->last)))
    rows[bill.day].amount = bill.amount;
  std::vector<UsageRow> out;
  for (auto& [day, row] : rows) {
    row.day = day;
    out.push_back(row);
  }
  return out;
}

}  // namespace

net::Task<Outcome<BillingView>> Billing::view(Actor actor, AccountId named) {
  AccountId account = CO_REFUSE_TRY(account_to_read(actor, named));
  auto job = [account, now = context_.clock.wall()](sql::Connection& sql) {
    return read_view(sql, account, now);
  };
  co_return co_await core::look<BillingView>(context_, std::move(job));
}

net::Task<Outcome<BillingView>> Billing::set_post_paid(Actor actor, AccountId named,
                                                       bool enabled) {
  AccountId account = CO_REFUSE_TRY(account_to_change(actor, named));
  auto job = [actor, account, enabled](store::Tx& tx) -> Outcome<BillingView> {
    REFUSE_TRY(tx.settle_usage(account));
    auto row = REFUSE_TRY(found(store::allowance(tx.sql(), account), "account"));
    auto words = [](bool on) { return fmt::format("{{\"post_paid\":{}}}", on); };
    if (row.post_paid != enabled)
      REFUSE_TRY(core::record_change(tx, actor,
                                     {.account = account,
                                      .action = "billing.post_paid",
                                      .object = fmt::format("account:{}", account.value),
                                      .before = words(row.post_paid),
                                      .after = words(enabled)}));
    row.post_paid = enabled;
    REFUSE_TRY(store::update_allowance(tx.sql(), row));
    if (enabled) REFUSE_TRY(means_came(tx, account));
    return read_view(tx.sql(), account, tx.now());
  };
  co_return co_await core::transact<BillingView>(context_, std::move(job));
}

net::Task<Outcome<store::PackageRow>> Billing::buy(Actor actor, AccountId named, OfferId offer,
                                                   core::Idempotency once) {
  AccountId account = CO_REFUSE_TRY(account_to_change(actor, named));
  auto job = [actor, account, offer, once = std::move(once)](store::Tx& tx) {
    return buy_now(tx, actor, account, offer, once);
  };
  co_return co_await core::transact<store::PackageRow>(context_, std::move(job));
}

net::Task<Outcome<std::vector<UsageRow>>> Billing::usage(Actor actor, AccountId named,
                                                         std::optional<Days> days) {
  AccountId account = CO_REFUSE_TRY(account_to_read(actor, named));
  if (days && days->last - days->first >= limits::kUsageDaysMost)
    co_return refuse(Reason::invalid_field,
                     fmt::format("At most {} days at once.", limits::kUsageDaysMost), "from");
  using Rows = std::vector<UsageRow>;
  auto job = [account, now = context_.clock.wall(), days](sql::Connection& sql) -> Outcome<Rows> {
    REFUSE_TRY(found(store::account(sql, account), "account"));
    return read_usage(sql, account, now, days);
  };
  co_return co_await core::look<Rows>(context_, std::move(job));
}

net::Task<Outcome<std::vector<store::BillRow>>> Billing::bills(Actor actor, AccountId named,
                                                               store::Page page) {
  AccountId account = CO_REFUSE_TRY(account_to_read(actor, named));
  using Rows = std::vector<store::BillRow>;
  auto job = [account, page](sql::Connection& sql) -> Outcome<Rows> {
    return REFUSE_TRY(store::bills(sql, account, page));
  };
  co_return co_await core::look<Rows>(context_, std::move(job));
}

net::Task<Outcome<store::BillRow>> Billing::bill(Actor actor, AccountId named, int64_t id) {
  AccountId account = CO_REFUSE_TRY(account_to_read(actor, named));
  auto job = [account, id](sql::Connection& sql) {
    return found(store::bill(sql, account, id), "bill");
  };
  co_return co_await core::look<store::BillRow>(context_, std::move(job));
}

net::Task<Outcome<std::vector<store::LedgerEntryRow>>> Billing::ledger(Actor actor,
                                                                       AccountId named,
                                                                       store::Page page) {
  AccountId account = CO_REFUSE_TRY(account_to_read(actor, named));
  using Rows = std::vector<store::LedgerEntryRow>;
  auto job = [account, page](sql::Connection& sql) -> Outcome<Rows> {
    return REFUSE_TRY(store::ledger_entries(sql, account, page));
  };
  co_return co_await core::look<Rows>(context_, std::move(job));
}

net::Task<Outcome<store::PackageRow>> Billing::grant(Actor actor, AccountId account, Grant grant) {
  CO_REFUSE_TRY(need_operator(actor));
  CO_REFUSE_TRY(check_package(grant.name, grant.mails, grant.days));
  auto job = [actor, account, grant](store::Tx& tx) -> Outcome<store::PackageRow> {
    REFUSE_TRY(tx.settle_usage(account));
    REFUSE_TRY(found(store::account(tx.sql(), account), "account"));
    return add_package(tx, actor,
                       {.account_id = account,
                        .name = grant.name,
                        .mails = grant.mails,
                        .origin = store::PackageOrigin::granted,
                        .expires_at = tx.now() + std::chrono::hours(24) * grant.days});
  };
  co_return co_await core::transact<store::PackageRow>(context_, std::move(job));
}

net::Task<Outcome<BillingView>> Billing::set_plan(Actor actor, AccountId account,
                                                  PlanChange change) {
  CO_REFUSE_TRY(need_operator(actor));
  int64_t credit = change.credit_limit.value_or(0);
  if (credit < 0 || credit > limits::kMoneyMost)
    co_return refuse(Reason::invalid_field, "A credit limit is 0 or more.", "credit_limit");
  auto job = [actor, account, change](store::Tx& tx) -> Outcome<BillingView> {
    REFUSE_TRY(tx.settle_usage(account));
    REFUSE_TRY(found(store::account(tx.sql(), account), "account"));
    REFUSE_TRY(change_plan(tx, actor, account, change));
    REFUSE_TRY(means_came(tx, account));
    return read_view(tx.sql(), account, tx.now());
  };
  co_return co_await core::transact<BillingView>(context_, std::move(job));
}

net::Task<Outcome<store::LedgerEntryRow>> Billing::pay(Actor actor, AccountId account,
                                                       Payment payment) {
  CO_REFUSE_TRY(need_operator(actor));
  auto job = [actor, account, payment](store::Tx& tx) -> Outcome<store::LedgerEntryRow> {
    REFUSE_TRY(found(store::account(tx.sql(), account), "account"));
    return take_payment(tx, actor, account, payment);
  };
  co_return co_await core::transact<store::LedgerEntryRow>(context_, std::move(job));
}

}  // namespace ph::billing
