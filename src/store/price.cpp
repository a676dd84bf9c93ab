#include "store/price.h"

#include "base/limits.h"
#include "store/rows.h"

namespace ph::store {

Result<> insert_price(sql::Connection& connection, const PriceRow& row) {
  TRY(say_conflict(
      connection.exec("INSERT INTO price (from_day, tiers, created_at) VALUES ($1, $2, $3)",
                      {row.from_day, row.tiers, row.created_at}),
      "there is a price from that day on", "from"));
  return {};
}

Result<std::vector<PriceRow>> prices(sql::Connection& connection) {
  auto read = [](sql::Row row) -> Result<PriceRow> {
    return PriceRow{
        .from_day = row.integer(0), .tiers = row.text(1), .created_at = row.time(2)};
  };
  return read_all(
      TRY(connection.query("SELECT from_day, tiers, created_at FROM price ORDER BY from_day"
                           " LIMIT $1",
                           {limits::kPriceVersions})),
      read);
}

}  // namespace ph::store
