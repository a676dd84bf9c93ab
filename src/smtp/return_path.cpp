#include "smtp/return_path.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/text.h"
#include "crypto/hash.h"

namespace ph::smtp {

namespace {

constexpr char kVersion = 1;
constexpr size_t kPayload = 14;  // version 1, key id 1, message 8, recipient 2, day 2
constexpr size_t kMac = 16;
constexpr size_t kText = 48;     // base32 of both
constexpr size_t kSecretLeast = 16;
constexpr int64_t kDayMicros = 86'400'000'000;

void put_number(std::string& out, uint64_t value, size_t octets) {
  for (size_t i = octets; i-- > 0;) out += static_cast<char>(value >> (8 * i) & 0xff);
}

uint64_t get_number(std::string_view bytes) {
  uint64_t value = 0;
  for (char c : bytes) value = value << 8 | static_cast<unsigned char>(c);
  return value;
}

std::string mac(const ReturnPathKey& key, std::string_view payload, std::string_view domain) {
  std::string signed_text = "posthouse return path";
  signed_text += '\0';
  signed_text += payload;
  signed_text += lower(domain);
  return crypto::hmac_sha256_truncated(key.secret, signed_text, kMac);
}

std::unexpected<Error> not_ours() { return fail(Errc::not_found, "not a return path of ours"); }

}  // namespace

Result<> ReturnPathKeys::add(ReturnPathKey key) {
  if (key.secret.size() < kSecretLeast)
    return fail(Errc::invalid, "a return path key has at least 16 octets");
  if (find(key.id)) return fail(Errc::conflict, "this return path key id is there already");
  keys_.push_back(std::move(key));
  return {};
}

void ReturnPathKeys::remove(uint8_t id) {
  std::erase_if(keys_, [&](const ReturnPathKey& key) { return key.id == id; });
}

const ReturnPathKey* ReturnPathKeys::find(uint8_t id) const {
  auto found = std::ranges::find(keys_, id, &ReturnPathKey::id);
  return found == keys_.end() ? nullptr : &*found;
}

Result<std::string> make_return_path(const ReturnPathKeys& keys, const ReturnPath& path,
                                     std::string_view domain) {
  const ReturnPathKey* key = keys.newest();
  if (!key) return fail(Errc::not_found, "there is no return path key");
  if (path.message.value <= 0) return fail(Errc::invalid, "a return path needs a message");
  if (path.recipient >= kReturnPathRecipients)
    return fail(Errc::limit, "too many recipients for a return path");
  int64_t day = (path.expires.micros + kDayMicros - 1) / kDayMicros;
  if (path.expires.micros < 0 || day > UINT16_MAX)
    return fail(Errc::limit, "the return path's end is out of range");
  std::string payload{kVersion, static_cast<char>(key->id)};
  put_number(payload, static_cast<uint64_t>(path.message.value), 8);
  put_number(payload, path.recipient, 2);
  put_number(payload, static_cast<uint64_t>(day), 2);
  return base32_encode(payload + mac(*key, payload, domain));
}

Result<ReturnPath> parse_return_path(const ReturnPathKeys& keys, std::string_view local,
                                     std::string_view domain, WallTime now) {
  if (local.size() != kText) return not_ours();
  auto bytes = base32_decode(local);
  if (!bytes || bytes->size() != kPayload + kMac || (*bytes)[0] != kVersion) return not_ours();
  std::string_view payload = std::string_view(*bytes).substr(0, kPayload);
  const ReturnPathKey* key = keys.find(static_cast<uint8_t>(payload[1]));
  if (!key) return not_ours();
  if (!equal_constant_time(mac(*key, payload, domain), std::string_view(*bytes).substr(kPayload)))
    return not_ours();
  ReturnPath path;
  path.message = MessageId(static_cast<int64_t>(get_number(payload.substr(2, 8))));
  path.recipient = static_cast<uint32_t>(get_number(payload.substr(10, 2)));
  path.expires = {static_cast<int64_t>(get_number(payload.substr(12, 2))) * kDayMicros};
  if (path.message.value <= 0) return not_ours();
  if (now >= path.expires) return fail(Errc::denied, "the return path's time is over");
  return path;
}

}  // namespace ph::smtp
