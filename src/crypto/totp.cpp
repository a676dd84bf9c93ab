#include "crypto/totp.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/text.h"
#include "crypto/hash.h"

namespace ph::crypto {
namespace {

constexpr size_t kSecret = 20;              // octets, RFC 4226 §4 R6
constexpr int64_t kStep = 30 * 1'000'000;   // microseconds, RFC 6238 §4.1
constexpr uint32_t kCodes = 1'000'000;      // six digits
constexpr size_t kDigits = 6;
constexpr int64_t kDrift = 1;  // steps, RFC 6238 §5.2

// RFC 3986 §2.3: what stands in a URI as it is.
std::string uri_text(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool plain = is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) out += c;
    else out += fmt::format("%{:02X}", static_cast<uint8_t>(c));
  }
  return out;
}

}  // namespace

std::string new_totp_secret(Random& random) { return random.bytes(kSecret); }

int64_t totp_step(WallTime at) { return at.micros / kStep; }

std::string totp_code(std::string_view secret, int64_t step) {
  std::string counter(8, '\0');
  for (size_t i = 0; i < 8; ++i)
    counter[7 - i] = static_cast<char>(static_cast<uint64_t>(step) >> (8 * i));
  Sha1Digest mac = hmac_sha1(secret, counter);
  // RFC 4226 §5.3: four octets from where the last one says, without the sign.
  size_t at = mac[19] & 0x0f;
  uint32_t number = 0;
  for (size_t i = 0; i < 4; ++i) number = (number << 8) | mac[at + i];
  return fmt::format("{:06}", (number & 0x7fffffffu) % kCodes);
}

std::optional<int64_t> totp_match(std::string_view secret, std::string_view code, WallTime now) {
  std::optional<int64_t> found;
  for (int64_t drift = -kDrift; drift <= kDrift; ++drift) {
    int64_t step = totp_step(now) + drift;
    if (equal_constant_time(code, totp_code(secret, step))) found = step;
  }
  return found;
}

bool looks_like_totp_code(std::string_view text) {
  return text.size() == kDigits && std::ranges::all_of(text, is_digit);
}

std::string totp_secret_text(std::string_view secret) {
  std::string out = base32_encode(secret);
  for (char& c : out) c = to_upper(c);
  return out;
}

std::string otpauth_uri(std::string_view issuer, std::string_view person,
                        std::string_view secret) {
  return fmt::format("otpauth://totp/{}:{}?secret={}&issuer={}&algorithm=SHA1&digits=6&period=30",
                     uri_text(issuer), uri_text(person), totp_secret_text(secret),
                     uri_text(issuer));
}

}  // namespace ph::crypto
