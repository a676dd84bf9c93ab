// Purpose: incoming SMTP: takes mail for valid signed return paths of ours, and nothing else.
// Shapes: another recipient gets 550 5.1.1; nothing is ever relayed. The message is durable before
//   250.
// Threads: sessions on their loops.
#pragma once

#include "feedback/reports.h"
#include "net/tls.h"
#include "smtpd/listeners.h"

namespace ph::smtpd {

struct InboundOptions {
  std::vector<net::Loop*> loops;
  std::vector<Endpoint> listen;
  std::shared_ptr<net::TlsServerContext> tls;
  std::string hostname;
  Clock& clock;
  const smtp::ReturnPathKeys& keys;
  feedback::Reports& reports;
};

class Inbound {
 public:
  static Result<std::unique_ptr<Inbound>> start(InboundOptions options);
  std::vector<Endpoint> locals() const { return locals_; }
  void stop() { listeners_.stop(); }
  net::Task<bool> drained(Deadline deadline) const { return listeners_.drained(deadline); }

 private:
  Listeners listeners_;
  std::vector<Endpoint> locals_;
};

}  // namespace ph::smtpd
