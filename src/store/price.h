// Purpose: versions of the price of a post-paid mail, each from a billing day on.
// Shapes: tiers are JSON, [{"from":0,"price":1900}], judged by core/price.h.
// Errors: conflict (a version of that day).
// Threads: any with a connection.
#pragma once

#include <string>
#include <vector>

#include "sql/connection.h"

namespace ph::store {

struct PriceRow {
  int64_t from_day = 0;
  std::string tiers;
  WallTime created_at;
};

Result<> insert_price(sql::Connection& connection, const PriceRow& row);
// Oldest first.
Result<std::vector<PriceRow>> prices(sql::Connection& connection);

}  // namespace ph::store
