// Purpose: a user's second factor (the sealed secret of time-based codes) and his recovery codes.
// Shapes: a factor counts once it is confirmed. last_step is the time step of the last code that
//   was taken. A recovery code is kept as SHA-256 (32 octets); a used one has no row.
// Errors: not_found.
// Threads: any with a connection.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"

namespace ph::store {

struct SecondFactorRow {
  UserId user_id;
  std::string secret_sealed;
  int64_t last_step = 0;
  int64_t wrong_codes = 0;  // guessed since wrong_since
  WallTime wrong_since;
  WallTime created_at;
  WallTime confirmed_at;  // 0: a code has yet to prove that the person has it
};

// In place of one that is there.
Result<> put_second_factor(sql::Connection& connection, const SecondFactorRow& row);
Result<SecondFactorRow> second_factor(sql::Connection& connection, UserId user);
// Nothing changes, and it gives false, where the step or a later one was taken before.
Result<bool> take_second_factor_step(sql::Connection& connection, UserId user, int64_t step);
struct CodeGuesses {
  UserId user_id;
  WallTime now;
  WallTime since;    // those that began before then are forgotten
  int64_t most = 0;
};
// Counts one, as wrong; false, and nothing is counted: there were so many.
Result<bool> take_code_guess(sql::Connection& connection, const CodeGuesses& guess);
// It was right.
Result<> give_code_guess_back(sql::Connection& connection, UserId user);
// Also says so at the user.
Result<> confirm_second_factor(sql::Connection& connection, AccountId account, UserId user,
                               WallTime now);
// With the recovery codes.
Result<> delete_second_factor(sql::Connection& connection, AccountId account, UserId user);

// In place of all that are there.
Result<> put_recovery_codes(sql::Connection& connection, UserId user,
                            const std::vector<std::string>& hashes);
Result<int64_t> recovery_code_count(sql::Connection& connection, UserId user);
// Whether there was such a one, which has gone with this.
Result<bool> take_recovery_code(sql::Connection& connection, UserId user, std::string_view hash);

}  // namespace ph::store
