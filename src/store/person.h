// Purpose: people by their number alone, of whatever account: who made a key, who invited.
// Shapes: nothing where there is no such user. A user who left keeps his row, without his address.
// Errors: not_found where the row that is changed is not there.
// Threads: any with a connection.
#pragma once

#include <optional>

#include "store/user.h"

namespace ph::store {

Result<std::optional<UserRow>> person_for_sign_in(sql::Connection& connection, UserId id);
// His address is anybody's again.
Result<> free_user_email(sql::Connection& connection, AccountId account, UserId id);

}  // namespace ph::store
