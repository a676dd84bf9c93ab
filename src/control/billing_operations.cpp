// The operator's billing and levels: plans, grants, payments, offers, prices, and what accounts
// have used.
#include "base/text.h"
#include "billing/billing_json.h"
#include "billing/day.h"
#include "control/operation_table.h"

namespace ph::control {
namespace {

using billing::Billing;
using billing::Reputation;
using core::Outcome;
using core::Reason;
using core::refuse;
using json::Value;

template <class Row, class View>
Value list_json(const std::vector<Row>& rows, View view) {
  Value items = Value::array();
  for (const Row& row : rows) items.push(view(row));
  return Value::object({{"items", items}});
}

Outcome<bool> on_or_off(const std::string& text, const char* field) {
  if (text == "on" || text == "off") return text == "on";
  return refuse(Reason::invalid_field, "on or off.", field);
}

net::Task<Answer> account_plan(const Services& s, const Arguments& a) {
  AccountId id = CO_REFUSE_TRY(co_await a.account());
  auto plan = store::parse_plan(CO_REFUSE_TRY(a.text("plan")));
  if (!plan) co_return refuse(Reason::invalid_field, "A plan is in_house or customer.", "plan");
  billing::PlanChange change{.plan = *plan};
  if (a.value("credit_limit") != nullptr)
    change.credit_limit = CO_REFUSE_TRY(a.number_or("credit_limit", 0));
  if (a.value("post_paid") != nullptr)
    change.post_paid =
        CO_REFUSE_TRY(on_or_off(CO_REFUSE_TRY(a.text("post_paid")), "post_paid"));
  Billing billing(s.context);
  co_return billing::billing_json(
      CO_REFUSE_TRY(co_await billing.set_plan(control_actor(), id, change)));
}

net::Task<Answer> account_grant(const Services& s, const Arguments& a) {
  AccountId id = CO_REFUSE_TRY(co_await a.account());
  billing::Grant grant{.name = CO_REFUSE_TRY(a.text_or("name", "grant")),
                       .mails = CO_REFUSE_TRY(a.number_or("mails", 0)),
                       .days = CO_REFUSE_TRY(a.number_or("days", 365))};
  Billing billing(s.context);
  auto row = CO_REFUSE_TRY(co_await billing.grant(control_actor(), id, std::move(grant)));
  co_return billing::package_json(row, s.context.clock.wall());
}

net::Task<Answer> account_pay(const Services& s, const Arguments& a) {
  AccountId id = CO_REFUSE_TRY(co_await a.account());
  billing::Payment payment{.amount = CO_REFUSE_TRY(a.number_or("amount", 0)),
                           .reference = CO_REFUSE_TRY(a.text("reference")),
                           .note = CO_REFUSE_TRY(a.text_or("note"))};
  Billing billing(s.context);
  co_return billing::ledger_json(
      CO_REFUSE_TRY(co_await billing.pay(control_actor(), id, std::move(payment))));
}

net::Task<Answer> offer_add(const Services& s, const Arguments& a) {
  billing::NewOffer offer{.name = CO_REFUSE_TRY(a.text("name")),
                          .mails = CO_REFUSE_TRY(a.number_or("mails", 0)),
                          .price = CO_REFUSE_TRY(a.number_or("price", 0)),
                          .days = CO_REFUSE_TRY(a.number_or("days", 365))};
  Billing billing(s.context);
  co_return billing::offer_json(
      CO_REFUSE_TRY(co_await billing.add_offer(control_actor(), std::move(offer))));
}

net::Task<Answer> offer_list(const Services& s, const Arguments& a) {
  store::Page page{.after = CO_REFUSE_TRY(a.number_or("after", 0)), .limit = limits::kPageMost};
  Billing billing(s.context);
  co_return list_json(CO_REFUSE_TRY(co_await billing.offers(control_actor(), page,
                                                            billing::OffersShown::all)),
                      billing::offer_json);
}

net::Task<Answer> offer_sale(const Services& s, const Arguments& a) {
  OfferId id(CO_REFUSE_TRY(a.number_or("id", 0)));
  bool on = CO_REFUSE_TRY(on_or_off(CO_REFUSE_TRY(a.text("sale")), "sale"));
  Billing billing(s.context);
  co_return billing::offer_json(
      CO_REFUSE_TRY(co_await billing.set_on_sale(control_actor(), id, on)));
}

// FROM:PRICE, FROM:PRICE…
Outcome<core::Tiers> tiers_of(const std::vector<std::string>& texts) {
  Value tiers = Value::array();
  for (const std::string& text : texts) {
    size_t colon = text.find(':');
    auto from = parse_number<int64_t>(text.substr(0, colon));
    auto price = colon == std::string::npos ? std::nullopt
                                            : parse_number<int64_t>(text.substr(colon + 1));
    if (!from || !price) return refuse(Reason::invalid_field, "A tier is FROM:PRICE.", "tiers");
    tiers.push(Value::object({{"from", *from}, {"price", *price}}));
  }
  return core::read_tiers(tiers);
}

net::Task<Answer> price_add(const Services& s, const Arguments& a) {
  billing::NewPrice price{
      .from_day = CO_REFUSE_TRY(billing::read_day(CO_REFUSE_TRY(a.text("from")), "from")),
      .tiers = CO_REFUSE_TRY(tiers_of(CO_REFUSE_TRY(a.texts("tiers"))))};
  Billing billing(s.context);
  co_return billing::price_json(
      CO_REFUSE_TRY(co_await billing.add_price(control_actor(), std::move(price))));
}

net::Task<Answer> price_list(const Services& s, const Arguments&) {
  Billing billing(s.context);
  co_return list_json(CO_REFUSE_TRY(co_await billing.prices(control_actor())),
                      billing::price_json);
}

net::Task<Answer> billing_show(const Services& s, const Arguments& a) {
  AccountId id = CO_REFUSE_TRY(co_await a.account());
  Billing billing(s.context);
  co_return billing::billing_json(CO_REFUSE_TRY(co_await billing.view(control_actor(), id)));
}

net::Task<Answer> billing_usage(const Services& s, const Arguments& a) {
  AccountId id = CO_REFUSE_TRY(co_await a.account());
  std::optional<billing::Days> days;
  if (a.value("from") != nullptr || a.value("to") != nullptr)
    days = billing::Days{
        .first = CO_REFUSE_TRY(billing::read_day(CO_REFUSE_TRY(a.text("from")), "from")),
        .last = CO_REFUSE_TRY(billing::read_day(CO_REFUSE_TRY(a.text("to")), "to"))};
  Billing billing(s.context);
  co_return list_json(CO_REFUSE_TRY(co_await billing.usage(control_actor(), id, days)),
                      billing::usage_json);
}

net::Task<Answer> billing_bills(const Services& s, const Arguments& a) {
  AccountId id = CO_REFUSE_TRY(co_await a.account());
  Billing billing(s.context);
  co_return list_json(CO_REFUSE_TRY(co_await billing.bills(control_actor(), id,
                                                           {.limit = limits::kPageMost})),
                      billing::bill_view_json);
}

net::Task<Answer> billing_ledger(const Services& s, const Arguments& a) {
  AccountId id = CO_REFUSE_TRY(co_await a.account());
  Billing billing(s.context);
  co_return list_json(CO_REFUSE_TRY(co_await billing.ledger(control_actor(), id,
                                                            {.limit = limits::kPageMost})),
                      billing::ledger_json);
}

net::Task<Answer> quota_show(const Services& s, const Arguments& a) {
  AccountId id = CO_REFUSE_TRY(co_await a.account());
  Reputation reputation(s.context);
  co_return billing::quota_json(CO_REFUSE_TRY(co_await reputation.view(control_actor(), id)));
}

net::Task<Answer> quota_level(const Services& s, const Arguments& a) {
  std::string domain = CO_REFUSE_TRY(a.text("domain"));
  AccountId id = CO_REFUSE_TRY(co_await a.account_of_domain(domain));
  int64_t level = CO_REFUSE_TRY(a.number_or("level", -1));
  Reputation reputation(s.context);
  co_return billing::quota_json(
      CO_REFUSE_TRY(co_await reputation.set_level(control_actor(), id, domain, level)));
}

net::Task<Answer> quota_unblock(const Services& s, const Arguments& a) {
  std::string domain = CO_REFUSE_TRY(a.text("domain"));
  AccountId id = CO_REFUSE_TRY(co_await a.account_of_domain(domain));
  Reputation reputation(s.context);
  co_return billing::quota_json(
      CO_REFUSE_TRY(co_await reputation.unblock(control_actor(), id, domain)));
}

}  // namespace

std::span<const Operation> billing_operations() {
  static const Operation operations[] = {
      {"account.plan", {"account", "plan", "credit_limit", "post_paid"}, account_plan},
      {"account.grant", {"account", "name", "mails", "days"}, account_grant},
      {"account.pay", {"account", "amount", "reference", "note"}, account_pay},
      {"offer.add", {"name", "mails", "price", "days"}, offer_add},
      {"offer.list", {"after"}, offer_list},
      {"offer.sale", {"id", "sale"}, offer_sale},
      {"price.add", {"from", "tiers"}, price_add},
      {"price.list", {}, price_list},
      {"billing.show", {"account"}, billing_show},
      {"billing.usage", {"account", "from", "to"}, billing_usage},
      {"billing.bills", {"account"}, billing_bills},
      {"billing.ledger", {"account"}, billing_ledger},
      {"quota.show", {"account"}, quota_show},
      {"quota.level", {"account", "domain", "level"}, quota_level},
      {"quota.unblock", {"account", "domain"}, quota_unblock},
  };
  return operations;
}

}  // namespace ph::control
