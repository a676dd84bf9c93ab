// Purpose: who is asking, and what that lets them do. The one place where roles and scopes become
//   permissions.
// Shapes: an Actor is made by a sign-in, a key, an SMTP login or the control socket, and is passed
//   to every call of core. account is 0 for the operator, who names the account he means.
// Threads: values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "core/reason.h"
#include "store/api_key.h"
#include "store/user.h"

namespace ph::core {

using store::Role;
using Scope = store::KeyScope;

enum class Action : uint8_t {
  view,  // read what the account has
  send,
  read_message,  // the state of what was sent; a send-only key may ask this
  manage_domains,
  manage_addresses,
  manage_keys,
  manage_users,
  operate,  // the installation: accounts, queue of all, settings
};

// What a sub-user's role is narrowed to.
struct Policy {
  std::vector<std::string> domains;  // sender domains; empty: all
  uint32_t actions = 0;              // a bit for each Action; 0: those of the role
};

struct Actor {
  enum class Kind : uint8_t { operator_user, user, key, smtp_login, relay, control };
  Kind kind = Kind::user;
  AccountId account;  // 0: the operator
  UserId user;
  KeyId key;
  Role role = Role::viewer;
  Scope scope = Scope::full;
  std::string only_domain;   // a key restricted to one sender domain; empty: all
  std::string only_address;  // an SMTP login: the one sender address
  std::shared_ptr<const Policy> policy;  // of a sub-user; null: none
  std::string from;                      // the client's address, "control", or "" inside
  UserId behind;                         // the operator who acts as this user; 0: nobody
  bool is_operator() const { return role == Role::operator_; }
};

bool allowed(const Actor& actor, Action action);
// A key of one sender domain sees that one, a sub-user those of his policy; others do not exist.
bool sees_domain(const Actor& actor, std::string_view domain);
// Those that it sees; empty: all of the account.
std::vector<std::string> seen_domains(const Actor& actor);
// Whether it sees some only: what is of the account as a whole is none of its business.
bool of_some_domains(const Actor& actor);
// Whether whoever has `given` could do nothing that the actor may not do.
bool covers(const Actor& actor, const Actor& given);

// What a key of full scope may do; a narrower scope takes away from it.
inline constexpr Role kKeyRole = Role::administrator;
// Whether a key of this scope, and of this one domain, could do nothing that its maker may not do.
bool may_give(const Actor& actor, Scope scope, std::string only_domain = {});

// The account that a call is about: the actor's own, or for the operator the named one. Another
// account's name is Reason::not_found, as an absent one is.
Outcome<AccountId> acting_account(const Actor& actor, AccountId named);

}  // namespace ph::core
