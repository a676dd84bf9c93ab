#include "store/user.h"

#include "base/text.h"
#include "store/rows.h"

namespace ph::store {
namespace {

constexpr std::array kRoles = {"operator", "owner", "administrator", "developer", "viewer"};

#define COLUMNS                                                                              \
  "id, account_id, email, role, password_hash, disabled, created_at, policy, second_factor, " \
  "last_seen_at"
#define SESSION_COLUMNS                                                                    \
  "token_hash, user_id, created_at, expires_at, signed_in_at, seen_at, client, agent, "    \
  "as_account, as_reason, as_until"

Result<UserRow> read_from(sql::Row row, size_t at) {
  UserRow out;
  out.id = row.id<UserId>(at);
  out.account_id = row.id<AccountId>(at + 1);
  out.email = row.text(at + 2);
  out.role = TRY(stored(parse_role(row.text(at + 3))));
  out.password_hash = row.text(at + 4);
  out.disabled = row.flag(at + 5);
  out.created_at = row.time(at + 6);
  out.policy = row.text(at + 7);
  out.second_factor = row.flag(at + 8);
  out.last_seen_at = row.time(at + 9);
  return out;
}

SessionRow session_from(sql::Row row) {
  return {.token_hash = row.blob(0),
          .user_id = row.id<UserId>(1),
          .created_at = row.time(2),
          .expires_at = row.time(3),
          .signed_in_at = row.time(4),
          .seen_at = row.time(5),
          .from = row.text(6),
          .agent = row.text(7),
          .as_account = row.id<AccountId>(8),
          .as_reason = row.text(9),
          .as_until = row.time(10)};
}

Result<UserRow> read(sql::Row row) { return read_from(row, 0); }

Result<> end_sessions(sql::Connection& connection, UserId id) {
  TRY(end_sessions_of_user(connection, id));
  return {};
}

Result<> set_disabled(sql::Connection& connection, AccountId account, UserId id, int64_t disabled) {
  return must_change(
      connection.exec("UPDATE app_user SET disabled = $3 WHERE account_id = $1 AND id = $2",
                      {account, id, disabled}),
      "user");
}

}  // namespace

const char* role_name(Role role) { return kRoles[static_cast<size_t>(role)]; }
Result<Role> parse_role(std::string_view name) { return parse_enum<Role>(kRoles, name, "role"); }

Result<UserId> insert_user(sql::Connection& connection, const UserRow& row) {
  auto made = say_conflict(
      connection.query("INSERT INTO app_user (account_id, email, role, password_hash, disabled,"
                       " created_at, policy) VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
                       {row.account_id, lower(row.email), role_name(row.role), row.password_hash,
                        row.disabled, row.created_at, row.policy}),
      "a user with this email exists", "email");
  return TRY(std::move(made))[0].id<UserId>(0);
}

Result<UserRow> user(sql::Connection& connection, AccountId account, UserId id) {
  return read_one(TRY(connection.query("SELECT " COLUMNS
                                       " FROM app_user WHERE account_id = $1 AND id = $2",
                                       {account, id})),
                  read, "user");
}

Result<std::vector<UserRow>> users(sql::Connection& connection, AccountId account, Page page) {
  return read_all(TRY(connection.query("SELECT " COLUMNS " FROM app_user WHERE account_id = $1"
                                       " AND id > $2 ORDER BY id LIMIT $3",
                                       {account, page.after, page.rows()})),
                  read);
}

Result<int64_t> user_count(sql::Connection& connection, AccountId account) {
  return TRY(connection.query("SELECT count(*) FROM app_user WHERE account_id = $1", {account}))[0]
      .integer(0);
}

Result<> set_user_role(sql::Connection& connection, AccountId account, UserId id, Role role) {
  return must_change(
      connection.exec("UPDATE app_user SET role = $3 WHERE account_id = $1 AND id = $2",
                      {account, id, role_name(role)}),
      "user");
}

Result<> set_user_policy(sql::Connection& connection, AccountId account, UserId id,
                         std::string_view policy) {
  return must_change(
      connection.exec("UPDATE app_user SET policy = $3 WHERE account_id = $1 AND id = $2",
                      {account, id, policy}),
      "user");
}

Result<> set_user_password(sql::Connection& connection, AccountId account, UserId id,
                           std::string_view password_hash) {
  TRY(must_change(
      connection.exec("UPDATE app_user SET password_hash = $3 WHERE account_id = $1 AND id = $2",
                      {account, id, password_hash}),
      "user"));
  return end_sessions(connection, id);
}

Result<> disable_user(sql::Connection& connection, AccountId account, UserId id) {
  TRY(set_disabled(connection, account, id, 1));
  return end_sessions(connection, id);
}

Result<> enable_user(sql::Connection& connection, AccountId account, UserId id) {
  return set_disabled(connection, account, id, 0);
}

Result<bool> any_user_for_sign_in(sql::Connection& connection) {
  return !TRY(connection.query("SELECT 1 FROM app_user LIMIT 1", {})).empty();
}

Result<std::string> user_email_for_operator(sql::Connection& connection, UserId id) {
  auto rows = TRY(connection.query("SELECT email FROM app_user WHERE id = $1", {id}));
  return rows.empty() ? std::string() : rows[0].text(0);
}

Result<UserRow> user_by_email_for_sign_in(sql::Connection& connection, std::string_view email) {
  return read_one(TRY(connection.query("SELECT " COLUMNS " FROM app_user WHERE email = $1",
                                       {lower(email)})),
                  read, "user");
}

Result<> insert_session_for_sign_in(sql::Connection& connection, const SessionRow& row) {
  TRY(connection.exec("INSERT INTO session (" SESSION_COLUMNS
                      ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
                      {sql::Blob{row.token_hash}, row.user_id, row.created_at, row.expires_at,
                       row.signed_in_at, row.seen_at, storable(row.from), storable(row.agent),
                       row.as_account, row.as_reason, row.as_until}));
  return {};
}

Result<SessionUser> session_for_sign_in(sql::Connection& connection, std::string_view token_hash,
                                        WallTime now) {
  sql::Rows rows = TRY(connection.query(
      "SELECT s.token_hash, s.user_id, s.created_at, s.expires_at, s.signed_in_at, s.seen_at,"
      " s.client, s.agent, s.as_account, s.as_reason, s.as_until, u.id, u.account_id, u.email,"
      " u.role, u.password_hash, u.disabled, u.created_at, u.policy, u.second_factor,"
      " u.last_seen_at"
      " FROM session s JOIN app_user u ON u.id = s.user_id"
      " WHERE s.token_hash = $1 AND s.expires_at > $2 AND u.disabled = 0",
      {sql::Blob{std::string(token_hash)}, now}));
  auto read_both = [](sql::Row row) -> Result<SessionUser> {
    return SessionUser{session_from(row), TRY(read_from(row, 11))};
  };
  return read_one(rows, read_both, "session");
}

Result<> touch_session_for_sign_in(sql::Connection& connection, const SessionRow& row,
                                   WallTime now) {
  TRY(connection.exec("UPDATE session SET seen_at = $2 WHERE token_hash = $1",
                      {sql::Blob{row.token_hash}, now}));
  TRY(connection.exec("UPDATE app_user SET last_seen_at = $2 WHERE id = $1", {row.user_id, now}));
  return {};
}

Result<std::vector<SessionRow>> sessions_of_user(sql::Connection& connection, UserId user,
                                                 WallTime now, int64_t most) {
  auto read_session = [](sql::Row row) -> Result<SessionRow> { return session_from(row); };
  return read_all(TRY(connection.query("SELECT " SESSION_COLUMNS
                                       " FROM session WHERE user_id = $1 AND expires_at > $2"
                                       " ORDER BY created_at DESC, token_hash LIMIT $3",
                                       {user, now, most})),
                  read_session);
}

Result<int64_t> end_sessions_of_user(sql::Connection& connection, UserId user) {
  return connection.exec("DELETE FROM session WHERE user_id = $1", {user});
}

Result<> keep_newest_sessions(sql::Connection& connection, UserId user, int64_t most) {
  TRY(connection.exec("DELETE FROM session WHERE user_id = $1 AND token_hash NOT IN"
                      " (SELECT token_hash FROM session WHERE user_id = $1"
                      " ORDER BY created_at DESC, token_hash LIMIT $2)",
                      {user, most}));
  return {};
}

Result<> end_session_of_user(sql::Connection& connection, UserId user,
                             std::string_view token_hash) {
  return must_change(connection.exec("DELETE FROM session WHERE user_id = $1 AND token_hash = $2",
                                     {user, sql::Blob{std::string(token_hash)}}),
                     "session");
}

Result<> set_session_as_for_sign_in(sql::Connection& connection, const SessionRow& row) {
  return must_change(
      connection.exec("UPDATE session SET as_account = $2, as_reason = $3, as_until = $4"
                      " WHERE token_hash = $1",
                      {sql::Blob{row.token_hash}, row.as_account, row.as_reason, row.as_until}),
      "session");
}

Result<> shorten_session_for_sign_in(sql::Connection& connection, std::string_view token_hash,
                                     WallTime expires_at) {
  TRY(connection.exec(
      "UPDATE session SET expires_at = $2 WHERE token_hash = $1 AND expires_at > $2",
      {sql::Blob{std::string(token_hash)}, expires_at}));
  return {};
}

Result<> delete_session_for_sign_in(sql::Connection& connection, std::string_view token_hash,
                                    WallTime replaced_until) {
  TRY(connection.exec("DELETE FROM session WHERE token_hash = $1 OR (expires_at <= $2 AND user_id ="
                      " (SELECT user_id FROM session WHERE token_hash = $1))",
                      {sql::Blob{std::string(token_hash)}, replaced_until}));
  return {};
}

Result<int64_t> purge_sessions_for_operator(sql::Connection& connection, WallTime now,
                                            int64_t most) {
  return connection.exec("DELETE FROM session WHERE token_hash IN"
                         " (SELECT token_hash FROM session WHERE expires_at <= $1 LIMIT $2)",
                         {now, most});
}

}  // namespace ph::store
