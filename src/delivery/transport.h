// Purpose: carries one message for one recipient to one address: the seam between deciding where
//   and speaking SMTP.
// Shapes: SmtpTransport (smtp_transport.h) is the real one; FakeTransport (fake_transport.h) is
//   told what to answer.
// Threads: one loop.
// Errors: in Carried; there is always one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/deadline.h"
#include "base/ip.h"
#include "core/attempt.h"
#include "delivery/route.h"
#include "net/task.h"

namespace ph::delivery {

// Sessions of equal hops may be used for each other's mail.
struct Hop {
  std::string host;  // for SNI and the check of the certificate
  Endpoint at;
  RouteTls tls = RouteTls::opportunistic;
  std::string user;  // empty: no AUTH
  std::string password;
  auto operator<=>(const Hop&) const = default;
};

struct Parcel {
  std::string sender;     // without <>
  std::string recipient;  // A-labels where the local part allows
  std::string signatures;  // header fields to stand before the content
  std::shared_ptr<const std::string> content;
  bool eight_bit = false;
  bool utf8_headers = false;
  // Asked before MAIL and before the final dot: false abandons the connection.
  std::function<bool()> owned;
  std::function<void()> handing_over;  // called right before the final dot
};

// Whether another address of the destination may still take the message now.
enum class Next : uint8_t { stop, other_address };

struct Carried {
  core::AttemptOutcome outcome = core::AttemptOutcome::deferred;
  core::Cause cause = core::Cause::connect_failed;
  Next next = Next::stop;
  int code = 0;
  std::string enhanced;
  std::string reply;
  std::string tls;
  std::string transcript;
};

class Transport {
 public:
  virtual ~Transport() = default;
  // `connect` bounds the TCP connect, `deadline` all.
  virtual net::Task<Carried> carry(Hop hop, Parcel parcel, Duration connect,
                                   Deadline deadline) = 0;
  // An open session to this hop waits for work.
  virtual bool has_idle(const Hop& hop) const = 0;
  // Ends idle sessions; none is kept from now on.
  virtual void close_idle() = 0;
};

}  // namespace ph::delivery
