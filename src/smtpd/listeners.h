// Purpose: the listeners of one door: several endpoints, one way to serve a connection, and one
//   group of sessions.
// Shapes: stop() takes no new connection and ends the sessions that wait for a command (421); what
//   is under way goes on. drained() tells when the last has ended.
// Threads: start(), stop() and open() any; drained() a loop.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "net/listener.h"
#include "smtpio/session_group.h"

namespace ph::smtpd {

class Listeners {
 public:
  Listeners() : group_(smtpio::SessionGroup::make()) {}
  // Adds endpoints, and gives where they are.
  Result<std::vector<Endpoint>> add(std::span<net::Loop* const> loops,
                                    const std::vector<Endpoint>& at,
                                    const net::ConnectionHandler& handler);
  const std::shared_ptr<smtpio::SessionGroup>& group() const { return group_; }
  void stop();
  unsigned open() const { return group_->open(); }
  net::Task<bool> drained(Deadline deadline) const {
    return smtpio::SessionGroup::drained(group_, deadline);
  }

 private:
  std::shared_ptr<smtpio::SessionGroup> group_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
};

}  // namespace ph::smtpd
