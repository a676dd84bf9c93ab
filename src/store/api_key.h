// Purpose: API keys: row and queries.
// Shapes: bearer: token_hash (SHA-256, 32 octets) is set, public_id a short name for lists.
//   tencent: public_id is the SecretId, secret_sealed the sealed SecretKey, token_hash empty.
//   domain_name '' = every domain of the account. revoked_at and last_used_at 0 = never.
// Errors: conflict (public_id or token taken), not_found.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/page.h"

namespace ph::store {

enum class KeyKind : uint8_t { bearer, tencent };
const char* key_kind_name(KeyKind kind);
Result<KeyKind> parse_key_kind(std::string_view name);

enum class KeyScope : uint8_t { full, send, read };
const char* key_scope_name(KeyScope scope);
Result<KeyScope> parse_key_scope(std::string_view name);

struct ApiKeyRow {
  KeyId id;
  AccountId account_id;
  KeyKind kind = KeyKind::bearer;
  std::string public_id;
  std::string token_hash;
  std::string secret_sealed;
  KeyScope scope = KeyScope::full;
  std::string domain_name;
  std::string name;
  WallTime created_at;
  WallTime revoked_at;
  WallTime last_used_at;
  UserId user_id;  // who made it; 0: the operator, or it is older than the column
};

Result<KeyId> insert_api_key(sql::Connection& connection, const ApiKeyRow& row);
Result<ApiKeyRow> api_key(sql::Connection& connection, AccountId account, KeyId id);
Result<std::vector<ApiKeyRow>> api_keys(sql::Connection& connection, AccountId account, Page page);
Result<std::vector<ApiKeyRow>> api_keys_of_user(sql::Connection& connection, AccountId account,
                                                UserId user, Page page);
Result<int64_t> live_api_key_count(sql::Connection& connection, AccountId account);
Result<int64_t> live_secret_pair_count(sql::Connection& connection, AccountId account, UserId user);
// not_found for one that is revoked already.
Result<> revoke_api_key(sql::Connection& connection, AccountId account, KeyId id, WallTime now);
Result<> touch_api_key(sql::Connection& connection, AccountId account, KeyId id, WallTime now);
// The sealing names table and row: sealed after the id is known.
Result<> set_api_key_secret(sql::Connection& connection, AccountId account, KeyId id,
                            std::string_view secret_sealed);

// Before the account is known. Revoked keys are found too: the caller says why it refuses.
Result<ApiKeyRow> api_key_by_token_for_sign_in(sql::Connection& connection,
                                               std::string_view token_hash);
Result<ApiKeyRow> api_key_by_public_id_for_sign_in(sql::Connection& connection,
                                                   std::string_view public_id);

}  // namespace ph::store
