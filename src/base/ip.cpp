#include "base/ip.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "base/text.h"

namespace ph {
namespace {

struct Special {
  const char* network;
};

// IANA IPv4 and IPv6 special-purpose address registries: what is not globally reachable unicast.
constexpr Special kSpecial[] = {
    {"0.0.0.0/8"},       {"10.0.0.0/8"},      {"100.64.0.0/10"}, {"127.0.0.0/8"},
    {"169.254.0.0/16"},  {"172.16.0.0/12"},   {"192.0.0.0/24"},  {"192.0.2.0/24"},
    {"192.88.99.0/24"},  {"192.168.0.0/16"},  {"198.18.0.0/15"}, {"198.51.100.0/24"},
    {"203.0.113.0/24"},  {"224.0.0.0/4"},     {"240.0.0.0/4"},   {"::/128"},
    {"::1/128"},         {"100::/64"},        {"2001::/23"},     {"2001:db8::/32"},
    {"3fff::/20"},       {"5f00::/16"},       {"fc00::/7"},      {"fe80::/10"},
    {"fec0::/10"},       {"ff00::/8"},
};

bool in_special_table(const IpAddress& ip) {
  static const auto table = [] {
    std::vector<Network> out;
    for (const auto& s : kSpecial) out.push_back(*Network::parse(s.network));
    return out;
  }();
  return std::ranges::any_of(table, [&](const Network& n) { return n.contains(ip); });
}

uint32_t big_endian(const uint8_t* at) {
  return (uint32_t{at[0]} << 24) | (uint32_t{at[1]} << 16) | (uint32_t{at[2]} << 8) | at[3];
}

}  // namespace

IpAddress IpAddress::v4(uint32_t n) {
  IpAddress ip;
  for (unsigned i = 0; i < 4; ++i) ip.bytes_[i] = static_cast<uint8_t>(n >> (24 - 8 * i));
  return ip;
}

IpAddress IpAddress::v6(const std::array<uint8_t, 16>& bytes) {
  constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (std::memcmp(bytes.data(), kMapped, 12) == 0) return v4(big_endian(bytes.data() + 12));
  IpAddress ip;
  ip.v4_ = false;
  ip.bytes_ = bytes;
  return ip;
}

Result<IpAddress> IpAddress::parse(std::string_view text) {
  std::string copy(text);
  std::array<uint8_t, 16> bytes{};
  if (text.size() < INET6_ADDRSTRLEN && copy.find('\0') == std::string::npos) {
    if (::inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1) return v4(big_endian(bytes.data()));
    if (::inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1) return v6(bytes);
  }
  return fail(Errc::invalid, "not an IP address");
}

uint32_t IpAddress::v4_number() const {
  PH_CHECK(v4_);
  return big_endian(bytes_.data());
}

std::string IpAddress::text() const {
  char buffer[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(v4_ ? AF_INET : AF_INET6, bytes_.data(), buffer, sizeof buffer);
  return buffer;
}

std::string IpAddress::reverse_name() const {
  if (v4_)
    return fmt::format("{}.{}.{}.{}.in-addr.arpa", bytes_[3], bytes_[2], bytes_[1], bytes_[0]);
  std::string out;
  for (size_t i = 16; i-- > 0;) out += fmt::format("{:x}.{:x}.", bytes_[i] & 15, bytes_[i] >> 4);
  return out + "ip6.arpa";
}

bool IpAddress::is_loopback() const {
  if (v4_) return bytes_[0] == 127;
  return *this == *parse("::1");
}

bool IpAddress::is_special() const {
  if (in_special_table(*this)) return true;
  if (v4_) return false;
  // An IPv4 address inside: 64:ff9b::/96 (RFC 6052), 2002::/16 (RFC 3056), ::/96 (RFC 4291).
  constexpr uint8_t kNat64[12] = {0, 0x64, 0xff, 0x9b};
  constexpr uint8_t kCompatible[12] = {};
  if (std::memcmp(bytes_.data(), kNat64, 12) == 0 ||
      std::memcmp(bytes_.data(), kCompatible, 12) == 0)
    return v4(big_endian(bytes_.data() + 12)).is_special();
  if (bytes_[0] == 0x20 && bytes_[1] == 0x02) return v4(big_endian(bytes_.data() + 2)).is_special();
  return false;
}

Result<Endpoint> Endpoint::parse(std::string_view text) {
  auto bad = [&] { return fail(Errc::invalid, fmt::format("'{}' is not address:port", text)); };
  size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad();
  std::string_view host = text.substr(0, colon);
  bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  auto address = IpAddress::parse(host);
  auto port = parse_number<uint16_t>(text.substr(colon + 1));
  if (!address || !port || (host.find(':') != std::string_view::npos) != bracketed) return bad();
  return Endpoint{*address, *port};
}

std::string Endpoint::text() const {
  return address.is_v4() ? fmt::format("{}:{}", address.text(), port)
                         : fmt::format("[{}]:{}", address.text(), port);
}

Result<Network> Network::parse(std::string_view text) {
  size_t slash = text.find('/');
  auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return fail(Errc::invalid, fmt::format("'{}' is not a network", text));
  unsigned width = address->is_v4() ? 32 : 128;
  unsigned prefix = width;
  if (slash != std::string_view::npos) {
    auto bits = parse_number<unsigned>(text.substr(slash + 1));
    if (!bits || *bits > width)
      return fail(Errc::invalid, fmt::format("'{}' is not a network", text));
    prefix = *bits;
  }
  return Network{*address, prefix};
}

bool Network::contains(const IpAddress& ip) const {
  if (ip.is_v4() != address.is_v4()) return false;
  for (unsigned bit = 0; bit < prefix; bit += 8) {
    unsigned rest = std::min(8u, prefix - bit);
    auto mask = static_cast<uint8_t>(0xff00u >> rest);
    if ((ip.bytes()[bit / 8] & mask) != (address.bytes()[bit / 8] & mask)) return false;
  }
  return true;
}

std::string Network::text() const { return fmt::format("{}/{}", address.text(), prefix); }

}  // namespace ph
