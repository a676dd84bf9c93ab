// Purpose: secrets at rest: sealed with the installation's master key, bound to their place.
// Shapes: a sealed value is 1 byte form (1), 4 bytes key id, 24 bytes nonce, ciphertext and tag of
//   XChaCha20-Poly1305. `place` ("table:row") is associated data: a value in another row does
//   not open. master.key holds one line: "posthouse-master-key-1 " and 32 bytes in base64.
// Threads: any.
// Errors: Errc::corrupt for what does not open; Errc::denied for a key file that others can read.
// Not here: when to seal what (core), backups (they leave the key out).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.h"
#include "base/result.h"

namespace ph::crypto {

class MasterKey {
 public:
  // DIR/master.key, made with mode 0600 when not there. The caller holds the directory's lock.
  static Result<MasterKey> load_or_create(const std::string& directory, Random& random);
  // A key file of the operator's own (secrets.key_file).
  static Result<MasterKey> load(const std::string& path);
  static Result<MasterKey> from_bytes(std::string_view bytes);  // 32
  MasterKey(const MasterKey&) = default;
  MasterKey& operator=(const MasterKey&) = default;
  ~MasterKey();

  uint32_t id() const { return id_; }
  std::string seal(std::string_view plain, std::string_view place, Random& random) const;
  Result<std::string> open(std::string_view sealed, std::string_view place) const;
  // 32 bytes for another use ("return-path", "session"): HMAC of the purpose under this key.
  std::string derive(std::string_view purpose) const;

 private:
  MasterKey() = default;
  std::array<uint8_t, 32> key_{};
  uint32_t id_ = 0;
};

}  // namespace ph::crypto
