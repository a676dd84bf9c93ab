// Purpose: accepts TCP connections and hands each to a coroutine on one of several loops.
// Shapes: one listening socket a loop with SO_REUSEPORT; the port chosen by port 0 is the same for
//   all. Limits: open connections in all and of one client address (IPv6: its /64); over them a
//   connection gets `busy_reply` and is closed.
// Errors: EMFILE and ENFILE pause accepting for a moment and go on (no spin).
// Threads: start() and stop() any; the handler runs on its connection's loop.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "net/stream.h"

namespace ph::net {

struct ListenOptions {
  Endpoint at;
  unsigned connections = 2000;
  unsigned connections_per_client = 50;
  std::vector<ph::Network> proxies;  // each brings many clients: counted in all only
  std::string busy_reply;
};

using ConnectionHandler = std::function<Task<void>(std::unique_ptr<Stream>)>;

class Listener {
 public:
  static Result<std::unique_ptr<Listener>> start(std::span<Loop* const> loops,
                                                 ListenOptions options, ConnectionHandler handler);
  virtual ~Listener() = default;
  virtual Endpoint local() const = 0;
  // No new connections; those that are open go on.
  virtual void stop() = 0;
  virtual unsigned open() const = 0;
};

}  // namespace ph::net
