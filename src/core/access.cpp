#include "core/access.h"

namespace ph::core {
namespace {

// Rows: roles; columns: actions in the order of Action.
constexpr bool kAllowed[5][8] = {
    //               view  send  rmsg  domai addr  keys  users operate
    /* operator  */ {true, true, true, true, true, true, true, true},
    /* owner     */ {true, true, true, true, true, true, true, false},
    /* admin     */ {true, true, true, true, true, true, true, false},
    /* developer */ {true, true, true, false, false, true, false, false},
    /* viewer    */ {true, false, true, false, false, false, false, false},
};

bool scope_allows(Scope scope, Action action) {
  switch (scope) {
    case Scope::full:
      return true;
    case Scope::send:
      return action == Action::send || action == Action::read_message;
    case Scope::read:
      return action == Action::view || action == Action::read_message;
  }
  return false;
}

}  // namespace

bool allowed(const Actor& actor, Action action) {
  return kAllowed[static_cast<size_t>(actor.role)][static_cast<size_t>(action)] &&
         scope_allows(actor.scope, action);
}

Outcome<AccountId> acting_account(const Actor& actor, AccountId named) {
  if (actor.is_operator()) {
    if (!named) return refuse(Reason::missing_field, "Name the account that is meant.", "account");
    return named;
  }
  if (named && named != actor.account)
    return refuse(Reason::not_found, "There is no such account.", "account");
  return actor.account;
}

}  // namespace ph::core
