#include "api/rest/problem.h"

#include <algorithm>

#include "json/json.h"

namespace ph::rest {

int status_of(core::Reason reason) {
  using core::Reason;
  switch (reason) {
    case Reason::malformed:
      return 400;
    case Reason::invalid_field:
    case Reason::missing_field:
    case Reason::unknown_field:
    case Reason::bad_message:
    case Reason::bad_recipient:
    case Reason::needs_smtputf8:
    case Reason::loop_detected:
      return 422;
    case Reason::too_large:
      return 413;
    case Reason::too_many_recipients:
      return 422;
    case Reason::idempotency_mismatch:
    case Reason::conflict:
      return 409;
    case Reason::unauthenticated:
    case Reason::second_factor_required:
      return 401;
    case Reason::allowance_exhausted:
    case Reason::arrears:
      return 402;
    case Reason::forbidden:
      return 403;
    case Reason::not_found:
      return 404;
    case Reason::account_not_activated:
    case Reason::account_suspended:
    case Reason::identity_required:
    case Reason::domain_not_verified:
    case Reason::domain_suspended:
    case Reason::address_not_found:
    case Reason::sender_mismatch:
      return 403;
    case Reason::domain_taken:
    case Reason::domain_in_use:
      return 409;
    case Reason::domain_public_suffix:
    case Reason::domain_hosts_mailboxes:
      return 422;
    case Reason::domain_limit:
    case Reason::address_limit:
    case Reason::key_limit:
    case Reason::user_limit:
      return 409;
    case Reason::daily_limit:
    case Reason::domain_blocked:
    case Reason::provider_blocked:
    case Reason::mailbox_rate_limit:
    case Reason::request_rate_limit:
      return 429;
    case Reason::temporary:
      return 503;
    case Reason::storage_full:
      return 507;
    case Reason::shutting_down:
      return 503;
    case Reason::internal:
      return 500;
  }
  return 500;
}

const char* status_title(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 415:
      return "Unsupported Media Type";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 503:
      return "Service Unavailable";
    case 507:
      return "Insufficient Storage";
    default:
      return "Internal Server Error";
  }
}

net::HttpResponse problem_with_status(int status, const core::Refusal& refusal) {
  json::Value body = json::Value::object({{"type", "about:blank"},
                                          {"title", status_title(status)},
                                          {"status", status},
                                          {"reason", core::reason_code(refusal.reason)},
                                          {"detail", refusal.detail}});
  if (!refusal.field.empty()) body.set("field", refusal.field);
  net::HttpResponse out;
  out.status = status;
  out.headers.push_back({"Content-Type", "application/problem+json"});
  if (status == 401) out.headers.push_back({"WWW-Authenticate", "Bearer"});
  if (status == 429 || status == 503 || status == 507) {
    auto wait = std::chrono::ceil<std::chrono::seconds>(refusal.retry_after);
    int64_t seconds = std::max<int64_t>(1, wait.count());
    out.headers.push_back({"Retry-After", std::to_string(seconds)});
  }
  out.body = json::serialize(body);
  return out;
}

net::HttpResponse problem(const core::Refusal& refusal) {
  return problem_with_status(status_of(refusal.reason), refusal);
}

}  // namespace ph::rest
