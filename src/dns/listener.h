// Purpose: the sockets of the built-in name server: UDP and TCP of one endpoint.
// Threads: start() and stop() any; it runs on the given loop.
// Errors: those of binding.
// Not here: what is answered (server.h).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "dns/server.h"
#include "net/listener.h"
#include "net/loop.h"

namespace ph::dns {

// Query octets to response octets; none is silence. Runs on the listener's loop.
using Responder = std::function<std::optional<std::string>(std::string_view, Transport)>;

class DnsListener {
 public:
  // Port 0: one that is free for UDP and TCP.
  static Result<std::unique_ptr<DnsListener>> start(net::Loop& loop, Endpoint at,
                                                    Responder responder);
  static Result<std::unique_ptr<DnsListener>> start(net::Loop& loop, Endpoint at,
                                                    std::vector<std::shared_ptr<Zone>> zones);
  ~DnsListener();
  Endpoint local() const;
  void stop();

 private:
  struct State;
  explicit DnsListener(std::shared_ptr<State> state);
  Result<> open(net::Loop& loop, Endpoint at);
  std::shared_ptr<State> state_;
};

}  // namespace ph::dns
