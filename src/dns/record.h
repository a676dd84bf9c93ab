// Purpose: resource records as values.
// Shapes: names in the form of wire_name.h; TTL in seconds, 0 to 2^31-1.
// Threads: any.
// Spec: RFC 1035 §3.3, RFC 3596 §2 (AAAA), RFC 6698 §2 (TLSA).
// Not here: their octets (codec.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ip.h"

namespace ph::dns {

// IANA "DNS Parameters", resource record types; other numbers pass through as Raw.
enum class Type : uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  ptr = 12,
  mx = 15,
  txt = 16,
  aaaa = 28,
  opt = 41,
  rrsig = 46,
  dnskey = 48,
  tlsa = 52,
  any = 255,
};

std::string type_name(Type type);                             // "MX", "TYPE65"
std::optional<Type> type_from_name(std::string_view name);

struct Mx {
  uint16_t preference = 0;
  std::string host;  // "." is the null MX (RFC 7505)
  auto operator<=>(const Mx&) const = default;
};

struct Txt {
  std::vector<std::string> strings;  // each at most 255 octets
  std::string joined() const;
  // Text of any length, cut into strings of 255 octets.
  static Txt of(std::string_view text);
  auto operator<=>(const Txt&) const = default;
};

struct Target {  // NS, CNAME, PTR
  std::string name;
  auto operator<=>(const Target&) const = default;
};

struct Soa {
  std::string primary;
  std::string mailbox;
  uint32_t serial = 1;
  uint32_t refresh = 3600;
  uint32_t retry = 600;
  uint32_t expire = 86400;
  uint32_t minimum = 60;  // also the TTL of absence (RFC 2308 §4)
  auto operator<=>(const Soa&) const = default;
};

struct Tlsa {
  uint8_t usage = 0;
  uint8_t selector = 0;
  uint8_t matching = 0;
  std::string data;  // octets
  auto operator<=>(const Tlsa&) const = default;
};

struct Raw {
  std::string bytes;
  auto operator<=>(const Raw&) const = default;
};

using RecordData = std::variant<IpAddress, Mx, Txt, Target, Soa, Tlsa, Raw>;

struct Record {
  std::string name;
  Type type = Type::a;
  uint32_t ttl = 0;
  RecordData data;
  bool operator==(const Record&) const = default;
};

Record a_record(std::string name, const IpAddress& address, uint32_t ttl);  // A or AAAA
Record mx_record(std::string name, Mx mx, uint32_t ttl);
Record txt_record(std::string name, Txt txt, uint32_t ttl);
Record cname_record(std::string name, std::string target, uint32_t ttl);

// The data as a zone file would show it: `10 mx.example.com.`, `"v=spf1 -all"`.
std::string data_text(const Record& record);

}  // namespace ph::dns
