#include "core/reason.h"

#include "base/log.h"

namespace ph::core {

std::string_view reason_code(Reason reason) {
  switch (reason) {
    case Reason::malformed:
      return "malformed";
    case Reason::invalid_field:
      return "invalid_field";
    case Reason::missing_field:
      return "missing_field";
    case Reason::unknown_field:
      return "unknown_field";
    case Reason::too_large:
      return "too_large";
    case Reason::too_many_recipients:
      return "too_many_recipients";
    case Reason::idempotency_mismatch:
      return "idempotency_mismatch";
    case Reason::unauthenticated:
      return "unauthenticated";
    case Reason::second_factor_required:
      return "second_factor_required";
    case Reason::forbidden:
      return "forbidden";
    case Reason::not_found:
      return "not_found";
    case Reason::conflict:
      return "conflict";
    case Reason::account_not_activated:
      return "account_not_activated";
    case Reason::account_suspended:
      return "account_suspended";
    case Reason::identity_required:
      return "identity_required";
    case Reason::allowance_exhausted:
      return "allowance_exhausted";
    case Reason::arrears:
      return "arrears";
    case Reason::domain_not_verified:
      return "domain_not_verified";
    case Reason::domain_suspended:
      return "domain_suspended";
    case Reason::domain_taken:
      return "domain_taken";
    case Reason::domain_in_use:
      return "domain_in_use";
    case Reason::domain_public_suffix:
      return "domain_public_suffix";
    case Reason::domain_hosts_mailboxes:
      return "domain_hosts_mailboxes";
    case Reason::address_not_found:
      return "address_not_found";
    case Reason::sender_mismatch:
      return "sender_mismatch";
    case Reason::domain_limit:
      return "domain_limit";
    case Reason::address_limit:
      return "address_limit";
    case Reason::key_limit:
      return "key_limit";
    case Reason::user_limit:
      return "user_limit";
    case Reason::daily_limit:
      return "daily_limit";
    case Reason::domain_blocked:
      return "domain_blocked";
    case Reason::provider_blocked:
      return "provider_blocked";
    case Reason::mailbox_rate_limit:
      return "mailbox_rate_limit";
    case Reason::request_rate_limit:
      return "request_rate_limit";
    case Reason::bad_message:
      return "bad_message";
    case Reason::bad_recipient:
      return "bad_recipient";
    case Reason::needs_smtputf8:
      return "needs_smtputf8";
    case Reason::loop_detected:
      return "loop_detected";
    case Reason::temporary:
      return "temporary";
    case Reason::storage_full:
      return "storage_full";
    case Reason::shutting_down:
      return "shutting_down";
    case Reason::internal:
      return "internal";
  }
  return "internal";
}

std::unexpected<Refusal> refuse(const Error& error) {
  auto as = [&](Reason reason) { return refuse(reason, error.message, error.field); };
  switch (error.code) {
    case Errc::invalid:
      return as(Reason::invalid_field);
    case Errc::not_found:
      return as(Reason::not_found);
    case Errc::conflict:
      return as(Reason::conflict);
    case Errc::denied:
      return as(Reason::forbidden);
    case Errc::limit:
      return as(Reason::temporary);
    case Errc::temporary:
    case Errc::timeout:
    case Errc::closed:
      return as(Reason::temporary);
    case Errc::io:
    case Errc::corrupt:
    case Errc::unsupported:
    case Errc::internal:
      break;
  }
  // What the machine said is for the log; a caller learns that it is our fault.
  log::error("internal failure", {{"kind", errc_name(error.code)}, {"detail", error.message}});
  // A device that failed has ended the store: the next start takes what is sent again.
  if (error.code == Errc::io)
    return refuse(Reason::temporary, "The service cannot store anything. Try again later.");
  return refuse(Reason::internal, "The service failed on its side. It has been logged.");
}

}  // namespace ph::core
