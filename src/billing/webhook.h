// Purpose: what a payment provider tells of a payment: who it comes from, and once.
// Shapes: the header is "t=UNIX,v1=HEX": the HMAC-SHA256 of "t.body" under billing.webhook_secret;
//   several v1 may stand there while a secret changes. At most kWebhookAge old. An event_id counts
//   once, a repeat with the same body gets the same answer.
// Errors: unauthenticated (signature, age, no secret set), not_found (account), conflict (another
//   body under this event_id, another amount under this reference).
// Threads: any loop; the functions pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "billing/billing.h"

namespace ph::billing {

struct WebhookSignature {
  int64_t at = 0;                    // UNIX seconds
  std::vector<std::string> digests;  // raw, 32 octets each
};
core::Outcome<WebhookSignature> parse_webhook_signature(std::string_view header);
// The header that a provider would send.
std::string sign_webhook(std::string_view secret, int64_t at, std::string_view body);
core::Outcome<> check_webhook(std::string_view secret, std::string_view header,
                              std::string_view body, WallTime now);

struct PaymentEvent {
  std::string event_id;
  int64_t app_id = 0;
  Payment payment;
};
struct PaymentCall {
  std::string signature;
  std::string body;
  std::string from;  // the client's address
  PaymentEvent event;
};

class Webhook {
 public:
  explicit Webhook(core::Context& context) : context_(context) {}
  net::Task<Outcome<>> take(PaymentCall call);

 private:
  core::Context& context_;
};

}  // namespace ph::billing
