// Purpose: where the mail of a domain goes: which hosts in which order, at which addresses, or why
//   nowhere.
// Shapes: pure steps over DNS answers: exchanges_of() says which hosts to look up, targets_of()
//   which addresses to try, in order, at most kMxAddressTries. find_targets() asks in between.
// Errors: only an authoritative absence, a null MX or a loop is permanent; SERVFAIL, time-outs and
//   bogus answers are temporary whatever else was found missing.
// Threads: the coroutine on its loop.
// Spec: RFC 5321 §5.1, RFC 7505, RFC 3463.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/ip.h"
#include "base/random.h"
#include "core/attempt.h"
#include "dns/resolver.h"
#include "net/task.h"

namespace ph::delivery {

enum class PrivateAddresses : uint8_t { refused, allowed };

struct MxRules {
  PrivateAddresses private_addresses = PrivateAddresses::refused;
  uint16_t port = 25;
  std::string mail_host;            // ours; empty: not known
  std::vector<Endpoint> listeners;  // our inbound ones
};

struct Exchange {
  std::string host;         // A-labels, lower case, no final dot
  uint16_t preference = 0;  // equal ones stand next to each other, in random order
};

struct Target {
  std::string host;  // for SNI, checks and reports; "[192.0.2.1]" for a literal
  Endpoint at;
  uint16_t preference = 0;
};

// Why there is nowhere to go.
struct NoTarget {
  core::AttemptOutcome outcome = core::AttemptOutcome::deferred;
  core::Cause cause = core::Cause::dns_temporary;
  std::string enhanced;
  std::string text;  // one sentence
};

struct HostAnswers {
  Exchange exchange;
  dns::Answer v4;
  dns::Answer v6;
};

std::variant<std::vector<Exchange>, NoTarget> exchanges_of(std::string_view domain,
                                                           const dns::Answer& mx,
                                                           const MxRules& rules, Random& random);
std::variant<std::vector<Target>, NoTarget> targets_of(std::string_view domain,
                                                       const std::vector<HostAnswers>& hosts,
                                                       const MxRules& rules, Random& random);
// An address literal, "[192.0.2.1]" or "[IPv6:…]".
std::variant<std::vector<Target>, NoTarget> literal_target(std::string_view domain,
                                                           const MxRules& rules);

struct Targets {
  std::vector<Target> list;
  std::optional<NoTarget> none;  // set when list is empty
};

net::Task<Targets> find_targets(dns::Resolver& resolver, std::string domain, MxRules rules,
                                Random& random, Deadline deadline);
// Of a fixed next hop: its name or address, whatever range it is in.
net::Task<Targets> find_route_targets(dns::Resolver& resolver, std::string host, uint16_t port,
                                      Random& random, Deadline deadline);

}  // namespace ph::delivery
