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

// What a key of one sender domain may do; the account's settings are none of its business.
bool of_one_domain(Action action) {
  return action == Action::view || action == Action::send || action == Action::read_message;
}

}  // namespace

bool allowed(const Actor& actor, Action action) {
  if (!actor.only_domain.empty() && !of_one_domain(action)) return false;
  return kAllowed[static_cast<size_t>(actor.role)][static_cast<size_t>(action)] &&
         scope_allows(actor.scope, action);
}

bool sees_domain(const Actor& actor, std::string_view domain) {
  return actor.only_domain.empty() || actor.only_domain == domain;
}

bool may_give(const Actor& actor, Scope scope) {
  Actor key{.kind = Actor::Kind::key, .role = kKeyRole, .scope = scope};
  for (size_t i = 0; i < std::size(kAllowed[0]); ++i) {
    auto action = static_cast<Action>(i);
    if (allowed(key, action) && !allowed(actor, action)) return false;
  }
  return true;
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
