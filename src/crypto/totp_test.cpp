#include "crypto/totp.h"

#include <doctest/doctest.h>

#include <set>

using namespace ph;
using namespace ph::crypto;

namespace {

const std::string kSecret = "12345678901234567890";  // RFC 6238 appendix B

WallTime at(int64_t seconds) { return {seconds * 1'000'000}; }

}  // namespace

TEST_CASE("codes are those of RFC 6238's table") {
  const std::pair<int64_t, const char*> table[] = {
      {59, "287082"},         {1111111109, "081804"}, {1111111111, "050471"},
      {1234567890, "005924"}, {2000000000, "279037"}, {20000000000, "353130"}};
  for (const auto& [seconds, code] : table)
    CHECK_EQ(totp_code(kSecret, totp_step(at(seconds))), code);
}

TEST_CASE("a code is taken one step early and late, and no further") {
  std::string code = totp_code(kSecret, 100);
  CHECK_EQ(totp_match(kSecret, code, at(100 * 30)), 100);
  CHECK_EQ(totp_match(kSecret, code, at(101 * 30 + 29)), 100);
  CHECK_EQ(totp_match(kSecret, code, at(99 * 30)), 100);
  CHECK_FALSE(totp_match(kSecret, code, at(102 * 30)));
  CHECK_FALSE(totp_match(kSecret, code, at(98 * 30 + 29)));
  for (const char* wrong : {"", "1", "12345", "1234567", "abcdef", "      "})
    CHECK_FALSE(totp_match(kSecret, wrong, at(3000)));
}

TEST_CASE("six digits are a code, all else is none") {
  CHECK(looks_like_totp_code("000000"));
  for (const char* other : {"", "00000", "0000000", "00000a", "0000 0", "\u0661\u0662\u0663"})
    CHECK_FALSE(looks_like_totp_code(other));
}

TEST_CASE("the link for apps escapes names, and its secret is base32 without padding") {
  CHECK_EQ(otpauth_uri("Post house", "a&b@m.example", kSecret),
           "otpauth://totp/Post%20house:a%26b%40m.example?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
           "&issuer=Post%20house&algorithm=SHA1&digits=6&period=30");
  std::set<std::string> made;
  for (int i = 0; i < 20; ++i) made.insert(new_totp_secret(system_random()));
  CHECK_EQ(made.size(), 20);
  for (const std::string& secret : made) CHECK_EQ(totp_secret_text(secret).size(), 32);
}
