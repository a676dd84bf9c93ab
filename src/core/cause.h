// Purpose: the closed list of why a recipient stands where it stands: every move in the queue has
//   one, and "why is this mail still here?" is a look-up.
// Shapes: cause_name() is the stable word in rows, events, REST and the console.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ph::core {

enum class Cause : uint8_t {
  // waiting, nothing tried yet
  accepted,            // just accepted, goes to its window at once
  restarted,           // found in the store at start
  site_window_full,    // the destination has as many sessions as it may have now
  dns_lookup,          // its MX is being looked up
  attempting,          // in a session now
  held,                // an operator or the account holds it
  retry_asked,         // somebody asked for a retry now
  delivery_suspended,  // delivery as a whole is suspended
  interrupted,         // the process ended while the receiver may have had it already
  // tried, will be tried again
  temporary_reply,  // 4xx
  session_refused,  // 5xx to the connection, before any message was named
  greylisted,       // 4xx that says so
  rate_limited,     // 4xx that says so, or 421 4.7.x
  connect_failed,   // no address of any MX took the connection
  connection_lost,  // ended before the end of data
  reply_lost,       // ended after the final dot: may have been delivered (RFC 1047)
  session_timeout,
  dns_temporary,   // SERVFAIL, time-out, bogus
  tls_failed,      // TLS was required and could not be had
  protocol_error,  // the receiver's bytes are no SMTP
  local_error,     // our disk, key or memory
  // finished
  delivered,
  permanent_reply,    // 5xx
  no_such_domain,     // NXDOMAIN, or neither MX nor address
  null_mx,            // RFC 7505
  mx_is_us,           // would loop back to us
  mx_not_allowed,     // only private or special addresses
  needs_smtputf8,     // the receiver lacks SMTPUTF8
  needs_8bitmime,     // the receiver lacks 8BITMIME (RFC 6152)
  message_too_large,  // more than the receiver's SIZE
  bounced_later,      // a failure report came to the return path
  expired,            // not delivered within its lifetime
  cancelled,
};

// Whether a bounce says that there is no such address: `enhanced` as "5.1.1" (RFC 3463 §3.2), or
// else the reply's code.
bool means_invalid_address(Cause cause, int code, std::string_view enhanced);

std::string_view cause_name(Cause cause);
std::optional<Cause> parse_cause(std::string_view name);

}  // namespace ph::core
