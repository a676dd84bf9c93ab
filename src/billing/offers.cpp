// What the operator sells: offers of packages, and versions of the price of a mail.
#include <fmt/format.h>

#include "base/limits.h"
#include "billing/changes.h"
#include "billing/day.h"
#include "billing/rights.h"
#include "core/audit.h"
#include "core/settings.h"
#include "core/transaction.h"
#include "store/event.h"

namespace ph::billing {
namespace {

using core::look;
using core::transact;

Outcome<store::OfferRow> offer_of(sql::Connection& sql, OfferId id) {
  auto row = store::offer(sql, id);
  if (!row && row.error().code == Errc::not_found)
    return refuse(Reason::not_found, "There is no such offer.", "offer");
  return REFUSE_TRY(std::move(row));
}

// No account's present or past day may change its price. The day begins up to a day before UTC's.
Outcome<> not_begun(store::Tx& tx, int64_t from_day) {
  if (from_day > store::day_of(tx.now()) + 1) return {};
  return refuse(Reason::invalid_field,
                "A price begins the day after tomorrow at the earliest: days that have begun keep "
                "theirs.",
                "from");
}

}  // namespace

net::Task<Outcome<std::vector<store::OfferRow>>> Billing::offers(Actor actor, store::Page page,
                                                                 OffersShown which) {
  if (which == OffersShown::all) CO_REFUSE_TRY(need_operator(actor));
  if (!allowed(actor, core::Action::view))
    co_return refuse(Reason::forbidden, "This key or role may not read that.");
  using Rows = std::vector<store::OfferRow>;
  auto job = [page, which](sql::Connection& sql) -> Outcome<Rows> {
    return REFUSE_TRY(store::offers(sql, page, which));
  };
  co_return co_await look<Rows>(context_, std::move(job));
}

net::Task<Outcome<store::OfferRow>> Billing::add_offer(Actor actor, NewOffer offer) {
  CO_REFUSE_TRY(need_operator(actor));
  CO_REFUSE_TRY(check_package(offer.name, offer.mails, offer.days));
  if (offer.price < 0 || offer.price > limits::kMoneyMost)
    co_return refuse(Reason::invalid_field, "A price is 0 or more millionths.", "price");
  auto job = [actor, offer](store::Tx& tx) -> Outcome<store::OfferRow> {
    if (REFUSE_TRY(store::count_offers(tx.sql())) >= static_cast<int64_t>(limits::kOffers))
      return refuse(Reason::conflict, "There are as many offers as there may be.");
    store::OfferRow row{.name = offer.name,
                        .mails = offer.mails,
                        .price = offer.price,
                        .days = offer.days,
                        .on_sale = true,
                        .created_at = tx.now()};
    row.id = REFUSE_TRY(store::insert_offer(tx.sql(), row));
    REFUSE_TRY(core::record_change(
        tx, actor,
        {.account = {},
         .action = "offer.create",
         .object = fmt::format("offer:{}", row.id.value),
         .after = fmt::format("{{\"mails\":{},\"price\":{},\"days\":{}}}", row.mails, row.price,
                              row.days)}));
    return row;
  };
  co_return co_await transact<store::OfferRow>(context_, std::move(job));
}

net::Task<Outcome<store::OfferRow>> Billing::set_on_sale(Actor actor, OfferId id, bool on_sale) {
  CO_REFUSE_TRY(need_operator(actor));
  auto job = [actor, id, on_sale](store::Tx& tx) -> Outcome<store::OfferRow> {
    auto row = REFUSE_TRY(offer_of(tx.sql(), id));
    auto words = [](bool on) { return fmt::format("{{\"on_sale\":{}}}", on); };
    REFUSE_TRY(store::set_offer_on_sale(tx.sql(), id, on_sale));
    REFUSE_TRY(core::record_change(tx, actor,
                                   {.account = {},
                                    .action = "offer.change",
                                    .object = fmt::format("offer:{}", id.value),
                                    .before = words(row.on_sale),
                                    .after = words(on_sale)}));
    row.on_sale = on_sale;
    return row;
  };
  co_return co_await transact<store::OfferRow>(context_, std::move(job));
}

net::Task<Outcome<std::vector<store::PriceRow>>> Billing::prices(Actor actor) {
  CO_REFUSE_TRY(need_operator(actor));
  using Rows = std::vector<store::PriceRow>;
  auto job = [](sql::Connection& sql) -> Outcome<Rows> { return REFUSE_TRY(store::prices(sql)); };
  co_return co_await look<Rows>(context_, std::move(job));
}

net::Task<Outcome<store::PriceRow>> Billing::add_price(Actor actor, NewPrice price) {
  CO_REFUSE_TRY(need_operator(actor));
  auto job = [actor, price](store::Tx& tx) -> Outcome<store::PriceRow> {
    REFUSE_TRY(not_begun(tx, price.from_day));
    if (REFUSE_TRY(store::prices(tx.sql())).size() >= limits::kPriceVersions)
      return refuse(Reason::conflict, "There are as many prices as there may be.");
    store::PriceRow row{.from_day = price.from_day,
                        .tiers = json::serialize(core::tiers_json(price.tiers)),
                        .created_at = tx.now()};
    auto made = store::insert_price(tx.sql(), row);
    if (!made && made.error().code == Errc::conflict)
      return refuse(Reason::conflict, "There is a price from that day on.", "from");
    REFUSE_TRY(std::move(made));
    REFUSE_TRY(core::record_change(
        tx, actor,
        {.account = {},
         .action = "price.create",
         .object = "price:" + day_text(row.from_day),
         .after = fmt::format("{{\"tiers\":{}}}", row.tiers)}));
    return row;
  };
  co_return co_await transact<store::PriceRow>(context_, std::move(job));
}

}  // namespace ph::billing
