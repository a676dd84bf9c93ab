#include "core/access.h"

#include <algorithm>

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

// What a sub-user of some sender domains may do within them.
bool within_domains(Action action) {
  return action != Action::manage_users && action != Action::operate;
}

}  // namespace

bool allowed(const Actor& actor, Action action) {
  if (!actor.only_domain.empty() && !of_one_domain(action)) return false;
  if (actor.policy != nullptr) {
    uint32_t bit = 1u << static_cast<unsigned>(action);
    if (actor.policy->actions != 0 && (actor.policy->actions & bit) == 0) return false;
    if (!actor.policy->domains.empty() && !within_domains(action)) return false;
  }
  return kAllowed[static_cast<size_t>(actor.role)][static_cast<size_t>(action)] &&
         scope_allows(actor.scope, action);
}

std::vector<std::string> seen_domains(const Actor& actor) {
  if (!actor.only_domain.empty()) return {actor.only_domain};
  return actor.policy != nullptr ? actor.policy->domains : std::vector<std::string>();
}

bool of_some_domains(const Actor& actor) {
  return !actor.only_domain.empty() || (actor.policy != nullptr && !actor.policy->domains.empty());
}

bool sees_domain(const Actor& actor, std::string_view domain) {
  if (!of_some_domains(actor)) return true;
  auto seen = seen_domains(actor);
  return std::ranges::find(seen, domain) != seen.end();
}

bool covers(const Actor& actor, const Actor& given) {
  for (size_t i = 0; i < std::size(kAllowed[0]); ++i) {
    auto action = static_cast<Action>(i);
    if (allowed(given, action) && !allowed(actor, action)) return false;
  }
  if (!of_some_domains(actor)) return true;
  auto theirs = seen_domains(given);
  return !theirs.empty() &&
         std::ranges::all_of(theirs, [&](const auto& name) { return sees_domain(actor, name); });
}

bool may_give(const Actor& actor, Scope scope, std::string only_domain) {
  return covers(actor, {.kind = Actor::Kind::key,
                        .role = kKeyRole,
                        .scope = scope,
                        .only_domain = std::move(only_domain)});
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
