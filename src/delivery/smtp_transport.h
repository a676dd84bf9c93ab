// Purpose: the real Transport: sessions over TCP, kept for reuse per hop.
// Shapes: an idle session lives kConnectionIdle and serves kConnectionUses messages; at most
//   kIdleSessions wait. One that dies before MAIL is taken is replaced once by a fresh one, which
//   counts as nothing. A hop's TLS sessions are remembered, so that its next connection makes a
//   short handshake; one that fails with them is made again in full. Opportunistic TLS whose
//   handshake breaks is tried again in plain, on a connection of its own (RFC 7435 §3).
// Threads: one loop.
#pragma once

#include <list>
#include <map>
#include <memory>

#include "delivery/session.h"

namespace ph::delivery {

struct SmtpTransportOptions {
  net::Network* network = nullptr;
  Clock* clock = nullptr;
  std::string helo;
  Duration idle{};  // how long an unused session is kept; 0: none is
  smtp::ClientWaits waits{};
};

class SmtpTransport : public Transport {
 public:
  explicit SmtpTransport(SmtpTransportOptions options);
  ~SmtpTransport() override;

  net::Task<Carried> carry(Hop hop, Parcel parcel, Duration connect, Deadline deadline) override;
  bool has_idle(const Hop& hop) const override;
  void close_idle() override;

 private:
  struct Pool;
  std::shared_ptr<Pool> pool_;
};

}  // namespace ph::delivery
