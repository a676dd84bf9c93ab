#include "store/person.h"

#include <fmt/format.h>

#include "store/rows.h"

namespace ph::store {

Result<std::optional<UserRow>> person_for_sign_in(sql::Connection& connection, UserId id) {
  if (!id) return std::nullopt;
  auto rows = TRY(connection.query("SELECT account_id FROM app_user WHERE id = $1", {id}));
  if (rows.empty()) return std::nullopt;
  return TRY(user(connection, rows[0].id<AccountId>(0), id));
}

Result<> free_user_email(sql::Connection& connection, AccountId account, UserId id) {
  // Nobody ever has an address there.
  return must_change(
      connection.exec("UPDATE app_user SET email = $3 WHERE account_id = $1 AND id = $2",
                      {account, id, fmt::format("left-{}@removed.invalid", id.value)}),
      "user");
}

}  // namespace ph::store
