// Purpose: activation: from then on the account may send, and has its free mails, once.
// Shapes: a customer's own click needs the current agreement's version and, where identity is
//   required, an approved one; the operator's needs neither.
// Errors: identity_required, conflict (another version of the agreement is in force), forbidden,
//   not_found.
// Threads: any loop; begin_account() and activate_account() the store's writer.
#pragma once

#include <string>

#include "core/access.h"
#include "core/context.h"
#include "core/identity_rights.h"
#include "store/account.h"

namespace ph::core {

// A new account with its allowance, not activated. The name was judged.
Outcome<store::AccountRow> begin_account(store::Tx& tx, const std::string& name,
                                         store::Plan plan);
// Does nothing more where it is active already.
Outcome<store::AccountRow> activate_account(store::Tx& tx, const Actor& actor, AccountId id);

struct ActivationView {
  store::AccountState state = store::AccountState::created;
  IdentityMode identity_mode = IdentityMode::off;
  bool identity_ok = false;
  std::string agreement_version;
  std::string accepted_version;
  int64_t free_mails = 0;  // that it gets, or got
};

class Activation {
 public:
  explicit Activation(Context& context) : context_(context) {}

  net::Task<Outcome<ActivationView>> view(Actor actor, AccountId account);
  net::Task<Outcome<store::AccountRow>> activate(Actor actor, AccountId account,
                                                 std::string agreement_version);

 private:
  Context& context_;
};

}  // namespace ph::core
