#include "store/package.h"

#include "base/limits.h"
#include "store/rows.h"

namespace ph::store {
namespace {

constexpr std::array kOrigins = {"bought", "granted"};

Result<OfferRow> read_offer(sql::Row row) {
  return OfferRow{.id = row.id<OfferId>(0),
                  .name = row.text(1),
                  .mails = row.integer(2),
                  .price = row.integer(3),
                  .days = row.integer(4),
                  .on_sale = row.flag(5),
                  .created_at = row.time(6)};
}

#define OFFER "id, name, mails, price, days, on_sale, created_at"
#define COLUMNS \
  "id, account_id, offer_id, name, mails, used, price, origin, created_at, expires_at, told"

Result<PackageRow> read(sql::Row row) {
  PackageRow out;
  out.id = row.id<PackageId>(0);
  out.account_id = row.id<AccountId>(1);
  out.offer_id = row.id<OfferId>(2);
  out.name = row.text(3);
  out.mails = row.integer(4);
  out.used = row.integer(5);
  out.price = row.integer(6);
  out.origin = TRY(stored(parse_enum<PackageOrigin>(kOrigins, row.text(7), "origin")));
  out.created_at = row.time(8);
  out.expires_at = row.time(9);
  out.told = row.flag(10);
  return out;
}

}  // namespace

const char* package_origin_name(PackageOrigin origin) {
  return kOrigins[static_cast<size_t>(origin)];
}

Result<OfferId> insert_offer(sql::Connection& connection, const OfferRow& row) {
  sql::Rows made = TRY(connection.query(
      "INSERT INTO offer (name, mails, price, days, on_sale, created_at)"
      " VALUES ($1, $2, $3, $4, $5, $6) RETURNING id",
      {row.name, row.mails, row.price, row.days, row.on_sale, row.created_at}));
  return made[0].id<OfferId>(0);
}

Result<OfferRow> offer(sql::Connection& connection, OfferId id) {
  return read_one(TRY(connection.query("SELECT " OFFER " FROM offer WHERE id = $1", {id})),
                  read_offer, "offer");
}

Result<> set_offer_on_sale(sql::Connection& connection, OfferId id, bool on_sale) {
  return must_change(
      connection.exec("UPDATE offer SET on_sale = $2 WHERE id = $1", {id, on_sale}), "offer");
}

Result<std::vector<OfferRow>> offers(sql::Connection& connection, Page page, OffersShown which) {
  return read_all(
      TRY(connection.query("SELECT " OFFER " FROM offer WHERE id > $1 AND on_sale >= $3"
                           " ORDER BY id LIMIT $2",
                           {page.after, page.rows(), which == OffersShown::on_sale})),
      read_offer);
}

Result<int64_t> count_offers(sql::Connection& connection) {
  return TRY(connection.query("SELECT count(*) FROM offer"))[0].integer(0);
}

Result<PackageId> insert_package(sql::Connection& connection, const PackageRow& row) {
  sql::Rows made = TRY(connection.query(
      "INSERT INTO package (account_id, offer_id, name, mails, used, price, origin, created_at,"
      " expires_at, told) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING id",
      {row.account_id, row.offer_id, row.name, row.mails, row.used, row.price,
       package_origin_name(row.origin), row.created_at, row.expires_at, row.told}));
  return made[0].id<PackageId>(0);
}

Result<PackageRow> package(sql::Connection& connection, AccountId account, PackageId id) {
  return read_one(
      TRY(connection.query("SELECT " COLUMNS " FROM package WHERE id = $1 AND account_id = $2",
                           {id, account})),
      read, "package");
}

Result<std::vector<PackageRow>> packages(sql::Connection& connection, AccountId account,
                                         Page page) {
  return read_all(TRY(connection.query("SELECT " COLUMNS " FROM package WHERE account_id = $1"
                                       " AND id < $2 ORDER BY id DESC LIMIT $3",
                                       {account, page.before(), page.rows()})),
                  read);
}

Result<std::vector<PackageRow>> open_packages(sql::Connection& connection, AccountId account,
                                              WallTime now) {
  return read_all(
      TRY(connection.query("SELECT " COLUMNS " FROM package WHERE account_id = $1"
                           " AND used < mails AND expires_at > $2"
                           " ORDER BY expires_at, id LIMIT $3",
                           {account, now, limits::kPackagesOfAccount})),
      read);
}

Result<std::vector<PackageRow>> packages_to_tell_for_operator(sql::Connection& connection,
                                                              WallTime now, int64_t most) {
  return read_all(TRY(connection.query("SELECT " COLUMNS " FROM package WHERE told = 0"
                                       " AND (used >= mails OR expires_at <= $1)"
                                       " ORDER BY id LIMIT $2",
                                       {now, most})),
                  read);
}

Result<> mark_package_told(sql::Connection& connection, const PackageRow& row) {
  return must_change(
      connection.exec("UPDATE package SET told = 1 WHERE id = $1 AND account_id = $2",
                      {row.id, row.account_id}),
      "package");
}

}  // namespace ph::store
