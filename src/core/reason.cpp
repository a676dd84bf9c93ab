#include "core/reason.h"

#include "base/log.h"

namespace ph::core {

#define CODE(name)   \
  case Reason::name: \
    return #name
std::string_view reason_code(Reason reason) {
  switch (reason) {
    CODE(malformed);
    CODE(invalid_field);
    CODE(missing_field);
    CODE(unknown_field);
    CODE(too_large);
    CODE(too_many_recipients);
    CODE(idempotency_mismatch);
    CODE(unauthenticated);
    CODE(second_factor_required);
    CODE(forbidden);
    CODE(not_found);
    CODE(conflict);
    CODE(account_not_activated);
    CODE(account_suspended);
    CODE(identity_required);
    CODE(allowance_exhausted);
    CODE(arrears);
    CODE(domain_not_verified);
    CODE(domain_suspended);
    CODE(domain_taken);
    CODE(domain_in_use);
    CODE(domain_public_suffix);
    CODE(domain_hosts_mailboxes);
    CODE(address_not_found);
    CODE(sender_mismatch);
    CODE(domain_limit);
    CODE(address_limit);
    CODE(key_limit);
    CODE(user_limit);
    CODE(daily_limit);
    CODE(domain_blocked);
    CODE(provider_blocked);
    CODE(mailbox_rate_limit);
    CODE(request_rate_limit);
    CODE(bad_message);
    CODE(bad_recipient);
    CODE(needs_smtputf8);
    CODE(loop_detected);
    CODE(temporary);
    CODE(storage_full);
    CODE(shutting_down);
    CODE(internal);
  }
  return "internal";
}
#undef CODE

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
