#include "crypto/token.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/text.h"
#include "crypto/hash.h"

namespace ph::crypto {
namespace {

constexpr std::string_view kBearerPrefix = "ph_";
constexpr size_t kBearerBytes = 32;
constexpr size_t kBearerText = 43;  // 32 octets in base64url
constexpr size_t kSecretLength = 32;
constexpr std::string_view kAlphanumeric =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

}  // namespace

std::string random_alphanumeric(Random& random, size_t size) {
  std::string out;
  for (size_t i = 0; i < size; ++i) out += kAlphanumeric[random.below(kAlphanumeric.size())];
  return out;
}

std::string new_bearer_token(Random& random) {
  return std::string(kBearerPrefix) + base64url_encode(random.bytes(kBearerBytes));
}

SecretPair new_secret_pair(Random& random) {
  return {"AKID" + random_alphanumeric(random, kSecretLength),
          random_alphanumeric(random, kSecretLength)};
}

bool looks_like_bearer_token(std::string_view text) {
  if (!text.starts_with(kBearerPrefix)) return false;
  text.remove_prefix(kBearerPrefix.size());
  return text.size() == kBearerText && std::ranges::all_of(text, [](char c) {
           return is_alnum(c) || c == '-' || c == '_';
         });
}

std::string token_hash(std::string_view token) { return hex_encode(view(sha256(token))); }

}  // namespace ph::crypto
