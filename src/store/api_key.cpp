#include "store/api_key.h"

#include "store/rows.h"

namespace ph::store {
namespace {

constexpr std::array kKinds = {"bearer", "tencent"};
constexpr std::array kScopes = {"full", "send", "read"};

#define COLUMNS                                                                     \
  "id, account_id, kind, public_id, token_hash, secret_sealed, scope, domain_name, " \
  "name, created_at, revoked_at, last_used_at, user_id"

Result<ApiKeyRow> read(sql::Row row) {
  ApiKeyRow out;
  out.id = row.id<KeyId>(0);
  out.account_id = row.id<AccountId>(1);
  out.kind = TRY(stored(parse_key_kind(row.text(2))));
  out.public_id = row.text(3);
  out.token_hash = row.blob(4);
  out.secret_sealed = row.blob(5);
  out.scope = TRY(stored(parse_key_scope(row.text(6))));
  out.domain_name = row.text(7);
  out.name = row.text(8);
  out.created_at = row.time(9);
  out.revoked_at = row.time(10);
  out.last_used_at = row.time(11);
  out.user_id = row.id<UserId>(12);
  return out;
}

}  // namespace

const char* key_kind_name(KeyKind kind) { return kKinds[static_cast<size_t>(kind)]; }
Result<KeyKind> parse_key_kind(std::string_view name) {
  return parse_enum<KeyKind>(kKinds, name, "kind");
}
const char* key_scope_name(KeyScope scope) { return kScopes[static_cast<size_t>(scope)]; }
Result<KeyScope> parse_key_scope(std::string_view name) {
  return parse_enum<KeyScope>(kScopes, name, "scope");
}

Result<KeyId> insert_api_key(sql::Connection& connection, const ApiKeyRow& row) {
  // Keys without a bearer token have null there: many of them may exist.
  sql::Value token = row.token_hash.empty() ? sql::Value() : sql::Value(sql::Blob{row.token_hash});
  auto made = say_conflict(
      connection.query("INSERT INTO api_key (account_id, kind, public_id, token_hash,"
                       " secret_sealed, scope, domain_name, name, created_at, revoked_at,"
                       " last_used_at, user_id)"
                       " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, $10)"
                       " RETURNING id",
                       {row.account_id, key_kind_name(row.kind), row.public_id, token,
                        sql::Blob{row.secret_sealed}, key_scope_name(row.scope), row.domain_name,
                        row.name, row.created_at, row.user_id}),
      "this key exists, or its account does not");
  return TRY(std::move(made))[0].id<KeyId>(0);
}

Result<ApiKeyRow> api_key(sql::Connection& connection, AccountId account, KeyId id) {
  return read_one(TRY(connection.query("SELECT " COLUMNS
                                       " FROM api_key WHERE account_id = $1 AND id = $2",
                                       {account, id})),
                  read, "key");
}

Result<std::vector<ApiKeyRow>> api_keys(sql::Connection& connection, AccountId account,
                                        Page page) {
  return read_all(TRY(connection.query("SELECT " COLUMNS " FROM api_key WHERE account_id = $1"
                                       " AND id > $2 ORDER BY id LIMIT $3",
                                       {account, page.after, page.rows()})),
                  read);
}

Result<std::vector<ApiKeyRow>> api_keys_of_user(sql::Connection& connection, AccountId account,
                                                UserId user, Page page) {
  return read_all(TRY(connection.query("SELECT " COLUMNS " FROM api_key WHERE account_id = $1"
                                       " AND user_id = $2 AND id > $3 ORDER BY id LIMIT $4",
                                       {account, user, page.after, page.rows()})),
                  read);
}

Result<int64_t> live_secret_pair_count(sql::Connection& connection, AccountId account,
                                       UserId user) {
  return TRY(connection.query("SELECT count(*) FROM api_key WHERE account_id = $1 AND user_id = $2"
                              " AND kind = 'tencent' AND revoked_at = 0",
                              {account, user}))[0]
      .integer(0);
}

Result<int64_t> live_api_key_count(sql::Connection& connection, AccountId account) {
  return TRY(connection.query(
      "SELECT count(*) FROM api_key WHERE account_id = $1 AND revoked_at = 0", {account}))[0]
      .integer(0);
}

Result<> revoke_api_key(sql::Connection& connection, AccountId account, KeyId id, WallTime now) {
  return must_change(connection.exec("UPDATE api_key SET revoked_at = $3"
                                     " WHERE account_id = $1 AND id = $2 AND revoked_at = 0",
                                     {account, id, now}),
                     "key");
}

Result<> touch_api_key(sql::Connection& connection, AccountId account, KeyId id, WallTime now) {
  return must_change(
      connection.exec("UPDATE api_key SET last_used_at = $3 WHERE account_id = $1 AND id = $2",
                      {account, id, now}),
      "key");
}

Result<> set_api_key_secret(sql::Connection& connection, AccountId account, KeyId id,
                            std::string_view secret_sealed) {
  return must_change(
      connection.exec("UPDATE api_key SET secret_sealed = $3 WHERE account_id = $1 AND id = $2",
                      {account, id, sql::Blob{std::string(secret_sealed)}}),
      "key");
}

Result<ApiKeyRow> api_key_by_token_for_sign_in(sql::Connection& connection,
                                               std::string_view token_hash) {
  return read_one(TRY(connection.query("SELECT " COLUMNS " FROM api_key WHERE token_hash = $1",
                                       {sql::Blob{std::string(token_hash)}})),
                  read, "key");
}

Result<ApiKeyRow> api_key_by_public_id_for_sign_in(sql::Connection& connection,
                                                   std::string_view public_id) {
  return read_one(
      TRY(connection.query("SELECT " COLUMNS " FROM api_key WHERE public_id = $1", {public_id})),
      read, "key");
}

}  // namespace ph::store
