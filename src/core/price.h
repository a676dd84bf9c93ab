// Purpose: what post-paid mails of a day cost.
// Shapes: tiers begin with from 0 and rise; the mails of a day from one tier's `from` on, up to the
//   next one's, cost its price each. A price is a whole number of millionths a mail, so a day's
//   line is exact and nothing is rounded. Sums stop at kMoneyMost.
// Errors: invalid_field, naming the tier.
// Threads: pure.
#pragma once

#include <string>
#include <vector>

#include "core/reason.h"
#include "json/json.h"
#include "store/price.h"

namespace ph::core {

struct Tier {
  int64_t from = 0;   // mails of the day before it
  int64_t price = 0;  // millionths of the currency, a mail
};
using Tiers = std::vector<Tier>;

// Of strangers: {"from","price"} each; errors name "tiers[2].from".
Outcome<Tiers> read_tiers(const json::Value& tiers);
json::Value tiers_json(const Tiers& tiers);
// Of the day's version as it is stored; free of charge where there is none.
Tiers tiers_of_day(const std::vector<store::PriceRow>& prices, int64_t day);

struct PriceLine {
  int64_t mails = 0;
  int64_t price = 0;
  int64_t amount = 0;
};
// The lines of a day with so many mails, tiers without mails left out.
std::vector<PriceLine> price_lines(const Tiers& tiers, int64_t mails);
int64_t price_of(const Tiers& tiers, int64_t mails);
// How many more mails `money` pays after `already` of the day.
int64_t mails_for(const Tiers& tiers, int64_t already, int64_t money);

}  // namespace ph::core
