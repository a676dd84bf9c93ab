#include "smtpd/listeners.h"

#include <fmt/format.h>

#include "base/limits.h"

namespace ph::smtpd {

Result<Listeners> Listeners::start(std::span<net::Loop* const> loops,
                                   const std::vector<Endpoint>& at,
                                   net::ConnectionHandler handler) {
  Listeners out;
  for (const Endpoint& endpoint : at) {
    net::ListenOptions options{.at = endpoint,
                               .connections = limits::kSmtpSessions,
                               .connections_per_client = limits::kSmtpSessionsPerClient,
                               .busy_reply = "421 4.7.0 Too many connections\r\n"};
    auto listener = net::Listener::start(loops, std::move(options), handler);
    if (!listener)
      return fail(listener.error().code,
                  fmt::format("listen on {}: {}", endpoint.text(), listener.error().message));
    out.listeners_.push_back(std::move(*listener));
  }
  return out;
}

std::vector<Endpoint> Listeners::locals() const {
  std::vector<Endpoint> out;
  for (const auto& listener : listeners_) out.push_back(listener->local());
  return out;
}

void Listeners::stop() {
  for (auto& listener : listeners_) listener->stop();
}

}  // namespace ph::smtpd
