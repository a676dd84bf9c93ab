#include "crypto/token.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

#include "base/text.h"

using namespace ph;
using namespace ph::crypto;

TEST_CASE("bearer tokens have their form and differ") {
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    std::string token = new_bearer_token(system_random());
    CHECK_EQ(token.size(), 46);
    CHECK(looks_like_bearer_token(token));
    CHECK(seen.insert(token).second);
  }
}

TEST_CASE("other text does not look like a bearer token") {
  std::string token = new_bearer_token(system_random());
  for (const std::string& bad : {std::string(), std::string("ph_"), token.substr(1), token + "x",
                                 token.substr(0, 45) + "=", token.substr(0, 45) + " "})
    CHECK_FALSE(looks_like_bearer_token(bad));
}

TEST_CASE("a secret pair has 36 and 32 letters and digits") {
  FakeRandom random(9);
  SecretPair pair = new_secret_pair(random);
  CHECK(pair.id.starts_with("AKID"));
  CHECK_EQ(pair.id.size(), 36);
  CHECK_EQ(pair.key.size(), 32);
  CHECK(std::ranges::all_of(pair.id + pair.key, is_alnum));
  CHECK_NE(new_secret_pair(random).key, pair.key);
}

TEST_CASE("what is stored of a token is its SHA-256") {
  CHECK_EQ(token_hash("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}
