// No octets pass for a return path of ours, but those that we made. Octet 0 chooses what to change.
#include <cstdint>

#include "base/check.h"
#include "base/text.h"
#include "smtp/return_path.h"

using namespace ph;
using namespace ph::smtp;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ReturnPathKeys keys;
  PH_CHECK(keys.add({7, "0123456789abcdef0123456789abcdef"}).has_value());
  std::string_view text(reinterpret_cast<const char*>(data), size);
  WallTime now = WallTime::from_seconds(1'800'000'000);
  PH_CHECK(!parse_return_path(keys, text, "mail.example", now).has_value());
  if (size < 3) return 0;
  ReturnPath path{MessageId(1 + data[0]), data[1], now + std::chrono::hours(24)};
  std::string local = make_return_path(keys, path, "mail.example").value();
  PH_CHECK(parse_return_path(keys, local, "MAIL.example", now)->recipient == path.recipient);
  std::string changed = local;
  changed[data[2] % changed.size()] = static_cast<char>(data[0]);
  bool same = iequals(changed, local);
  PH_CHECK(parse_return_path(keys, changed, "mail.example", now).has_value() == same);
  return 0;
}
