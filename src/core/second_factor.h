// Purpose: whether a second factor's code is right: one of the app's, or a recovery code.
// Shapes: an app's code has six digits and is taken once; a recovery code has 16 letters and digits
//   in groups of four, and is taken once too. From clients that the person has not signed in from
//   before, only kSecondFactorGuesses wrong codes of an app are judged in kLoginFailureWindow;
//   recovery codes, which nobody can guess, are judged always: who is guessed at still comes in.
// Threads: the store's writer. The verdict is a value: what was counted stays.
// Not here: how it is set up (people/second_factor.h).
#pragma once

#include <string>
#include <vector>

#include "core/context.h"
#include "core/reason.h"

namespace ph::core {

enum class Familiar : uint8_t { no, yes };  // whether he has signed in from this client before
enum class CodeVerdict : uint8_t { right, wrong, too_many };

struct CodeGuess {
  UserId user;
  std::string code;
  Familiar familiar = Familiar::no;
};

Result<CodeVerdict> judge_code(store::Tx& tx, const crypto::MasterKey& master,
                               const CodeGuess& guess);
// Nothing for a right one.
Outcome<> refuse_code(CodeVerdict verdict);

std::string second_factor_place(UserId user);  // what a sealed secret is bound to

std::vector<std::string> new_recovery_codes(Random& random);  // "abcd-efgh-2345-6723"
std::string recovery_code_hash(std::string_view code);

}  // namespace ph::core
