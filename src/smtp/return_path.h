// Purpose: the signed return path of one recipient of one message (VERP): who gets a bounce there
//   knows which recipient it is about, and nobody else can make one up.
// Shapes: the local part is 48 octets of lower-case base32: version, key id, message id, recipient
//   index, expiry (days since 1970), and the first 16 octets of an HMAC-SHA-256 over these and the
//   domain. Read in any case: some servers change it.
// Errors: parse gives not_found for what is no return path of ours or fails its MAC, denied when
//   its time is over.
// Threads: values.
// Not here: where keys live; what a bounce means (feedback/).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

namespace ph::smtp {

struct ReturnPathKey {
  uint8_t id = 0;
  std::string secret;  // 32 octets wished, 16 at least
};

// Signs with the newest key, verifies with any: a key rotates by adding one, and is removed when
// nothing that it signed can still be alive.
class ReturnPathKeys {
 public:
  // Refuses an id that is there already, and a short secret.
  Result<> add(ReturnPathKey key);
  void remove(uint8_t id);
  const ReturnPathKey* newest() const { return keys_.empty() ? nullptr : &keys_.back(); }
  const ReturnPathKey* find(uint8_t id) const;

 private:
  std::vector<ReturnPathKey> keys_;
};

struct ReturnPath {
  MessageId message;
  uint32_t recipient = 0;  // index in the message, at most kReturnPathRecipients - 1
  WallTime expires;        // rounded up to whole days
  auto operator<=>(const ReturnPath&) const = default;
};

inline constexpr uint32_t kReturnPathRecipients = 1u << 16;

// The local part under `domain` (A-labels, any case).
Result<std::string> make_return_path(const ReturnPathKeys& keys, const ReturnPath& path,
                                     std::string_view domain);
Result<ReturnPath> parse_return_path(const ReturnPathKeys& keys, std::string_view local,
                                     std::string_view domain, WallTime now);

}  // namespace ph::smtp
