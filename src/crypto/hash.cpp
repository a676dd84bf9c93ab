#include "crypto/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstring>

#include "base/check.h"

namespace ph::crypto {
namespace {

constexpr size_t kBlock = 64;  // of SHA-256, octets

// Fetched once: an implicit fetch at every digest costs more than hashing a kilobyte.
const EVP_MD* fetched(const char* name) {
  const EVP_MD* md = EVP_MD_fetch(nullptr, name, nullptr);
  PH_CHECK(md != nullptr);
  return md;
}

const EVP_MD* sha256_md() {
  static const EVP_MD* md = fetched("SHA256");
  return md;
}

EVP_MD_CTX* as_context(void* context) {
  return static_cast<EVP_MD_CTX*>(context);
}

}  // namespace

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  PH_CHECK(context_ != nullptr);
  PH_CHECK(EVP_DigestInit_ex2(as_context(context_), sha256_md(), nullptr) == 1);
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(as_context(context_));
}

void Sha256::add(std::string_view bytes) {
  PH_CHECK(EVP_DigestUpdate(as_context(context_), bytes.data(), bytes.size()) == 1);
}

Digest Sha256::finish() {
  Digest digest;
  PH_CHECK(EVP_DigestFinal_ex(as_context(context_), digest.data(), nullptr) == 1);
  PH_CHECK(EVP_DigestInit_ex2(as_context(context_), nullptr, nullptr) == 1);
  return digest;
}

Digest sha256(std::string_view bytes) {
  thread_local Sha256 hash;
  hash.add(bytes);
  return hash.finish();
}

Sha1Digest sha1(std::string_view bytes) {
  static const EVP_MD* md = fetched("SHA1");
  Sha1Digest digest;
  PH_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, md, nullptr) == 1);
  return digest;
}

// RFC 2104 §2, over the fetched digest: OpenSSL's EVP_MAC takes longer to set up than to compute.
Digest hmac_sha256(std::string_view key, std::string_view bytes) {
  thread_local Sha256 hash;
  std::array<uint8_t, kBlock> block{};
  if (key.size() > kBlock) {
    Digest short_key = sha256(key);
    std::memcpy(block.data(), short_key.data(), short_key.size());
  } else if (!key.empty()) {
    std::memcpy(block.data(), key.data(), key.size());
  }
  for (uint8_t& b : block) b ^= 0x36;
  hash.add(view(block));
  hash.add(bytes);
  Digest inner = hash.finish();
  for (uint8_t& b : block) b ^= 0x36 ^ 0x5c;
  hash.add(view(block));
  hash.add(view(inner));
  return hash.finish();
}

Sha1Digest hmac_sha1(std::string_view key, std::string_view bytes) {
  static const EVP_MD* md = fetched("SHA1");
  Sha1Digest digest;
  // OpenSSL takes a null key for "the key before".
  PH_CHECK(HMAC(md, key.empty() ? "" : key.data(), static_cast<int>(key.size()),
                reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size(), digest.data(),
                nullptr) != nullptr);
  return digest;
}

std::string hmac_sha256_truncated(std::string_view key, std::string_view bytes, size_t size) {
  PH_CHECK(size <= sizeof(Digest));
  Digest digest = hmac_sha256(key, bytes);
  return std::string(view(digest).substr(0, size));
}

}  // namespace ph::crypto
