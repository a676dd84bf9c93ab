// Purpose: sender addresses: row and queries.
// Shapes: email is local@name with the domain lower-case, unique in an account; smtp_hash is the
//   Argon2id text of its SMTP password, '' = none; version counts every change of the row.
// Errors: conflict (exists), not_found.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/page.h"

namespace ph::store {

struct AddressRow {
  AddressId id;
  AccountId account_id;
  DomainId domain_id;
  std::string local;
  std::string email;
  std::string display_name;
  std::string smtp_hash;
  int64_t version = 1;
  WallTime created_at;
};

Result<AddressId> insert_address(sql::Connection& connection, const AddressRow& row);
Result<AddressRow> address(sql::Connection& connection, AccountId account, AddressId id);
Result<AddressRow> address_by_email(sql::Connection& connection, AccountId account,
                                    std::string_view email);
Result<std::vector<AddressRow>> addresses(sql::Connection& connection, AccountId account,
                                          Page page);
Result<std::vector<AddressRow>> addresses_of_domain(sql::Connection& connection,
                                                    AccountId account, DomainId domain,
                                                    Page page);
Result<int64_t> address_count(sql::Connection& connection, AccountId account, DomainId domain);
Result<> set_address_name(sql::Connection& connection, AccountId account, AddressId id,
                          std::string_view display_name);
Result<> set_address_smtp_hash(sql::Connection& connection, AccountId account, AddressId id,
                               std::string_view smtp_hash);
Result<> delete_address(sql::Connection& connection, AccountId account, AddressId id);

// Before the account is known: the one whose domain is in an owning state; not_found otherwise.
Result<AddressRow> address_for_sign_in(sql::Connection& connection, std::string_view email);

}  // namespace ph::store
