// Purpose: the listeners of one door: several endpoints, one way to serve a connection.
// Threads: start() and stop() any.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "net/listener.h"

namespace ph::smtpd {

class Listeners {
 public:
  static Result<Listeners> start(std::span<net::Loop* const> loops, const std::vector<Endpoint>& at,
                                 net::ConnectionHandler handler);
  std::vector<Endpoint> locals() const;
  void stop();

 private:
  std::vector<std::unique_ptr<net::Listener>> listeners_;
};

}  // namespace ph::smtpd
