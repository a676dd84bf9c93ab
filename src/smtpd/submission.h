// Purpose: SMTP submission: a person's program signs in as a sender address, and sends as it.
// Shapes: AUTH is required, and offered under TLS only. The envelope sender is the address or <>;
//   core holds From to it. 250 carries the message id and means that the mail is durable.
// Threads: sessions on their loops.
// Spec: RFC 6409, RFC 8314 §3.3, RFC 4954.
#pragma once

#include <span>

#include "core/address.h"
#include "core/send.h"
#include "net/tls.h"
#include "smtpd/listeners.h"

namespace ph::smtpd {

struct SubmissionOptions {
  std::vector<net::Loop*> loops;
  std::vector<Endpoint> listen;      // STARTTLS
  std::vector<Endpoint> tls_listen;  // TLS from the first byte
  std::shared_ptr<net::TlsServerContext> tls;
  std::string hostname;
  Clock& clock;
  core::Addresses& addresses;
  core::Sender& sender;
};

class Submission {
 public:
  static Result<std::unique_ptr<Submission>> start(SubmissionOptions options);
  std::vector<Endpoint> locals() const { return locals_; }
  std::vector<Endpoint> tls_locals() const { return tls_locals_; }
  void stop() { listeners_.stop(); }
  net::Task<bool> drained(Deadline deadline) const { return listeners_.drained(deadline); }

 private:
  Listeners listeners_;
  std::vector<Endpoint> locals_, tls_locals_;
};

}  // namespace ph::smtpd
