// Purpose: packages of mails: what the operator offers, and what accounts have.
// Shapes: price in millionths, days until it expires. A package is used through usage.h alone.
// Errors: not_found.
// Threads: any with a connection.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/page.h"

namespace ph {
using PackageId = StrongId<struct PackageTag>;
using OfferId = StrongId<struct OfferTag>;
}  // namespace ph

namespace ph::store {

struct OfferRow {
  OfferId id;
  std::string name;
  int64_t mails = 0;
  int64_t price = 0;
  int64_t days = 0;
  bool on_sale = true;
  WallTime created_at;
};
Result<OfferId> insert_offer(sql::Connection& connection, const OfferRow& row);
Result<OfferRow> offer(sql::Connection& connection, OfferId id);
Result<> set_offer_on_sale(sql::Connection& connection, OfferId id, bool on_sale);
enum class OffersShown : uint8_t { all, on_sale };
Result<std::vector<OfferRow>> offers(sql::Connection& connection, Page page, OffersShown which);
Result<int64_t> count_offers(sql::Connection& connection);

enum class PackageOrigin : uint8_t { bought, granted };
const char* package_origin_name(PackageOrigin origin);

struct PackageRow {
  PackageId id;
  AccountId account_id;
  OfferId offer_id;  // 0: granted
  std::string name;
  int64_t mails = 0;
  int64_t used = 0;
  int64_t price = 0;
  PackageOrigin origin = PackageOrigin::granted;
  WallTime created_at;
  WallTime expires_at;
  bool told = false;  // that it is used up or has expired
  int64_t left() const { return mails - used; }
};
Result<PackageId> insert_package(sql::Connection& connection, const PackageRow& row);
Result<PackageRow> package(sql::Connection& connection, AccountId account, PackageId id);
// Newest first.
Result<std::vector<PackageRow>> packages(sql::Connection& connection, AccountId account,
                                         Page page);
// With mails left and not expired, in the order in which they are used: earliest expiry first.
Result<std::vector<PackageRow>> open_packages(sql::Connection& connection, AccountId account,
                                              WallTime now);
// Those that ended and whose account has not been told; they are marked.
Result<std::vector<PackageRow>> packages_to_tell_for_operator(sql::Connection& connection,
                                                              WallTime now, int64_t most);
Result<> mark_package_told(sql::Connection& connection, const PackageRow& row);

}  // namespace ph::store
