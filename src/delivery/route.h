// Purpose: fixed next hops: which destinations do not go by MX, and where they go instead.
// Shapes: `match` is a domain (A-labels), "*.suffix" for every name below it, or "*" for all. An
//   exact match wins over a suffix, a longer suffix over a shorter, "*" comes last; among equals
//   the first listed.
// Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ph::delivery {

enum class RouteTls : uint8_t {
  none,           // never
  opportunistic,  // where offered, whatever the certificate; in plain where it fails
  require,        // encrypted or not at all, whatever the certificate
  verify,         // encrypted, and chain and name hold
  // TLS from the first byte (RFC 8314 §3.3); as require, and as verify where a password is sent
  implicit,
};

struct Route {
  std::string match;
  std::string host;  // a name, or an address
  uint16_t port = 25;
  RouteTls tls = RouteTls::opportunistic;
  std::string user;  // empty: no AUTH
  std::string password;
};

class Routes {
 public:
  Routes() = default;
  // Refuses a pattern or host that can never work; the field is "delivery.routes[2].match".
  static Result<Routes> make(std::vector<Route> routes);

  const Route* find(std::string_view domain) const;
  // Whose window a destination uses: the next hop where one is fixed, else the domain itself.
  std::string site(std::string_view domain) const;

 private:
  std::vector<Route> routes_;
};

// Whether the certificate has to hold.
bool verifies(RouteTls tls, bool login);

Result<RouteTls> parse_route_tls(std::string_view word);
std::string_view route_tls_name(RouteTls tls);

}  // namespace ph::delivery
