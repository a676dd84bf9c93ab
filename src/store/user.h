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
  std::string policy;          // JSON (core/policy.h); empty: none
  bool second_factor = false;  // confirmed (second_factor.h)
  WallTime last_seen_at;
};

struct SessionRow {
  std::string token_hash;
  UserId user_id;
  WallTime created_at;    // of this token; a renewal has a later one
  WallTime expires_at;
  WallTime signed_in_at;
  WallTime seen_at;
  std::string from;       // the client's address
  std::string agent;      // what it says it is
  AccountId as_account;   // of an operator who acts for an account; 0: he does not
  std::string as_reason;
  WallTime as_until;
};

Result<UserId> insert_user(sql::Connection& connection, const UserRow& row);
Result<UserRow> user(sql::Connection& connection, AccountId account, UserId id);
Result<std::vector<UserRow>> users(sql::Connection& connection, AccountId account, Page page);
Result<int64_t> user_count(sql::Connection& connection, AccountId account);
Result<> set_user_role(sql::Connection& connection, AccountId account, UserId id, Role role);
Result<> set_user_policy(sql::Connection& connection, AccountId account, UserId id,
                         std::string_view policy);
// Both also end the user's sessions.
Result<> set_user_password(sql::Connection& connection, AccountId account, UserId id,
                           std::string_view password_hash);
Result<> disable_user(sql::Connection& connection, AccountId account, UserId id);
Result<> enable_user(sql::Connection& connection, AccountId account, UserId id);

// Before the account is known.
// Whether there is one in any account, disabled ones too.
Result<bool> any_user_for_sign_in(sql::Connection& connection);
// Of any account; empty where there is no such user.
Result<std::string> user_email_for_operator(sql::Connection& connection, UserId id);
Result<UserRow> user_by_email_for_sign_in(sql::Connection& connection, std::string_view email);
Result<> insert_session_for_sign_in(sql::Connection& connection, const SessionRow& row);
struct SessionUser {
  SessionRow session;
  UserRow user;
};
// Only one that has not expired, of a user who is not disabled.
Result<SessionUser> session_for_sign_in(sql::Connection& connection, std::string_view token_hash,
                                        WallTime now);
// With the user's own last_seen_at.
Result<> touch_session_for_sign_in(sql::Connection& connection, const SessionRow& row,
                                   WallTime now);
// Live ones, the newest first, at most so many.
Result<std::vector<SessionRow>> sessions_of_user(sql::Connection& connection, UserId user,
                                                 WallTime now, int64_t most);
// Gives how many.
Result<int64_t> end_sessions_of_user(sql::Connection& connection, UserId user);
// Ends the oldest until so many are left.
Result<> keep_newest_sessions(sql::Connection& connection, UserId user, int64_t most);
Result<> end_session_of_user(sql::Connection& connection, UserId user,
                             std::string_view token_hash);
// The operator acts for this account from now on; 0: for himself.
Result<> set_session_as_for_sign_in(sql::Connection& connection, const SessionRow& row);
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
