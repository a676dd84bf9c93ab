// Purpose: what follows from who an account has shown to be: whether it may be activated by
//   itself, and what only a verified enterprise may.
// Shapes: the mode is the setting identity.mode. With `off` nothing depends on an identity.
// Errors: of the database.
// Threads: any with a connection.
// Not here: submitting and reviewing (people/identity.h).
#pragma once

#include "base/ids.h"
#include "store/identity_claim.h"

namespace ph::core {

enum class IdentityMode : uint8_t { required, optional, off };
std::string_view identity_mode_name(IdentityMode mode);

struct IdentityRights {
  IdentityMode mode = IdentityMode::off;
  store::IdentityState state = store::IdentityState::none;
  store::IdentityKind kind = store::IdentityKind::individual;  // where the state is not none

  bool may_activate() const {
    return mode != IdentityMode::required || state == store::IdentityState::approved;
  }
  bool may_delete_verified_domains() const {
    bool enterprise = state == store::IdentityState::approved &&
                      kind == store::IdentityKind::enterprise;
    return mode == IdentityMode::off || enterprise;
  }
};

Result<IdentityMode> identity_mode(sql::Connection& sql);
Result<IdentityRights> identity_rights(sql::Connection& sql, AccountId account);

}  // namespace ph::core
