#include "smtpd/listeners.h"

#include <fmt/format.h>

#include "base/limits.h"

namespace ph::smtpd {

Result<std::vector<Endpoint>> Listeners::add(std::span<net::Loop* const> loops,
                                             const std::vector<Endpoint>& at,
                                             const net::ConnectionHandler& handler) {
  std::vector<Endpoint> locals;
  for (const Endpoint& endpoint : at) {
    net::ListenOptions options{.at = endpoint,
                               .connections = limits::kSmtpSessions,
                               .connections_per_client = limits::kSmtpSessionsPerClient,
                               .busy_reply = "421 4.7.0 Too many connections\r\n"};
    auto listener = net::Listener::start(loops, std::move(options), handler);
    if (!listener)
      return fail(listener.error().code,
                  fmt::format("listen on {}: {}", endpoint.text(), listener.error().message));
    locals.push_back((*listener)->local());
    listeners_.push_back(std::move(*listener));
  }
  return locals;
}

void Listeners::stop() {
  for (auto& listener : listeners_) listener->stop();
  group_->stop();
}

}  // namespace ph::smtpd
