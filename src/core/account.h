// Purpose: accounts: made, activated, limited, found.
// Shapes: an account has a name (1 to 64 characters, unique) and a number (AppId). States: created
//   → active → suspended. A limit of 0 is no limit.
// Errors: conflict (name), not_found, invalid_field.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/access.h"
#include "core/context.h"
#include "store/account.h"

namespace ph::core {

class Accounts {
 public:
  explicit Accounts(Context& context) : context_(context) {}

  net::Task<Outcome<store::AccountRow>> create(Actor actor, std::string name);
  net::Task<Outcome<store::AccountRow>> activate(Actor actor, AccountId id);
  // Keys of contract.md: daily_per_domain, per_mailbox_hour, requests_per_second, domains,
  // addresses.
  net::Task<Outcome<store::AccountRow>> set_limits(
      Actor actor, AccountId id, std::vector<std::pair<std::string, int64_t>> limits);
  net::Task<Outcome<store::AccountRow>> get(Actor actor, AccountId id);
  net::Task<Outcome<std::vector<store::AccountRow>>> list(Actor actor, AccountId after,
                                                          size_t limit);
  // "acme", its AppId, or its id.
  net::Task<Outcome<store::AccountRow>> find(Actor actor, std::string name_or_number);

 private:
  Context& context_;
};

// The rule of names alone, in the field `name`.
Outcome<> check_account_name(const std::string& name);

}  // namespace ph::core
