// Purpose: what the queue asks of delivery, and what delivery says happened: one recipient, one
//   attempt.
// Shapes: an order names one row of `recipient` and shares its message and content with the other
//   recipients of the same message. A result is a fact; when to try again is the queue's to decide.
// Threads: values; the shared parts are immutable.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/clock.h"
#include "core/cause.h"
#include "store/message.h"
#include "store/recipient.h"

namespace ph::core {

struct AttemptOrder {
  std::shared_ptr<const store::MessageRow> message;
  store::RecipientRow recipient;
  std::shared_ptr<const std::string> content;  // RFC 5322 bytes, unsigned, CRLF
  // Whether the lease under which this was started still holds: asked before MAIL and before the
  // final dot, on any thread; empty: it does.
  std::function<bool()> owned;
  // Called right before the final dot, on whichever thread sends it: from here on the receiver may
  // have the message, whatever becomes of this process; empty: nobody wants to know.
  std::function<void()> handing_over;
};

enum class AttemptOutcome : uint8_t { delivered, deferred, bounced };

struct AttemptResult {
  AttemptOutcome outcome = AttemptOutcome::deferred;
  Cause cause = Cause::local_error;
  int code = 0;          // of the receiver's reply, 0 when there was none
  std::string enhanced;  // "5.1.1", of the reply or of ours (RFC 3463)
  std::string reply;     // the receiver's words, or ours; at most limits::kReplyKept octets
  std::string host;      // the MX or next hop that was spoken to last
  std::string address;   // its address and port
  std::string tls;       // "TLSv1.3 TLS_AES_256_GCM_SHA384", empty in plain
  Duration duration{};
  std::string transcript;  // at most limits::kTranscriptBytes
};

}  // namespace ph::core
