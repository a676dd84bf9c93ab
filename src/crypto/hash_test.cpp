#include "crypto/hash.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/random.h"

using namespace ph;
using namespace ph::crypto;

TEST_CASE("SHA-256 gives the digests of FIPS 180-4's examples") {
  CHECK_EQ(hex_encode(view(sha256(""))),
           "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK_EQ(hex_encode(view(sha256("abc"))),
           "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK_EQ(hex_encode(view(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"))),
           "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("SHA-1 gives the digest of FIPS 180-4's example") {
  CHECK_EQ(hex_encode(view(sha1("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

TEST_CASE("a digest in pieces is the digest of the whole, and the object can be used again") {
  FakeRandom random(3);
  std::string text = random.bytes(5000);
  Sha256 hash;
  for (int round = 0; round < 50; ++round) {
    size_t at = 0;
    while (at < text.size()) {
      size_t size = random.below(400);
      hash.add(std::string_view(text).substr(at, size));
      at += size;
    }
    CHECK(hash.finish() == sha256(text));
  }
}

TEST_CASE("HMAC-SHA-256 gives the values of RFC 4231") {
  struct Row {
    std::string key, data;
    const char* mac;
  };
  const Row rows[] = {
      {std::string(20, '\x0b'), "Hi There",
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", "what do ya want for nothing?",
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {std::string(131, '\xaa'),
       "This is a test using a larger than block-size key and a larger than block-size data. The "
       "key needs to be hashed before being used by the HMAC algorithm.",
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"}};
  for (const Row& row : rows) CHECK_EQ(hex_encode(view(hmac_sha256(row.key, row.data))), row.mac);
  CHECK_EQ(hex_encode(hmac_sha256_truncated(std::string(20, '\x0c'), "Test With Truncation", 16)),
           "a3b6167473100ee06e0c796c2955552b");
}

TEST_CASE("HMAC-SHA-1 gives the values of RFC 2202") {
  CHECK_EQ(hex_encode(view(hmac_sha1("Jefe", "what do ya want for nothing?"))),
           "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  CHECK_EQ(hex_encode(view(hmac_sha1(std::string(80, '\xaa'),
                                     "Test Using Larger Than Block-Size Key - Hash Key First"))),
           "aa4ae5e15272d00e95705637ce8a3b55ed402112");
  CHECK_EQ(hex_encode(view(hmac_sha1({}, {}))), "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d");
}

TEST_CASE("an HMAC with an empty key is computed") {
  CHECK_EQ(hex_encode(view(hmac_sha256("", ""))),
           "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}
