// Purpose: people who sign in, and their sessions: rows and queries.
// Shapes: email is stored lower-cased and unique over the installation; account 0 is the
//   operator's. token_hash is 32 octets (SHA-256).
// Errors: conflict (the email is taken), not_found.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/page.h"

namespace ph::store {

enum class Role : uint8_t { operator_, owner, administrator, developer, viewer };
const char* role_name(Role role);
Result<Role> parse_role(std::string_view name);

struct UserRow {
  UserId id;
  AccountId account_id;
  std::string email;
  Role role = Role::viewer;
  std::string password_hash;
  bool disabled = false;
  WallTime created_at;
};

struct SessionRow {
  std::string token_hash;
  UserId user_id;
  WallTime created_at;
  WallTime expires_at;
};

Result<UserId> insert_user(sql::Connection& connection, const UserRow& row);
Result<UserRow> user(sql::Connection& connection, AccountId account, UserId id);
Result<std::vector<UserRow>> users(sql::Connection& connection, AccountId account, Page page);
Result<int64_t> user_count(sql::Connection& connection, AccountId account);
Result<> set_user_role(sql::Connection& connection, AccountId account, UserId id, Role role);
// Both also end the user's sessions.
Result<> set_user_password(sql::Connection& connection, AccountId account, UserId id,
                           std::string_view password_hash);
Result<> disable_user(sql::Connection& connection, AccountId account, UserId id);
Result<> enable_user(sql::Connection& connection, AccountId account, UserId id);

// Before the account is known.
// Whether there is one in any account, disabled ones too.
Result<bool> any_user_for_sign_in(sql::Connection& connection);
Result<UserRow> user_by_email_for_sign_in(sql::Connection& connection, std::string_view email);
Result<> insert_session_for_sign_in(sql::Connection& connection, const SessionRow& row);
struct SessionUser {
  SessionRow session;
  UserRow user;
};
// Only one that has not expired, of a user who is not disabled.
Result<SessionUser> session_for_sign_in(sql::Connection& connection, std::string_view token_hash,
                                        WallTime now);
// It ends then, where it would not end before.
Result<> shorten_session_for_sign_in(sql::Connection& connection, std::string_view token_hash,
                                     WallTime expires_at);
// With those of the same user that end until then anyway: what it replaced.
Result<> delete_session_for_sign_in(sql::Connection& connection, std::string_view token_hash,
                                    WallTime replaced_until);
// At most so many; gives how many.
Result<int64_t> purge_sessions_for_operator(sql::Connection& connection, WallTime now,
                                            int64_t most);

}  // namespace ph::store
