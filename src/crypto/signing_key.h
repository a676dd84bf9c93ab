// Purpose: the key pairs of DKIM: RSA and Ed25519, made, read, printed, signing and verifying.
// Shapes: what is signed is always a SHA-256 digest: RSASSA-PKCS1-v1_5 for RSA (RFC 8017 §8.2),
//   PureEdDSA over the digest for Ed25519 (RFC 8463 §3).
// Threads: any; copies share one key. PrivateKey keeps prepared contexts, one a signing thread.
// Errors: what cannot be read, or is too small, too large or strange, is Errc::invalid.
// Not here: DNS record syntax (mailauth/dkim_key_record.h), TLS certificates (certificate.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/hash.h"

namespace ph::crypto {

enum class KeyKind : uint8_t { rsa, ed25519 };
enum class NewKey : uint8_t { rsa_1024, rsa_2048, ed25519 };

class PublicKey {
 public:
  struct State;  // signing_key_state.h
  // The decoded p= of a DKIM key record. RSA: SubjectPublicKeyInfo, or the bare RSAPublicKey that
  // RFC 6376 §3.6.1 names (what the world publishes is SPKI). Ed25519: 32 bytes.
  static Result<PublicKey> from_dkim(KeyKind kind, std::string_view bytes);

  KeyKind kind() const;
  unsigned bits() const;  // of the RSA modulus; 256 for Ed25519
  bool verify(const Digest& digest, std::string_view signature) const;
  std::string dkim_bytes() const;  // what p= carries, decoded: SPKI, or the 32 bytes
  bool operator==(const PublicKey& other) const;

 private:
  friend class PrivateKey;
  explicit PublicKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

class PrivateKey {
 public:
  static Result<PrivateKey> generate(NewKey what);
  // PKCS#1 ("RSA PRIVATE KEY") or PKCS#8 ("PRIVATE KEY"), not encrypted.
  static Result<PrivateKey> from_pem(std::string_view pem);
  static Result<PrivateKey> from_der(std::string_view der);  // the same two forms
  static Result<PrivateKey> from_ed25519_seed(std::string_view seed);  // 32 bytes

  KeyKind kind() const;
  unsigned bits() const;
  std::string to_pem() const;  // PKCS#8
  std::string to_der() const;  // PKCS#8
  PublicKey public_key() const;
  std::string public_base64() const;  // p= of the DKIM record

  Result<std::string> sign(const Digest& digest) const;

 private:
  struct State;
  static Result<PrivateKey> from_pkey(void* owned);  // an EVP_PKEY
  Result<> prove() const;
  explicit PrivateKey(std::shared_ptr<State> state) : state_(std::move(state)) {}
  std::shared_ptr<State> state_;
};

}  // namespace ph::crypto
