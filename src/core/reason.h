// Purpose: the closed list of why the product says no, and the refusal that carries it.
// Shapes: reason_code() is the stable word of REST and of logs. Each door maps every Reason with a
//   switch that -Werror=switch keeps complete; nothing else may decide what a caller sees.
// Not here: failures of one delivery (core/cause.h); library failures (base/result.h), which
//   become Reason::temporary or Reason::internal here.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace ph::core {

enum class Reason : uint8_t {
  // the request
  malformed,      // not parseable at all: JSON, UTF-8, encoding
  invalid_field,  // a field breaks its rule
  missing_field,  // a required field is absent
  unknown_field,  // a field that is not in the schema
  too_large,      // a size limit of the request
  too_many_recipients,
  idempotency_mismatch,  // same Idempotency-Key, other body
  // who
  unauthenticated,  // no or wrong credential
  second_factor_required,  // the password is right, and a code is needed beside it
  forbidden,        // known, and not allowed this
  not_found,        // absent, or another account's: the same answer for both
  conflict,         // exists already
  // state
  account_not_activated,
  account_suspended,
  identity_required,    // who stands behind the account must be known first
  allowance_exhausted,  // free mails and packages are used up, and post-paid is off
  arrears,              // the balance and its credit are used up
  domain_not_verified,
  domain_suspended,
  domain_taken,   // verified by another account
  domain_in_use,  // addresses exist under it
  domain_public_suffix,
  domain_hosts_mailboxes,  // its mailboxes are hosted elsewhere: use a sub-domain
  address_not_found,       // From is no sender address of the account
  sender_mismatch,         // From is not the authenticated address
  // limits
  domain_limit,
  address_limit,
  key_limit,
  user_limit,
  daily_limit,         // of a sender domain
  domain_blocked,      // its reputation forbids more today
  provider_blocked,    // the receiving provider limits the sender domain for a while
  mailbox_rate_limit,  // same recipient mailbox too often in an hour
  request_rate_limit,
  // content
  bad_message,  // not RFC 5322
  bad_recipient,
  needs_smtputf8,
  loop_detected,  // too many Received fields
  // us
  temporary,  // database, DNS or queue cannot serve now: the same call may succeed later
  storage_full,
  shutting_down,
  internal,
};

std::string_view reason_code(Reason reason);  // "invalid_field"

struct Refusal {
  Reason reason = Reason::internal;
  std::string field;   // "to[2]", empty where none is meant
  std::string detail;  // one sentence for a person: what is wrong and what to do
  Duration retry_after{};  // where it is known when the same may succeed; 0: it is not
};

template <class T = void>
using Outcome = std::expected<T, Refusal>;

[[nodiscard]] inline std::unexpected<Refusal> refuse(Reason reason, std::string detail,
                                                     std::string field = {}) {
  return std::unexpected<Refusal>(Refusal{reason, std::move(field), std::move(detail)});
}

// A lower floor's error in the product's words: invalid → invalid_field, not_found → not_found,
// conflict → conflict, limit, temporary, timeout → temporary, else internal (and logged).
[[nodiscard]] std::unexpected<Refusal> refuse(const Error& error);

}  // namespace ph::core

// TRY for Outcome in functions and coroutines that return an Outcome: also lifts an Error.
#define PH_REFUSE_TRY_(name, leave, ...)                        \
  ({                                                            \
    auto name = (__VA_ARGS__);                                  \
    if (!name) leave ::ph::core::lift(std::move(name).error()); \
    std::move(name).value();                                    \
  })
#define REFUSE_TRY(...) PH_REFUSE_TRY_(PH_JOIN(refuse_result_, __COUNTER__), return, __VA_ARGS__)
#define CO_REFUSE_TRY(...) \
  PH_REFUSE_TRY_(PH_JOIN(refuse_result_, __COUNTER__), co_return, __VA_ARGS__)

namespace ph::core {
inline std::unexpected<Refusal> lift(Refusal refusal) {
  return std::unexpected<Refusal>(std::move(refusal));
}
inline std::unexpected<Refusal> lift(const Error& error) {
  return refuse(error);
}
}  // namespace ph::core
