#include "crypto/signing_key.h"

#include <doctest/doctest.h>
#include <openssl/err.h>

#include <atomic>
#include <thread>
#include <vector>

#include "base/encoding.h"

using namespace ph;
using namespace ph::crypto;

namespace {

const PrivateKey& rsa_key() {
  static const PrivateKey key = PrivateKey::generate(NewKey::rsa_2048).value();
  return key;
}

std::vector<PrivateKey> one_of_each() {
  return {PrivateKey::generate(NewKey::rsa_1024).value(), rsa_key(),
          PrivateKey::generate(NewKey::ed25519).value()};
}

}  // namespace

TEST_CASE("what a key signs its public key verifies, and nothing else does") {
  auto keys = one_of_each();
  Digest digest = sha256("content");
  for (const PrivateKey& key : keys) {
    std::string signature = key.sign(digest).value();
    CHECK(key.public_key().verify(digest, signature));
    CHECK_FALSE(key.public_key().verify(sha256("other"), signature));
    for (size_t i = 0; i < signature.size(); i += 7) {
      std::string bad = signature;
      bad[i] = static_cast<char>(bad[i] ^ 1);
      CHECK_FALSE(key.public_key().verify(digest, bad));
    }
    CHECK_FALSE(key.public_key().verify(digest, ""));
    CHECK_FALSE(key.public_key().verify(digest, signature.substr(1)));
    CHECK_FALSE(key.public_key().verify(digest, signature + "x"));
    for (const PrivateKey& other : keys)
      CHECK_EQ(other.public_key().verify(digest, signature),
               other.public_key() == key.public_key());
  }
}

TEST_CASE("keys say their kind and size") {
  auto keys = one_of_each();
  CHECK_EQ(keys[0].bits(), 1024);
  CHECK_EQ(keys[1].bits(), 2048);
  CHECK_EQ(keys[2].bits(), 256);
  CHECK(keys[1].kind() == KeyKind::rsa);
  CHECK(keys[2].kind() == KeyKind::ed25519);
  CHECK_EQ(keys[0].public_key().bits(), 1024);
  CHECK_EQ(base64_decode(keys[2].public_base64()).value().size(), 32);
}

TEST_CASE("a key survives PEM and DER, and its public half the bytes of p=") {
  Digest digest = sha256("content");
  for (const PrivateKey& key : one_of_each()) {
    for (auto again : {PrivateKey::from_pem(key.to_pem()), PrivateKey::from_der(key.to_der())}) {
      REQUIRE(again.has_value());
      CHECK(again->public_key() == key.public_key());
      CHECK(key.public_key().verify(digest, again->sign(digest).value()));
    }
    auto open = PublicKey::from_dkim(key.kind(), base64_decode(key.public_base64()).value());
    REQUIRE(open.has_value());
    CHECK(*open == key.public_key());
    CHECK(open->verify(digest, key.sign(digest).value()));
  }
}

TEST_CASE("a bare RSAPublicKey is the same key as its SubjectPublicKeyInfo") {
  std::string spki = rsa_key().public_key().dkim_bytes();
  // SEQUENCE (4), AlgorithmIdentifier (15), BIT STRING header (4) and its count of unused bits (1).
  auto bare = PublicKey::from_dkim(KeyKind::rsa, spki.substr(24));
  REQUIRE(bare.has_value());
  CHECK(*bare == rsa_key().public_key());
}

TEST_CASE("no call leaves an error behind for the thread's next TLS call") {
  std::string spki = rsa_key().public_key().dkim_bytes();
  (void)PublicKey::from_dkim(KeyKind::rsa, spki.substr(24));
  CHECK_EQ(ERR_peek_error(), 0);
  (void)PublicKey::from_dkim(KeyKind::rsa, "x");
  CHECK_EQ(ERR_peek_error(), 0);
  (void)rsa_key().public_key().verify(sha256("x"), std::string(256, 'x'));
  CHECK_EQ(ERR_peek_error(), 0);
  (void)PrivateKey::from_pem("x");
  (void)PrivateKey::from_der("x");
  (void)PrivateKey::from_pem(rsa_key().to_pem());
  CHECK_EQ(ERR_peek_error(), 0);
}

TEST_CASE("the Ed25519 key of RFC 8463 appendix A.2 has the published public key") {
  auto key = PrivateKey::from_ed25519_seed(
      base64_decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=").value());
  REQUIRE(key.has_value());
  CHECK_EQ(key->public_base64(), "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
}

TEST_CASE("what is no usable key is refused") {
  std::string spki = rsa_key().public_key().dkim_bytes();
  for (const std::string& bad :
       {std::string(), std::string("x"), spki.substr(0, spki.size() - 1), spki + "x",
        spki.substr(1), std::string(3000, '0'), std::string(32, '\0')})
    CHECK_FALSE(PublicKey::from_dkim(KeyKind::rsa, bad).has_value());
  for (size_t size : {0u, 31u, 33u, 44u})
    CHECK_FALSE(PublicKey::from_dkim(KeyKind::ed25519, std::string(size, 'x')).has_value());
  for (const char* bad :
       {"", "x", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"})
    CHECK_FALSE(PrivateKey::from_pem(bad).has_value());
  CHECK_FALSE(PrivateKey::from_der("x").has_value());
  CHECK_FALSE(PrivateKey::from_ed25519_seed("short").has_value());
  CHECK_FALSE(PrivateKey::from_pem(std::string(20000, 'x')).has_value());
}

TEST_CASE("an RSA key whose parts do not fit together is refused") {
  std::string der = rsa_key().to_der();
  std::string modulus = rsa_key().public_key().dkim_bytes().substr(33, 256);
  size_t at = der.find(modulus);
  REQUIRE(at != std::string::npos);
  der[at + 100] = static_cast<char>(der[at + 100] ^ 1);
  CHECK_FALSE(PrivateKey::from_der(der).has_value());
}

TEST_CASE("an elliptic-curve key in PEM is refused as another kind") {
  auto key = PrivateKey::from_pem(
      "-----BEGIN PRIVATE KEY-----\n"
      "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgM+Ejekfx7t0zhmdL\n"
      "KZNYHZsTaSF+AfIO19jZdE9GyByhRANCAARz83rVk/FDaZzjJ/kILJo13h4ZFUNw\n"
      "fmjuMpBCnuEgGr1bHwoAT0YfRaMytYVxKMGC3Lor9+dKcjaqSwORsrH2\n"
      "-----END PRIVATE KEY-----\n");
  REQUIRE_FALSE(key.has_value());
  CHECK_EQ(key.error().message, "not an RSA or Ed25519 key");
}

TEST_CASE("an RSA public key with exponent 1 is refused") {
  // RSAPublicKey: SEQUENCE { INTEGER n (1024 bits), INTEGER 1 }
  std::string n = hex_decode("028181").value() + std::string(1, '\0') + std::string(128, '\xc5');
  std::string body = n + hex_decode("020101").value();
  std::string der = hex_decode("308187").value() + body;
  REQUIRE_EQ(body.size(), 0x87);
  CHECK_FALSE(PublicKey::from_dkim(KeyKind::rsa, der).has_value());
  der[der.size() - 1] = 3;
  CHECK(PublicKey::from_dkim(KeyKind::rsa, der).has_value());
}

TEST_CASE("many threads sign with one key at once") {
  for (const PrivateKey& key : one_of_each()) {
    PublicKey open = key.public_key();
    std::atomic<int> good = 0;
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (int i = 0; i < 25; ++i) {
          Digest digest = sha256(std::to_string(t * 1000 + i));
          auto signature = key.sign(digest);
          if (signature && open.verify(digest, *signature)) ++good;
        }
      });
    for (std::thread& thread : threads) thread.join();
    CHECK_EQ(good.load(), 100);
  }
}
