// Purpose: the configured DNS servers as libunbound sees them: one server on loopback that always
//   answers, so that nothing is held against them.
// Shapes: libunbound remembers by address that a server was silent, lame or without EDNS, and then
//   spares it questions about any name. Here silence teaches nothing: the server that answered
//   last is asked first, the next as well once it has said nothing for a moment, and the first
//   usable answer goes back octet for octet. Without one it is SERVFAIL, within `patience`.
// Threads: one of its own; everything here any.
// Errors: those of binding.
// Spec: RFC 5452 §9.2 (a port and an id of its own for each question).
// Not here: a cache, DNSSEC (unbound.h).
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "base/ip.h"
#include "base/limits.h"
#include "net/loop.h"

namespace ph::dns {

struct ForwarderOptions {
  std::vector<Endpoint> servers;
  Duration patience = limits::kDnsForward;     // all servers together
  Duration per_try = limits::kDnsForwardTry;   // then the next is asked as well
};

class Forwarder {
 public:
  static Result<std::unique_ptr<Forwarder>> start(ForwarderOptions options);
  ~Forwarder();
  Forwarder(const Forwarder&) = delete;
  // Where it listens: UDP only, answers of up to kDnsForwardedPayload octets in one datagram.
  Endpoint local() const;

 private:
  struct State;
  Forwarder() = default;

  std::unique_ptr<net::Loop> loop_;
  std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace ph::dns
