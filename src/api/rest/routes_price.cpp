// What the operator grants, sells and records, and what a payment provider tells.
#include "api/rest/route.h"
#include "api/rest/schemas.h"
#include "billing/billing_json.h"
#include "billing/day.h"
#include "billing/webhook.h"

namespace ph::rest {
namespace {

using billing::Billing;
using core::Action;
using core::Reason;

bool truth(const Call& call, std::string_view name) {
  const json::Value* value = call.body.find(name);
  return value != nullptr && !value->is_null() && value->as_bool();
}

net::Task<Reply> account_plan(const Services& s, Call& call) {
  Billing billing(s.core.context);
  AccountId id(CO_REFUSE_TRY(path_number(call, 0, "account")));
  billing::PlanChange change{.plan = *store::parse_plan(call.text("plan")),
                             .credit_limit = call.number("credit_limit")};
  const json::Value* post_paid = call.body.find("post_paid");
  if (post_paid != nullptr && !post_paid->is_null()) change.post_paid = post_paid->as_bool();
  co_return Answer{.body = billing::billing_json(
                       CO_REFUSE_TRY(co_await billing.set_plan(call.actor, id, change)))};
}

net::Task<Reply> account_grant(const Services& s, Call& call) {
  Billing billing(s.core.context);
  AccountId id(CO_REFUSE_TRY(path_number(call, 0, "account")));
  billing::Grant grant{.name = call.text("name"),
                       .mails = call.number("mails").value_or(0),
                       .days = call.number("days").value_or(0)};
  auto row = CO_REFUSE_TRY(co_await billing.grant(call.actor, id, std::move(grant)));
  co_return Answer{.body = billing::package_json(row, s.core.context.clock.wall())};
}

net::Task<Reply> account_pay(const Services& s, Call& call) {
  Billing billing(s.core.context);
  AccountId id(CO_REFUSE_TRY(path_number(call, 0, "account")));
  billing::Payment payment{.amount = call.number("amount").value_or(0),
                           .reference = call.text("reference"),
                           .note = call.text("note")};
  co_return Answer{.body = billing::ledger_json(
                       CO_REFUSE_TRY(co_await billing.pay(call.actor, id, std::move(payment))))};
}

net::Task<Reply> offer_list(const Services& s, Call& call) {
  Billing billing(s.core.context);
  auto rows = CO_REFUSE_TRY(co_await billing.offers(
      call.actor, {.after = call.after, .limit = call.limit}, billing::OffersShown::all));
  co_return page_of(rows, call, billing::offer_json,
                    [](const store::OfferRow& row) { return row.id.value; });
}

net::Task<Reply> offer_create(const Services& s, Call& call) {
  Billing billing(s.core.context);
  billing::NewOffer offer{.name = call.text("name"),
                          .mails = call.number("mails").value_or(0),
                          .price = call.number("price").value_or(0),
                          .days = call.number("days").value_or(0)};
  co_return Answer{.body = billing::offer_json(
                       CO_REFUSE_TRY(co_await billing.add_offer(call.actor, std::move(offer))))};
}

net::Task<Reply> offer_change(const Services& s, Call& call) {
  Billing billing(s.core.context);
  OfferId id(CO_REFUSE_TRY(path_number(call, 0, "offer")));
  co_return Answer{.body = billing::offer_json(CO_REFUSE_TRY(
                       co_await billing.set_on_sale(call.actor, id, truth(call, "on_sale"))))};
}

// One page has them all.
net::Task<Reply> price_list(const Services& s, Call& call) {
  Billing billing(s.core.context);
  json::Value items = json::Value::array();
  for (const store::PriceRow& row : CO_REFUSE_TRY(co_await billing.prices(call.actor)))
    items.push(billing::price_json(row));
  co_return page_answer(std::move(items), call, 0);
}

net::Task<Reply> price_create(const Services& s, Call& call) {
  Billing billing(s.core.context);
  billing::NewPrice price{.from_day = CO_REFUSE_TRY(billing::read_day(call.text("from"), "from")),
                          .tiers = CO_REFUSE_TRY(core::read_tiers(*call.body.find("tiers")))};
  co_return Answer{.body = billing::price_json(
                       CO_REFUSE_TRY(co_await billing.add_price(call.actor, std::move(price))))};
}

net::Task<Reply> payment_webhook(const Services& s, Call& call) {
  billing::Webhook webhook(s.core.context);
  billing::PaymentCall told{
      .signature = std::string(call.request.header("Posthouse-Signature").value_or("")),
      .body = call.request.body,
      .from = call.request.peer.address.text(),
      .event = {.event_id = call.text("event_id"),
                .app_id = call.number("account").value_or(0),
                .payment = {.amount = call.number("amount").value_or(0),
                            .reference = call.text("reference"),
                            .note = "webhook"}}};
  CO_REFUSE_TRY(co_await webhook.take(std::move(told)));
  co_return Answer{};
}

}  // namespace

std::span<const Route> price_routes() {
  static const Route routes[] = {
      {.method = "PUT",
       .path = "/api/v1/accounts/{account}/plan",
       .operation = "account_plan",
       .summary = "In house, or a customer who pays; credit and post-paid with it",
       .action = Action::operate,
       .request = &schemas::kPlanChange,
       .response = &schemas::kBilling,
       .reasons = {Reason::not_found},
       .run = account_plan},
      {.method = "POST",
       .path = "/api/v1/accounts/{account}/grants",
       .operation = "account_grant",
       .summary = "Gives an account a package",
       .action = Action::operate,
       .request = &schemas::kNewGrant,
       .response = &schemas::kPackage,
       .reasons = {Reason::not_found, Reason::conflict},
       .status = 201,
       .run = account_grant},
      {.method = "POST",
       .path = "/api/v1/accounts/{account}/payments",
       .operation = "account_pay",
       .summary = "Records a payment; its reference counts once",
       .action = Action::operate,
       .request = &schemas::kNewPayment,
       .response = &schemas::kLedgerEntry,
       .reasons = {Reason::not_found, Reason::conflict},
       .run = account_pay},
      {.method = "GET",
       .path = "/api/v1/offers",
       .operation = "offer_list",
       .summary = "All packages that are or were on sale",
       .action = Action::operate,
       .takes = Takes::page,
       .response = &schemas::kOffer,
       .run = offer_list},
      {.method = "POST",
       .path = "/api/v1/offers",
       .operation = "offer_create",
       .summary = "A package on sale",
       .action = Action::operate,
       .request = &schemas::kNewOffer,
       .response = &schemas::kOffer,
       .reasons = {Reason::conflict},
       .status = 201,
       .run = offer_create},
      {.method = "PATCH",
       .path = "/api/v1/offers/{offer}",
       .operation = "offer_change",
       .summary = "Puts it on sale or takes it off; packages that were bought stay",
       .action = Action::operate,
       .request = &schemas::kOfferChange,
       .response = &schemas::kOffer,
       .reasons = {Reason::not_found},
       .run = offer_change},
      {.method = "GET",
       .path = "/api/v1/prices",
       .operation = "price_list",
       .summary = "Versions of the price of a post-paid mail, oldest first",
       .action = Action::operate,
       .takes = Takes::page,
       .response = &schemas::kPrice,
       .run = price_list},
      {.method = "POST",
       .path = "/api/v1/prices",
       .operation = "price_create",
       .summary = "A price from a day on that has not begun anywhere",
       .action = Action::operate,
       .request = &schemas::kNewPrice,
       .response = &schemas::kPrice,
       .reasons = {Reason::conflict},
       .status = 201,
       .run = price_create},
  };
  return routes;
}

std::span<const Route> webhook_routes() {
  static const Route routes[] = {
      {.method = "POST",
       .path = "/api/v1/payments/webhook",
       .operation = "payment_webhook",
       .summary = "A payment, told by the provider under Posthouse-Signature; once by event_id",
       .guard = Guard::open,
       .request = &schemas::kPaymentEvent,
       .reasons = {Reason::unauthenticated, Reason::not_found, Reason::conflict},
       .status = 204,
       .run = payment_webhook,
       .body_most = limits::kWebhookBytes},
  };
  return routes;
}

}  // namespace ph::rest
