// Purpose: lets OpenSSL sign by the faster of its two codes for RSA on this processor.
// Shapes: OpenSSL 3.0 takes the code for MULX and ADX wherever a processor has both, and that for
//   AVX2 only where it has not. Without AVX-512 IFMA (which beats both) AVX2 is the faster one on
//   some: 0.70 instead of 1.13 ms a signature on Zen 3. libcrypto reads which features it may
//   use while it is loaded (OPENSSL_ia32cap), so the process replaces itself to change them.
// Threads: none may have been started.
// Errors: whatever fails leaves the process as it was.
// Spec: OPENSSL_ia32cap(3).
// Not here: the signing (signing_key.h).
#pragma once

#include <optional>
#include <string>

#include "base/clock.h"

namespace ph::crypto {

// What this process hands to the one that it becomes.
struct RsaTrial {
  enum class State : uint8_t {
    none,     // nothing was measured
    second,   // `first` is what the first code took; the second one is in use
    decided,  // the first code was the better one
  };
  State state = State::none;
  Duration first{};

  static RsaTrial from_text(std::string_view text);  // what it cannot read is `none`
  std::string text() const;
};

enum class RsaMove : uint8_t { stay, try_second, back_to_first };

struct RsaSituation {
  bool two_codes = false;       // of this processor
  bool operator_chose = false;  // OPENSSL_ia32cap was set, and not by us
  RsaTrial trial;
  Duration now{};  // what the code in use takes
};

RsaMove next_move(const RsaSituation& situation);

// Half an RSA-2048 signature (one power modulo 1,024 bits), the least CPU time of several.
Duration rsa_power_cost();

// Measures, and replaces the process where that is worth it; takes some 10 ms. Returns in the
// process that stays. To be called at the very beginning of a server's life.
void choose_rsa_code();

// What was found, for the log: "adx", "avx2 (52 % of adx)", "openssl's choice".
std::string rsa_code_in_use();

}  // namespace ph::crypto
