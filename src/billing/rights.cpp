#include "billing/rights.h"

namespace ph::billing {

using core::Action;
using core::Reason;
using core::refuse;

Outcome<> need_operator(const Actor& actor) {
  if (allowed(actor, Action::operate)) return {};
  return refuse(Reason::forbidden, "Only the operator may do this.");
}

Outcome<AccountId> account_to_read(const Actor& actor, AccountId named) {
  if (!allowed(actor, Action::view) || of_some_domains(actor))
    return refuse(Reason::forbidden, "This key or role may not read that.");
  return acting_account(actor, named);
}

Outcome<AccountId> account_to_change(const Actor& actor, AccountId named) {
  if (!allowed(actor, Action::manage_users))
    return refuse(Reason::forbidden, "Only who administers the account may do this.");
  return acting_account(actor, named);
}

}  // namespace ph::billing
