// Purpose: the relay listener: mail without AUTH from the networks in relay.trusted, on behalf of
//   one account whose verified domains still bind the sender.
// Shapes: another client gets 554 in the greeting's place. The account may be created later: until
//   then every MAIL is answered 451.
// Threads: sessions on their loops.
#pragma once

#include "core/account.h"
#include "core/send.h"
#include "net/tls.h"
#include "smtpd/listeners.h"

namespace ph::smtpd {

struct RelayOptions {
  std::vector<net::Loop*> loops;
  std::vector<Endpoint> listen;
  std::vector<Network> trusted;
  std::string account;  // name or number
  std::shared_ptr<net::TlsServerContext> tls;
  std::string hostname;
  Clock& clock;
  core::Accounts& accounts;
  core::Sender& sender;
};

class Relay {
 public:
  static Result<std::unique_ptr<Relay>> start(RelayOptions options);
  std::vector<Endpoint> locals() const { return locals_; }
  void stop() { listeners_.stop(); }
  net::Task<bool> drained(Deadline deadline) const { return listeners_.drained(deadline); }

 private:
  Listeners listeners_;
  std::vector<Endpoint> locals_;
};

}  // namespace ph::smtpd
