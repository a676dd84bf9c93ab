// Purpose: what stands behind PrivateKey and PublicKey, shared by their .cpp files only.
// Threads: PublicKey's state never changes; PrivateKey's contexts are lent one to a thread.
#pragma once

#include <array>
#include <mutex>
#include <string>
#include <vector>

#include "crypto/openssl_handles.h"
#include "crypto/signing_key.h"

namespace ph::crypto {

inline constexpr size_t kEd25519Bytes = 32;      // RFC 8032 §5.1.5: seed and public key
inline constexpr size_t kEd25519Signature = 64;  // RFC 8032 §5.1.6
inline constexpr unsigned kEd25519Bits = 256;

struct PublicKey::State {
  KeyKind kind = KeyKind::rsa;
  unsigned bits = 0;
  std::string bytes;  // RSAPublicKey in DER, or the 32 bytes
  PkeyOwner pkey;     // RSA only
};

struct PrivateKey::State {
  KeyKind kind = KeyKind::rsa;
  unsigned bits = 0;
  PkeyOwner pkey;
  std::array<uint8_t, 64> ed25519{};  // seed and public key, as libsodium wants them

  std::mutex mutex;
  std::vector<PkeyContextOwner> idle;  // prepared for signing; RSA only

  ~State();
};

// The key as a PublicKey's state; RSA or Ed25519 only, bounds checked.
Result<std::shared_ptr<const PublicKey::State>> public_state(PkeyOwner pkey);

}  // namespace ph::crypto
