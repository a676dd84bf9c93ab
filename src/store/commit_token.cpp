#include "store/commit_token.h"

#include "base/limits.h"

namespace ph::store {

Result<> write_commit_token(sql::Connection& connection, std::string_view token, WallTime now) {
  sql::Params params{token, now};
  return connection.exec_later("INSERT INTO commit_token (token, at) VALUES ($1, $2)",
                               {&params, 1});
}

Result<bool> was_committed(sql::Connection& connection, std::string_view token) {
  TRY(connection.exec("INSERT INTO commit_token (token, at) VALUES ($1, 0)"
                      " ON CONFLICT (token) DO NOTHING",
                      {token}));
  // An earlier fence of ours, whose reply was lost as well, has at = 0 too.
  sql::Rows rows =
      TRY(connection.query("SELECT at FROM commit_token WHERE token = $1", {token}));
  return !rows.empty() && rows[0].integer(0) != 0;
}

Result<> purge_commit_tokens(sql::Connection& connection, WallTime now) {
  WallTime before = now - limits::kCommitTokenKept;
  TRY(connection.exec("DELETE FROM commit_token WHERE at < $1 AND at > 0", {before}));
  return {};
}

}  // namespace ph::store
