// Purpose: a small authoritative name server's brain: query octets in, response octets out.
// Shapes: answers for its zones with AA, NXDOMAIN or no data with SOA, CNAME chains inside the
//   zone, TC where UDP has no room, REFUSED for other names, FORMERR, NOTIMP, BADVERS.
// Threads: any.
// Spec: RFC 1034 §4.3.2, RFC 1035 §4.1.1, RFC 2308 §3, RFC 6891 §6.1.3, RFC 8482 (ANY).
// Not here: sockets (listener.h); recursion, transfers, updates.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dns/zone.h"

namespace ph::dns {

enum class Transport : uint8_t { udp, tcp };

// None: what came is no query, and silence is the answer.
std::optional<std::string> respond(std::span<const std::shared_ptr<Zone>> zones,
                                   std::string_view query, Transport transport);

}  // namespace ph::dns
