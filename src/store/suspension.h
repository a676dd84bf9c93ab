// Purpose: why an account that the operator suspended is, and what it was before: rows and queries.
// Shapes: there is a row while the account is suspended.
// Errors: not_found.
// Threads: any with a connection.
#pragma once

#include <optional>
#include <string>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/account.h"

namespace ph::store {

struct SuspensionRow {
  AccountId account_id;
  std::string reason;
  WallTime at;
  AccountState before = AccountState::active;
};

// In the place of an earlier one.
Result<> put_suspension(sql::Connection& connection, const SuspensionRow& row);
Result<std::optional<SuspensionRow>> suspension(sql::Connection& connection, AccountId account);
Result<> delete_suspension(sql::Connection& connection, AccountId account);

}  // namespace ph::store
