// Activation, and what an account has, buys and pays.
#include "api/rest/route.h"
#include "api/rest/schemas.h"
#include "billing/billing_json.h"
#include "billing/day.h"
#include "core/activation.h"
#include "core/view_json.h"
#include "crypto/hash.h"

namespace ph::rest {
namespace {

using billing::Billing;
using core::Action;
using core::Outcome;
using core::Reason;

constexpr const char* kCsv = "text/csv; charset=utf-8";

store::Page page_of_call(const Call& call) { return {.after = call.after, .limit = call.limit}; }

net::Task<Reply> activation_get(const Services& s, Call& call) {
  core::Activation activation(s.core.context);
  co_return Answer{.body = billing::activation_json(
                       CO_REFUSE_TRY(co_await activation.view(call.actor, call.account)))};
}

net::Task<Reply> activation_accept(const Services& s, Call& call) {
  core::Activation activation(s.core.context);
  co_return Answer{.body = core::account_json(CO_REFUSE_TRY(co_await activation.activate(
                       call.actor, call.account, call.text("agreement_version"))))};
}

net::Task<Reply> billing_get(const Services& s, Call& call) {
  Billing billing(s.core.context);
  co_return Answer{.body = billing::billing_json(
                       CO_REFUSE_TRY(co_await billing.view(call.actor, call.account)))};
}

net::Task<Reply> billing_post_paid(const Services& s, Call& call) {
  Billing billing(s.core.context);
  bool enabled = call.body.find("enabled")->as_bool();
  co_return Answer{.body = billing::billing_json(CO_REFUSE_TRY(
                       co_await billing.set_post_paid(call.actor, call.account, enabled)))};
}

net::Task<Reply> billing_offers(const Services& s, Call& call) {
  Billing billing(s.core.context);
  CO_REFUSE_TRY(core::acting_account(call.actor, call.account));
  auto rows = CO_REFUSE_TRY(
      co_await billing.offers(call.actor, page_of_call(call), billing::OffersShown::on_sale));
  co_return page_of(rows, call, billing::offer_json,
                    [](const store::OfferRow& row) { return row.id.value; });
}

net::Task<Reply> package_buy(const Services& s, Call& call) {
  Billing billing(s.core.context);
  core::Idempotency once;
  once.key = CO_REFUSE_TRY(idempotency_key(call.request));
  if (!once.key.empty())
    once.body_hash = std::string(crypto::view(crypto::sha256(call.request.body)));
  OfferId offer(call.number("offer").value_or(0));
  auto row = CO_REFUSE_TRY(
      co_await billing.buy(call.actor, call.account, offer, std::move(once)));
  co_return Answer{.body = billing::package_json(row, s.core.context.clock.wall())};
}

Outcome<std::optional<billing::Days>> days_of(const Call& call) {
  std::string from = call.filter("from"), to = call.filter("to");
  if (from.empty() && to.empty()) return std::nullopt;
  if (from.empty() || to.empty())
    return core::refuse(Reason::missing_field, "Name both days.", from.empty() ? "from" : "to");
  billing::Days days{.first = REFUSE_TRY(billing::read_day(from, "from")),
                     .last = REFUSE_TRY(billing::read_day(to, "to"))};
  if (days.last < days.first)
    return core::refuse(Reason::invalid_field, "It ends before it begins.", "to");
  return days;
}

net::Task<Reply> usage_list(const Services& s, Call& call) {
  Billing billing(s.core.context);
  auto days = CO_REFUSE_TRY(days_of(call));
  auto rows = CO_REFUSE_TRY(co_await billing.usage(call.actor, call.account, days));
  if (call.filter("format") == "csv")
    co_return Answer{.raw = billing::usage_csv(rows), .content_type = kCsv};
  json::Value items = json::Value::array();
  for (const billing::UsageRow& row : rows) items.push(billing::usage_json(row));
  co_return page_answer(std::move(items), call, 0);
}

net::Task<Reply> bill_list(const Services& s, Call& call) {
  Billing billing(s.core.context);
  auto rows =
      CO_REFUSE_TRY(co_await billing.bills(call.actor, call.account, page_of_call(call)));
  co_return page_of(rows, call, billing::bill_json,
                    [](const store::BillRow& row) { return row.id; });
}

net::Task<Reply> bill_get(const Services& s, Call& call) {
  Billing billing(s.core.context);
  int64_t id = CO_REFUSE_TRY(path_number(call, 0, "bill"));
  co_return Answer{.body = billing::bill_view_json(
                       CO_REFUSE_TRY(co_await billing.bill(call.actor, call.account, id)))};
}

net::Task<Reply> ledger_list(const Services& s, Call& call) {
  Billing billing(s.core.context);
  auto rows =
      CO_REFUSE_TRY(co_await billing.ledger(call.actor, call.account, page_of_call(call)));
  if (call.filter("format") == "csv")
    co_return Answer{.raw = billing::ledger_csv(rows), .content_type = kCsv};
  co_return page_of(rows, call, billing::ledger_json,
                    [](const store::LedgerEntryRow& row) { return row.id; });
}

const Filter kFormat{"format", "csv instead of JSON", {"json", "csv"}};

}  // namespace

std::span<const Route> activation_routes() {
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/activation",
       .operation = "activation_get",
       .summary = "What the account still needs before it may send",
       .action = Action::view,
       .takes = Takes::account,
       .response = &schemas::kActivation,
       .run = activation_get},
      {.method = "POST",
       .path = "/api/v1/activation",
       .operation = "activation_accept",
       .summary = "Accepts the agreement and lets the account send",
       .action = Action::manage_users,
       .takes = Takes::account,
       .request = &schemas::kAccept,
       .response = &schemas::kAccount,
       .reasons = {Reason::conflict, Reason::identity_required, Reason::account_suspended},
       .run = activation_accept},
      {.method = "GET",
       .path = "/api/v1/billing",
       .operation = "billing_get",
       .summary = "What the account has, and what its next mail is counted to",
       .action = Action::view,
       .takes = Takes::account,
       .response = &schemas::kBilling,
       .run = billing_get},
      {.method = "PUT",
       .path = "/api/v1/billing/post-paid",
       .operation = "billing_post_paid",
       .summary = "Whether it pays for mails beyond free ones and packages",
       .action = Action::manage_users,
       .takes = Takes::account,
       .request = &schemas::kPostPaid,
       .response = &schemas::kBilling,
       .run = billing_post_paid},
      {.method = "GET",
       .path = "/api/v1/billing/offers",
       .operation = "billing_offers",
       .summary = "Packages on sale",
       .action = Action::view,
       .takes = Takes::page,
       .response = &schemas::kOffer,
       .run = billing_offers},
      {.method = "POST",
       .path = "/api/v1/billing/packages",
       .operation = "package_buy",
       .summary = "Buys a package from the balance; takes an Idempotency-Key",
       .action = Action::manage_users,
       .takes = Takes::account,
       .request = &schemas::kPurchase,
       .response = &schemas::kPackage,
       .reasons = {Reason::arrears, Reason::conflict, Reason::idempotency_mismatch},
       .status = 201,
       .run = package_buy},
  };
  return routes;
}

std::span<const Route> billing_routes() {
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/billing/usage",
       .operation = "usage_list",
       .summary = "Mails by billing day and source; the last 30 days without dates",
       .action = Action::view,
       .takes = Takes::page,
       .filters = {{"from", "the first day, as 2026-11-22"}, {"to", "the last day"}, kFormat},
       .response = &schemas::kUsage,
       .run = usage_list},
      {.method = "GET",
       .path = "/api/v1/billing/bills",
       .operation = "bill_list",
       .summary = "Daily bills, newest first",
       .action = Action::view,
       .takes = Takes::page,
       .response = &schemas::kBill,
       .run = bill_list},
      {.method = "GET",
       .path = "/api/v1/billing/bills/{bill}",
       .operation = "bill_get",
       .summary = "One bill with its lines",
       .action = Action::view,
       .takes = Takes::account,
       .response = &schemas::kBillView,
       .run = bill_get},
      {.method = "GET",
       .path = "/api/v1/billing/ledger",
       .operation = "ledger_list",
       .summary = "Every movement of the balance, newest first",
       .action = Action::view,
       .takes = Takes::page,
       .filters = {kFormat},
       .response = &schemas::kLedgerEntry,
       .run = ledger_list},
  };
  return routes;
}

}  // namespace ph::rest
