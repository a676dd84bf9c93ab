#include "store/second_factor.h"

#include "store/rows.h"

namespace ph::store {
namespace {

Result<SecondFactorRow> read(sql::Row row) {
  return SecondFactorRow{.user_id = row.id<UserId>(0),
                         .secret_sealed = row.blob(1),
                         .last_step = row.integer(2),
                         .wrong_codes = row.integer(3),
                         .wrong_since = row.time(4),
                         .created_at = row.time(5),
                         .confirmed_at = row.time(6)};
}

}  // namespace

Result<> put_second_factor(sql::Connection& connection, const SecondFactorRow& row) {
  TRY(connection.exec("DELETE FROM second_factor WHERE user_id = $1", {row.user_id}));
  TRY(connection.exec("INSERT INTO second_factor (user_id, secret_sealed, last_step, wrong_codes,"
                      " wrong_since, created_at, confirmed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                      {row.user_id, sql::Blob{row.secret_sealed}, row.last_step, row.wrong_codes,
                       row.wrong_since, row.created_at, row.confirmed_at}));
  return {};
}

Result<SecondFactorRow> second_factor(sql::Connection& connection, UserId user) {
  return read_one(
      TRY(connection.query("SELECT user_id, secret_sealed, last_step, wrong_codes, wrong_since,"
                           " created_at, confirmed_at FROM second_factor WHERE user_id = $1",
                           {user})),
      read, "second factor");
}

Result<bool> take_second_factor_step(sql::Connection& connection, UserId user, int64_t step) {
  return TRY(connection.exec(
             "UPDATE second_factor SET last_step = $2 WHERE user_id = $1 AND last_step < $2",
             {user, step})) > 0;
}

Result<bool> take_code_guess(sql::Connection& connection, const CodeGuesses& guess) {
  // One statement: the row's lock makes nodes that judge at once take turns.
  return TRY(connection.exec("UPDATE second_factor SET"
                             " wrong_codes = CASE WHEN wrong_since < $3 THEN 1"
                             " ELSE wrong_codes + 1 END,"
                             " wrong_since = CASE WHEN wrong_since < $3 OR wrong_codes = 0 THEN $2"
                             " ELSE wrong_since END"
                             " WHERE user_id = $1 AND (wrong_since < $3 OR wrong_codes < $4)",
                             {guess.user_id, guess.now, guess.since, guess.most})) > 0;
}

Result<> give_code_guess_back(sql::Connection& connection, UserId user) {
  TRY(connection.exec("UPDATE second_factor SET wrong_codes = wrong_codes - 1"
                      " WHERE user_id = $1 AND wrong_codes > 0",
                      {user}));
  return {};
}

Result<> confirm_second_factor(sql::Connection& connection, AccountId account, UserId user,
                               WallTime now) {
  TRY(must_change(connection.exec("UPDATE second_factor SET confirmed_at = $2 WHERE user_id = $1",
                                  {user, now}),
                  "second factor"));
  return must_change(
      connection.exec("UPDATE app_user SET second_factor = 1 WHERE account_id = $1 AND id = $2",
                      {account, user}),
      "user");
}

Result<> delete_second_factor(sql::Connection& connection, AccountId account, UserId user) {
  TRY(must_change(
      connection.exec("UPDATE app_user SET second_factor = 0 WHERE account_id = $1 AND id = $2",
                      {account, user}),
      "user"));
  TRY(connection.exec("DELETE FROM second_factor WHERE user_id = $1", {user}));
  TRY(connection.exec("DELETE FROM recovery_code WHERE user_id = $1", {user}));
  return {};
}

Result<> put_recovery_codes(sql::Connection& connection, UserId user,
                            const std::vector<std::string>& hashes) {
  TRY(connection.exec("DELETE FROM recovery_code WHERE user_id = $1", {user}));
  for (const std::string& hash : hashes)
    TRY(connection.exec("INSERT INTO recovery_code (user_id, code_hash) VALUES ($1, $2)",
                        {user, sql::Blob{hash}}));
  return {};
}

Result<int64_t> recovery_code_count(sql::Connection& connection, UserId user) {
  return TRY(connection.query("SELECT count(*) FROM recovery_code WHERE user_id = $1", {user}))[0]
      .integer(0);
}

Result<bool> take_recovery_code(sql::Connection& connection, UserId user, std::string_view hash) {
  return TRY(connection.exec("DELETE FROM recovery_code WHERE user_id = $1 AND code_hash = $2",
                             {user, sql::Blob{std::string(hash)}})) > 0;
}

}  // namespace ph::store
