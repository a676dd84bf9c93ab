#include "crypto/seal.h"

#include <fmt/format.h>
#include <sodium.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "base/encoding.h"
#include "base/files.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/openssl_error.h"

namespace ph::crypto {
namespace {

constexpr std::string_view kFileForm = "posthouse-master-key-1 ";
constexpr size_t kKeyFileMost = 256;  // octets of the key file
constexpr char kSealedForm = 1;
constexpr size_t kIdBytes = 4;
constexpr size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr size_t kHead = 1 + kIdBytes + kNonceBytes;

const uint8_t* octets(std::string_view s) { return reinterpret_cast<const uint8_t*>(s.data()); }
uint8_t* octets(std::string& s) { return reinterpret_cast<uint8_t*>(s.data()); }

std::string id_bytes(uint32_t id) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(id >> shift);
  return out;
}

// Form and key id are authenticated too: they are part of the associated data.
std::string associated(std::string_view head, std::string_view place) {
  return std::string(head.substr(0, 1 + kIdBytes)).append(place);
}

Result<> check_mode(const std::string& path, mode_t refused) {
  struct stat st{};
  if (::stat(path.c_str(), &st) != 0) return fail_errno("stat " + path, errno);
  if ((st.st_mode & refused) == 0) return {};
  return fail(Errc::denied, fmt::format("{} holds the master key and has mode {:04o}: others can "
                                        "reach it; make it 0600", path, st.st_mode & 07777u));
}

Result<MasterKey> read_key(const std::string& path) {
  std::string text = TRY(read_file(path, kKeyFileMost));
  std::string_view line = trim(text);
  auto bad = [&] { return fail(Errc::corrupt, path + " does not hold a master key"); };
  if (!line.starts_with(kFileForm)) return bad();
  auto bytes = base64_decode(line.substr(kFileForm.size()));
  sodium_memzero(text.data(), text.size());
  if (!bytes || bytes->size() != crypto_aead_xchacha20poly1305_ietf_KEYBYTES) return bad();
  auto key = MasterKey::from_bytes(*bytes);
  sodium_memzero(bytes->data(), bytes->size());
  return key;
}

}  // namespace

MasterKey::~MasterKey() { sodium_memzero(key_.data(), key_.size()); }

Result<MasterKey> MasterKey::from_bytes(std::string_view bytes) {
  ready_sodium();
  MasterKey key;
  if (bytes.size() != key.key_.size()) return fail(Errc::invalid, "a master key has 32 octets");
  std::memcpy(key.key_.data(), bytes.data(), bytes.size());
  Digest mark = hmac_sha256(bytes, "posthouse key id");
  for (size_t i = 0; i < kIdBytes; ++i) key.id_ = key.id_ << 8 | mark[i];
  return key;
}

Result<MasterKey> MasterKey::load(const std::string& path) {
  TRY(check_mode(path, S_IRWXO | S_IWGRP));  // a group may read it: secrets are mounted so
  return read_key(path);
}

Result<MasterKey> MasterKey::load_or_create(const std::string& directory, Random& random) {
  std::string path = directory + "/master.key";
  struct stat st{};
  if (::stat(path.c_str(), &st) != 0) {
    if (errno != ENOENT) return fail_errno("stat " + path, errno);
    std::string bytes = random.bytes(crypto_aead_xchacha20poly1305_ietf_KEYBYTES);
    std::string line = std::string(kFileForm) + base64_encode(bytes) + "\n";
    auto written = write_file_durably(path, line);
    sodium_memzero(bytes.data(), bytes.size());
    sodium_memzero(line.data(), line.size());
    if (!written) return std::unexpected(std::move(written).error());
  }
  TRY(check_mode(path, S_IRWXG | S_IRWXO));
  return read_key(path);
}

std::string MasterKey::seal(std::string_view plain, std::string_view place, Random& random) const {
  std::string out(1, kSealedForm);
  out += id_bytes(id_);
  out += random.bytes(kNonceBytes);
  std::string extra = associated(out, place);
  out.resize(kHead + plain.size() + kTagBytes);
  crypto_aead_xchacha20poly1305_ietf_encrypt(
      octets(out) + kHead, nullptr, octets(plain), plain.size(), octets(extra), extra.size(),
      nullptr, octets(out) + 1 + kIdBytes, key_.data());
  return out;
}

Result<std::string> MasterKey::open(std::string_view sealed, std::string_view place) const {
  if (sealed.size() < kHead + kTagBytes || sealed[0] != kSealedForm)
    return fail(Errc::corrupt, fmt::format("what is sealed at {} is damaged", place));
  if (sealed.substr(1, kIdBytes) != id_bytes(id_))
    return fail(Errc::corrupt, fmt::format("what is at {} was sealed with another master key",
                                           place));
  std::string extra = associated(sealed, place);
  std::string_view body = sealed.substr(kHead);
  std::string plain(body.size() - kTagBytes, '\0');
  int opened = crypto_aead_xchacha20poly1305_ietf_decrypt(
      octets(plain), nullptr, nullptr, octets(body), body.size(), octets(extra), extra.size(),
      octets(sealed) + 1 + kIdBytes, key_.data());
  if (opened != 0)
    return fail(Errc::corrupt, fmt::format("what is sealed at {} is damaged", place));
  return plain;
}

std::string MasterKey::derive(std::string_view purpose) const {
  Digest out = hmac_sha256(view(key_), std::string("posthouse derive ").append(purpose));
  return std::string(view(out));
}

}  // namespace ph::crypto
