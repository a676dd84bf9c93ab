// Purpose: reads a delivery report: multipart/report with a message/delivery-status in it.
// Shapes: recipients in order, at most limits::kDsnRecipients; texts unfolded and cut at
//   limits::kDsnText.
// Threads: any.
// Errors: not_found when the message is no delivery report; limit from the parser.
// Spec: RFC 3464 §2, RFC 6533 §3 (the UTF-8 form), RFC 6522 §3.
// Not here: which message it is about by our own return path; free-form bounces (feedback/).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ph::mime {

enum class DsnAction : uint8_t { failed, delayed, delivered, relayed, expanded, unknown };
const char* dsn_action_name(DsnAction action);

struct DsnRecipient {
  std::string original;  // address without its type; empty when not said
  std::string final;
  DsnAction action = DsnAction::unknown;
  std::string status;      // "5.1.1"; empty when it has no such form
  std::string diagnostic;  // without its type: "550 5.1.1 no such user"
  std::string remote_mta;
};

struct DeliveryReport {
  std::string reporting_mta;
  std::string envelope_id;
  std::string original_message_id;  // of the returned message or headers, without <>
  std::vector<DsnRecipient> recipients;
  bool truncated = false;
};

Result<DeliveryReport> parse_delivery_report(std::string_view message);

}  // namespace ph::mime
