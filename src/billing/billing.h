// Purpose: what accounts have, buy and pay, and what the operator grants, prices and records.
// Shapes: amounts are millionths of the setting billing.currency. A package that is bought is paid
//   from the balance at once. A payment's reference counts once for an account; a repeat gives the
//   first answer.
// Errors: forbidden, not_found, invalid_field, conflict, arrears (the balance does not cover it).
// Threads: any loop.
// Not here: how mails are counted (core/metering.h), daily bills (bill_days.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "billing/standing.h"
#include "core/access.h"
#include "core/context.h"
#include "core/send.h"
#include "store/bill.h"

namespace ph::billing {

using core::Actor;

struct BillingView {
  State state;
  std::vector<store::PackageRow> packages;  // newest first, those that ended too
  std::vector<store::UsageDayRow> today;
  int64_t today_amount = 0;
  std::string currency;
  WallTime now;
};

struct NewOffer {
  std::string name;
  int64_t mails = 0;
  int64_t price = 0;
  int64_t days = 0;
};
struct Grant {
  std::string name;
  int64_t mails = 0;
  int64_t days = 0;
};
struct Payment {
  int64_t amount = 0;  // below 0: taken back
  std::string reference;
  std::string note;
};
struct PlanChange {
  store::Plan plan = store::Plan::in_house;
  std::optional<int64_t> credit_limit;
  std::optional<bool> post_paid;
};
struct NewPrice {
  int64_t from_day = 0;
  core::Tiers tiers;
};
struct UsageRow {
  int64_t day = 0;
  int64_t free = 0;
  int64_t package = 0;
  int64_t post_paid = 0;  // with those from before there were allowances
  int64_t amount = 0;
};
using store::OffersShown;
struct Days {
  int64_t first = 0;
  int64_t last = 0;
};

class Billing {
 public:
  explicit Billing(core::Context& context) : context_(context) {}

  // --- the account ---
  net::Task<Outcome<BillingView>> view(Actor actor, AccountId account);
  net::Task<Outcome<BillingView>> set_post_paid(Actor actor, AccountId account, bool enabled);
  net::Task<Outcome<store::PackageRow>> buy(Actor actor, AccountId account, OfferId offer,
                                            core::Idempotency once);
  // Days without any use are left out; the last 30 days without `days`.
  net::Task<Outcome<std::vector<UsageRow>>> usage(Actor actor, AccountId account,
                                                  std::optional<Days> days);
  net::Task<Outcome<std::vector<store::BillRow>>> bills(Actor actor, AccountId account,
                                                        store::Page page);
  net::Task<Outcome<store::BillRow>> bill(Actor actor, AccountId account, int64_t id);
  net::Task<Outcome<std::vector<store::LedgerEntryRow>>> ledger(Actor actor, AccountId account,
                                                                store::Page page);
  // All: for the operator.
  net::Task<Outcome<std::vector<store::OfferRow>>> offers(Actor actor, store::Page page,
                                                          OffersShown which);

  // --- the operator ---
  net::Task<Outcome<store::OfferRow>> add_offer(Actor actor, NewOffer offer);
  net::Task<Outcome<store::OfferRow>> set_on_sale(Actor actor, OfferId id, bool on_sale);
  net::Task<Outcome<store::PackageRow>> grant(Actor actor, AccountId account, Grant grant);
  net::Task<Outcome<store::LedgerEntryRow>> pay(Actor actor, AccountId account, Payment payment);
  net::Task<Outcome<BillingView>> set_plan(Actor actor, AccountId account, PlanChange change);
  net::Task<Outcome<std::vector<store::PriceRow>>> prices(Actor actor);
  // From a day on that has not begun.
  net::Task<Outcome<store::PriceRow>> add_price(Actor actor, NewPrice price);

 private:
  core::Context& context_;
};

// In the transaction of who was told of it: the operator, or a payment provider.
Outcome<store::LedgerEntryRow> take_payment(store::Tx& tx, const Actor& actor, AccountId account,
                                            const Payment& payment);

}  // namespace ph::billing
