// Purpose: the API credentials that we hand out.
// Shapes: bearer token: `ph_` and 43 characters of base64url (256 bits). Tencent-style pair:
//   SecretId is `AKID` and 32, SecretKey 32 letters and digits.
// Threads: any.
// Not here: where they are kept (store), what they allow (core).
#pragma once

#include <string>
#include <string_view>

#include "base/random.h"

namespace ph::crypto {

struct SecretPair {
  std::string id;
  std::string key;
};

std::string new_bearer_token(Random& random);
SecretPair new_secret_pair(Random& random);
std::string random_alphanumeric(Random& random, size_t size);

// Right form, so that a look-up is worth it.
bool looks_like_bearer_token(std::string_view text);

// SHA-256 in hex: what is stored of a token. 256 random bits need no slow hash.
std::string token_hash(std::string_view token);

}  // namespace ph::crypto
