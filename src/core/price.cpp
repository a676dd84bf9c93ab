#include "core/price.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/limits.h"

namespace ph::core {
namespace {

using Wide = __int128;

constexpr size_t kStoredTiers = 4096;  // octets

int64_t capped(Wide amount) {
  return amount > limits::kMoneyMost ? limits::kMoneyMost : static_cast<int64_t>(amount);
}

int64_t end_of(const Tiers& tiers, size_t i) {
  return i + 1 < tiers.size() ? tiers[i + 1].from : limits::kMailsMost;
}

}  // namespace

Outcome<Tiers> read_tiers(const json::Value& tiers) {
  json::Reader at(tiers, "tiers");
  auto items = REFUSE_TRY(at.items(limits::kPriceTiers));
  if (items.empty()) return refuse(Reason::missing_field, "A price has a tier.", "tiers");
  Tiers out;
  for (const json::Reader& item : items) {
    REFUSE_TRY(item.only({"from", "price"}));
    Tier tier{.from = REFUSE_TRY(REFUSE_TRY(item.at("from")).integer(0, limits::kMailsMost)),
              .price = REFUSE_TRY(REFUSE_TRY(item.at("price")).integer(0, limits::kPriceMost))};
    bool first = out.empty();
    if (first ? tier.from != 0 : tier.from <= out.back().from)
      return refuse(Reason::invalid_field,
                    "The first tier begins at 0, and each other one after the one before it.",
                    fmt::format("tiers[{}].from", out.size()));
    out.push_back(tier);
  }
  return out;
}

json::Value tiers_json(const Tiers& tiers) {
  json::Value out = json::Value::array();
  for (const Tier& tier : tiers)
    out.push(json::Value::object({{"from", tier.from}, {"price", tier.price}}));
  return out;
}

namespace {

// A version never changes, and each post-paid mail asks for it: read once a thread.
const Tiers& stored_tiers(const std::string& text) {
  thread_local std::map<std::string, Tiers> known;
  if (auto found = known.find(text); found != known.end()) return found->second;
  if (known.size() >= static_cast<size_t>(limits::kPriceVersions)) known.clear();
  Tiers tiers = {{0, 0}};
  if (auto stored = json::parse(text, kStoredTiers))
    tiers = read_tiers(*stored).value_or(Tiers{{0, 0}});
  return known.emplace(text, std::move(tiers)).first->second;
}

}  // namespace

Tiers tiers_of_day(const std::vector<store::PriceRow>& prices, int64_t day) {
  const store::PriceRow* found = nullptr;
  for (const store::PriceRow& row : prices)
    if (row.from_day <= day) found = &row;
  if (found == nullptr) return {{0, 0}};
  return stored_tiers(found->tiers);
}

std::vector<PriceLine> price_lines(const Tiers& tiers, int64_t mails) {
  std::vector<PriceLine> out;
  for (size_t i = 0; i < tiers.size(); ++i) {
    int64_t here = std::min(mails, end_of(tiers, i)) - tiers[i].from;
    if (here <= 0) break;
    out.push_back({here, tiers[i].price, capped(Wide(here) * tiers[i].price)});
  }
  return out;
}

int64_t price_of(const Tiers& tiers, int64_t mails) {
  Wide sum = 0;
  for (const PriceLine& line : price_lines(tiers, mails)) sum += line.amount;
  return capped(sum);
}

int64_t mails_for(const Tiers& tiers, int64_t already, int64_t money) {
  int64_t out = 0;
  for (size_t i = 0; i < tiers.size() && money >= 0; ++i) {
    int64_t room = end_of(tiers, i) - std::max(already, tiers[i].from);
    if (room <= 0) continue;
    int64_t price = tiers[i].price;
    int64_t paid = price == 0 ? room : std::min(room, money / price);
    out += paid;
    if (paid < room) break;
    money -= paid * price;
  }
  return out;
}

}  // namespace ph::core
