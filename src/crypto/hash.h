// Purpose: SHA-256, SHA-1, and HMAC with them.
// Shapes: digests are raw bytes; view() of a digest gives them as text for the encoders of base.
// Threads: the functions any; one Sha256 one at a time.
// Spec: FIPS 180-4, RFC 2104.
// Not here: password hashes (password.h), signatures (signing_key.h).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace ph::crypto {

using Digest = std::array<uint8_t, 32>;      // SHA-256
using Sha1Digest = std::array<uint8_t, 20>;  // only where a foreign format asks for it

template <size_t N>
std::string_view view(const std::array<uint8_t, N>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), N};
}

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&& other) noexcept : context_(other.context_) { other.context_ = nullptr; }
  Sha256& operator=(Sha256&&) = delete;
  void add(std::string_view bytes);
  Digest finish();  // and begins anew

 private:
  void* context_;
};

Digest sha256(std::string_view bytes);
Sha1Digest sha1(std::string_view bytes);
Digest hmac_sha256(std::string_view key, std::string_view bytes);
Sha1Digest hmac_sha1(std::string_view key, std::string_view bytes);  // as Sha1Digest

// The first `size` (<= 32) bytes of the HMAC. RFC 2104 §5: not fewer than half are safe against
// offline search; a shorter one is for marks whose guesses are counted.
std::string hmac_sha256_truncated(std::string_view key, std::string_view bytes, size_t size);

}  // namespace ph::crypto
