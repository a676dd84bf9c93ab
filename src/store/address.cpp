#include "store/address.h"

#include "store/rows.h"

namespace ph::store {
namespace {

#define COLUMNS \
  "id, account_id, domain_id, local, email, display_name, smtp_hash, version, created_at"

Result<AddressRow> read(sql::Row row) {
  return AddressRow{.id = row.id<AddressId>(0),
                    .account_id = row.id<AccountId>(1),
                    .domain_id = row.id<DomainId>(2),
                    .local = row.text(3),
                    .email = row.text(4),
                    .display_name = row.text(5),
                    .smtp_hash = row.text(6),
                    .version = row.integer(7),
                    .created_at = row.time(8)};
}

}  // namespace

Result<AddressId> insert_address(sql::Connection& connection, const AddressRow& row) {
  auto made = say_conflict(
      connection.query("INSERT INTO address (account_id, domain_id, local, email, display_name,"
                       " smtp_hash, version, created_at) VALUES ($1, $2, $3, $4, $5, $6, 1, $7)"
                       " RETURNING id",
                       {row.account_id, row.domain_id, row.local, row.email, row.display_name,
                        row.smtp_hash, row.created_at}),
      "this address exists", "address");
  return TRY(std::move(made))[0].id<AddressId>(0);
}

Result<AddressRow> address(sql::Connection& connection, AccountId account, AddressId id) {
  return read_one(TRY(connection.query("SELECT " COLUMNS
                                       " FROM address WHERE account_id = $1 AND id = $2",
                                       {account, id})),
                  read, "address");
}

Result<AddressRow> address_by_email(sql::Connection& connection, AccountId account,
                                    std::string_view email) {
  return read_one(TRY(connection.query("SELECT " COLUMNS
                                       " FROM address WHERE account_id = $1 AND email = $2",
                                       {account, email})),
                  read, "address");
}

Result<std::vector<AddressRow>> addresses(sql::Connection& connection, AccountId account,
                                          Page page) {
  return read_all(TRY(connection.query("SELECT " COLUMNS " FROM address WHERE account_id = $1"
                                       " AND id > $2 ORDER BY id LIMIT $3",
                                       {account, page.after, page.rows()})),
                  read);
}

Result<std::vector<AddressRow>> addresses_of_domain(sql::Connection& connection,
                                                    AccountId account, DomainId domain,
                                                    Page page) {
  return read_all(
      TRY(connection.query("SELECT " COLUMNS " FROM address WHERE account_id = $1"
                           " AND domain_id = $2 AND id > $3 ORDER BY id LIMIT $4",
                           {account, domain, page.after, page.rows()})),
      read);
}

Result<int64_t> address_count(sql::Connection& connection, AccountId account, DomainId domain) {
  return TRY(connection.query(
      "SELECT count(*) FROM address WHERE account_id = $1 AND domain_id = $2",
      {account, domain}))[0]
      .integer(0);
}

Result<> set_address_name(sql::Connection& connection, AccountId account, AddressId id,
                          std::string_view display_name) {
  return must_change(
      connection.exec("UPDATE address SET display_name = $3, version = version + 1"
                      " WHERE account_id = $1 AND id = $2",
                      {account, id, display_name}),
      "address");
}

Result<> set_address_smtp_hash(sql::Connection& connection, AccountId account, AddressId id,
                               std::string_view smtp_hash) {
  return must_change(connection.exec("UPDATE address SET smtp_hash = $3, version = version + 1"
                                     " WHERE account_id = $1 AND id = $2",
                                     {account, id, smtp_hash}),
                     "address");
}

Result<> delete_address(sql::Connection& connection, AccountId account, AddressId id) {
  return must_change(
      connection.exec("DELETE FROM address WHERE account_id = $1 AND id = $2", {account, id}),
      "address");
}

Result<AddressRow> address_for_sign_in(sql::Connection& connection, std::string_view email) {
  return read_one(
      TRY(connection.query(
          "SELECT a.id, a.account_id, a.domain_id, a.local, a.email, a.display_name, a.smtp_hash,"
          " a.version, a.created_at FROM address a JOIN domain d ON d.id = a.domain_id"
          " WHERE a.email = $1 AND d.state IN ('verified', 'failing', 'suspended')",
          {email})),
      read, "address");
}

}  // namespace ph::store
