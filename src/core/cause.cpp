#include "core/cause.h"

namespace ph::core {

std::string_view cause_name(Cause cause) {
  switch (cause) {
    case Cause::accepted:
      return "accepted";
    case Cause::restarted:
      return "restarted";
    case Cause::site_window_full:
      return "site_window_full";
    case Cause::dns_lookup:
      return "dns_lookup";
    case Cause::attempting:
      return "attempting";
    case Cause::held:
      return "held";
    case Cause::retry_asked:
      return "retry_asked";
    case Cause::delivery_suspended:
      return "delivery_suspended";
    case Cause::interrupted:
      return "interrupted";
    case Cause::temporary_reply:
      return "temporary_reply";
    case Cause::session_refused:
      return "session_refused";
    case Cause::greylisted:
      return "greylisted";
    case Cause::rate_limited:
      return "rate_limited";
    case Cause::connect_failed:
      return "connect_failed";
    case Cause::connection_lost:
      return "connection_lost";
    case Cause::reply_lost:
      return "reply_lost";
    case Cause::session_timeout:
      return "session_timeout";
    case Cause::dns_temporary:
      return "dns_temporary";
    case Cause::tls_failed:
      return "tls_failed";
    case Cause::protocol_error:
      return "protocol_error";
    case Cause::local_error:
      return "local_error";
    case Cause::delivered:
      return "delivered";
    case Cause::permanent_reply:
      return "permanent_reply";
    case Cause::no_such_domain:
      return "no_such_domain";
    case Cause::null_mx:
      return "null_mx";
    case Cause::mx_is_us:
      return "mx_is_us";
    case Cause::mx_not_allowed:
      return "mx_not_allowed";
    case Cause::needs_smtputf8:
      return "needs_smtputf8";
    case Cause::needs_8bitmime:
      return "needs_8bitmime";
    case Cause::message_too_large:
      return "message_too_large";
    case Cause::bounced_later:
      return "bounced_later";
    case Cause::expired:
      return "expired";
    case Cause::cancelled:
      return "cancelled";
  }
  return "local_error";
}

std::optional<Cause> parse_cause(std::string_view name) {
  for (int i = 0; i <= static_cast<int>(Cause::cancelled); ++i) {
    auto cause = static_cast<Cause>(i);
    if (cause_name(cause) == name) return cause;
  }
  return std::nullopt;
}

bool means_invalid_address(Cause cause, int code, std::string_view enhanced) {
  if (cause == Cause::no_such_domain || cause == Cause::null_mx) return true;
  if (cause != Cause::permanent_reply && cause != Cause::bounced_later) return false;
  if (!enhanced.empty()) return enhanced.starts_with("5.1.");
  return code == 550 || code == 551 || code == 553;  // RFC 5321 §4.2.3
}

}  // namespace ph::core
