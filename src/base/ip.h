// Purpose: an IP address, an address with port, and a network, as values.
// Spec: RFC 5952 (text of IPv6), RFC 4291 §2.5.5.2 (IPv4-mapped addresses are kept as IPv4).
// Not here: sockets (net/), SMTP address literals (smtp/).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ph {

class IpAddress {
 public:
  IpAddress() = default;  // 0.0.0.0
  static IpAddress v4(uint32_t host_order);
  static IpAddress v6(const std::array<uint8_t, 16>& bytes);
  static Result<IpAddress> parse(std::string_view text);

  bool is_v4() const { return v4_; }
  bool is_v6() const { return !v4_; }
  uint32_t v4_number() const;                                  // host order; is_v4() only
  const std::array<uint8_t, 16>& bytes() const { return bytes_; }  // IPv4: the first four
  std::string text() const;
  // Names for PTR look-ups: 4.3.2.1.in-addr.arpa / nibbles.ip6.arpa, no final dot.
  std::string reverse_name() const;

  bool is_loopback() const;
  // Not a public unicast address: loopback, RFC 1918, link-local, CGN, ULA, multicast, reserved,
  // documentation, NAT64 and 6to4 forms of these (IANA special-purpose registries).
  bool is_special() const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  bool v4_ = true;
  std::array<uint8_t, 16> bytes_{};
};

struct Endpoint {
  IpAddress address;
  uint16_t port = 0;
  static Result<Endpoint> parse(std::string_view text);  // 127.0.0.1:25, [::1]:25
  std::string text() const;
  auto operator<=>(const Endpoint&) const = default;
};

struct Network {
  IpAddress address;
  unsigned prefix = 32;  // bits
  static Result<Network> parse(std::string_view text);  // 10.0.0.0/8, or one address
  bool contains(const IpAddress& ip) const;
  std::string text() const;
};

}  // namespace ph
