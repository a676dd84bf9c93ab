// Purpose: what comes back to a signed return path: stored, told as an event, and where it is a
//   plain failure report, the recipient is marked bounced.
// Shapes: kinds: "failure" (RFC 3464, action failed, status 5), "delay", "report" (another RFC 3464
//   one), "reply" (anything else). A failure counts for the recipient of the one return path to
//   which it came; one that came to several marks nobody. What a path's message is gone for is
//   taken and forgotten.
// Errors: mailbox_rate_limit (report_rate.h), temporary ones of the store; the sender tries again,
//   and nothing was kept.
// Threads: any loop.
// Spec: RFC 3464 §2.3.3, §2.3.4.
// Not here: which return path is valid (smtp/return_path.h).
#pragma once

#include <string>
#include <vector>

#include "core/context.h"
#include "core/reason.h"
#include "feedback/report_rate.h"
#include "smtp/return_path.h"

namespace ph::feedback {

struct Report {
  std::vector<smtp::ReturnPath> paths;  // to which it came
  std::string content;  // RFC 5322 bytes
};

class Reports {
 public:
  explicit Reports(core::Context& context) : context_(context), rate_(context.clock) {}
  net::Task<core::Outcome<>> take(Report report);

 private:
  core::Context& context_;
  ReportRate rate_;
};

struct Judgement {
  std::string kind;
  std::string reply;  // "550 5.1.1 no such user", of the failed recipient
};

// Pure: what the bytes say.
Judgement judge_report(std::string_view content);

}  // namespace ph::feedback
