#include "smtpd/reason_reply.h"

namespace ph::smtpd {
namespace {

struct Codes {
  int code;
  smtp::EnhancedStatus status;
};

Codes codes_of(core::Reason reason) {
  using core::Reason;
  switch (reason) {
    case Reason::malformed:
    case Reason::invalid_field:
    case Reason::missing_field:
    case Reason::unknown_field:
    case Reason::bad_message:
      return {554, {5, 6, 0}};
    case Reason::too_large:
      return {552, {5, 3, 4}};
    case Reason::too_many_recipients:
      return {452, {4, 5, 3}};
    case Reason::idempotency_mismatch:
    case Reason::conflict:
      return {554, {5, 5, 0}};
    case Reason::unauthenticated:
    case Reason::second_factor_required:
      return {535, {5, 7, 8}};
    case Reason::forbidden:
      return {550, {5, 7, 1}};
    case Reason::not_found:
      return {550, {5, 7, 1}};
    case Reason::account_not_activated:
    case Reason::account_suspended:
    case Reason::identity_required:
      return {550, {5, 7, 1}};
    case Reason::domain_not_verified:
    case Reason::domain_suspended:
    case Reason::domain_taken:
    case Reason::domain_in_use:
    case Reason::domain_public_suffix:
    case Reason::domain_hosts_mailboxes:
      return {550, {5, 7, 1}};
    case Reason::address_not_found:
    case Reason::sender_mismatch:
      return {550, {5, 7, 1}};
    case Reason::domain_limit:
    case Reason::address_limit:
    case Reason::key_limit:
    case Reason::user_limit:
      return {552, {5, 2, 2}};
    case Reason::allowance_exhausted:
    case Reason::arrears:
    case Reason::daily_limit:
    case Reason::domain_blocked:
    case Reason::provider_blocked:
    case Reason::mailbox_rate_limit:
    case Reason::request_rate_limit:
      return {451, {4, 7, 1}};
    case Reason::bad_recipient:
      return {553, {5, 1, 3}};
    case Reason::needs_smtputf8:
      return {553, {5, 6, 7}};
    case Reason::loop_detected:
      return {554, {5, 4, 6}};
    case Reason::temporary:
      return {451, {4, 3, 0}};
    case Reason::storage_full:
      return {452, {4, 3, 1}};
    case Reason::shutting_down:
      return {421, {4, 3, 2}};
    case Reason::internal:
      return {451, {4, 3, 0}};
  }
  return {451, {4, 3, 0}};
}

}  // namespace

smtp::Reply reason_reply(const core::Refusal& refusal) {
  Codes codes = codes_of(refusal.reason);
  return {codes.code, codes.status, refusal.detail};
}

}  // namespace ph::smtpd
