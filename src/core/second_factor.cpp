#include "core/second_factor.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/totp.h"
#include "store/second_factor.h"

namespace ph::core {
namespace {

constexpr size_t kRecoveryBytes = 10;  // 80 bits: 16 characters of base32
constexpr size_t kGroup = 4;
constexpr size_t kCodeMost = 64;  // octets of what is looked at as a code

// As people type it: in capitals, with or without what stands between the groups.
std::string plain_code(std::string_view code) {
  std::string out;
  for (char c : code)
    if (c != '-' && c != ' ') out += to_lower(c);
  return out;
}

// Counted before it is judged: guesses that come to several nodes at once wait for one another.
Result<CodeVerdict> judge_app_code(store::Tx& tx, const store::SecondFactorRow& row,
                                   std::string_view secret, const CodeGuess& guess) {
  bool familiar = guess.familiar == Familiar::yes;
  store::CodeGuesses guesses{.user_id = row.user_id,
                             .now = tx.now(),
                             .since = tx.now() - limits::kLoginFailureWindow,
                             .most = familiar ? INT64_MAX : limits::kSecondFactorGuesses};
  if (!TRY(store::take_code_guess(tx.sql(), guesses))) return CodeVerdict::too_many;
  auto step = crypto::totp_match(secret, guess.code, tx.now());
  // RFC 6238 §5.2: a code is taken once.
  if (!step || !TRY(store::take_second_factor_step(tx.sql(), row.user_id, *step)))
    return CodeVerdict::wrong;
  TRY(store::give_code_guess_back(tx.sql(), row.user_id));
  return CodeVerdict::right;
}

}  // namespace

std::string second_factor_place(UserId user) {
  return fmt::format("second_factor:{}", user.value);
}

std::string recovery_code_hash(std::string_view code) {
  return std::string(crypto::view(crypto::sha256(plain_code(code))));
}

std::vector<std::string> new_recovery_codes(Random& random) {
  std::vector<std::string> out;
  while (out.size() < limits::kRecoveryCodes) {
    std::string code = base32_encode(random.bytes(kRecoveryBytes));
    for (size_t at = kGroup; at < code.size(); at += kGroup + 1) code.insert(at, 1, '-');
    out.push_back(std::move(code));
  }
  return out;
}

Result<CodeVerdict> judge_code(store::Tx& tx, const crypto::MasterKey& master,
                               const CodeGuess& guess) {
  if (guess.code.size() > kCodeMost) return CodeVerdict::wrong;
  auto row = store::second_factor(tx.sql(), guess.user);
  if (!row && row.error().code == Errc::not_found) return CodeVerdict::wrong;
  if (!row) return std::unexpected(row.error());
  std::string secret = TRY(master.open(row->secret_sealed, second_factor_place(guess.user)));
  if (crypto::looks_like_totp_code(guess.code))
    return judge_app_code(tx, *row, secret, guess);
  bool there = TRY(
      store::take_recovery_code(tx.sql(), guess.user, recovery_code_hash(guess.code)));
  return there ? CodeVerdict::right : CodeVerdict::wrong;
}

Outcome<> refuse_code(CodeVerdict verdict) {
  switch (verdict) {
    case CodeVerdict::right:
      return {};
    case CodeVerdict::wrong:
      return refuse(Reason::unauthenticated, "The code is wrong, or was used before.", "code");
    case CodeVerdict::too_many:
      break;
  }
  return lift(Refusal{.reason = Reason::request_rate_limit,
                      .field = "code",
                      .detail = "Too many wrong codes. Use a recovery code, or try again later.",
                      .retry_after = limits::kLoginFailureWindow});
}

}  // namespace ph::core
