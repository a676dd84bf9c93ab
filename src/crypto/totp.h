// Purpose: time-based one-time codes, as authenticator apps show them.
// Shapes: HMAC-SHA-1, 6 digits, steps of 30 seconds: what every app takes. A secret is 20 octets.
// Threads: any.
// Spec: RFC 6238 §4, RFC 4226 §5.3.
// Not here: which codes were taken before, how many may be guessed (core).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"

namespace ph::crypto {

std::string new_totp_secret(Random& random);
int64_t totp_step(WallTime at);
std::string totp_code(std::string_view secret, int64_t step);
// The step that the code is of: this one, the one before or the one after (RFC 6238 §5.2).
std::optional<int64_t> totp_match(std::string_view secret, std::string_view code, WallTime now);
// Six digits, so that it is no recovery code.
bool looks_like_totp_code(std::string_view text);

// What apps read as a picture; the secret in base32 without padding.
std::string otpauth_uri(std::string_view issuer, std::string_view person, std::string_view secret);
std::string totp_secret_text(std::string_view secret);

}  // namespace ph::crypto
