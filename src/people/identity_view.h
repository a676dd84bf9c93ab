// Purpose: what the two halves of identity verification share: reading a claim as a whole.
// Threads: any with a connection. Private to people.
#pragma once

#include <string>

#include "people/identity.h"

namespace ph::people {

// What sealed numbers and files are bound to.
std::string number_place(const store::IdentityClaimRow& claim);
std::string evidence_place(int64_t evidence);

// {"kind","state",...} for the audit log: without the number.
std::string told_claim(const store::IdentityClaimRow& claim);

core::Outcome<IdentityView> read_identity(sql::Connection& sql, AccountId account);

// One more line of the history.
Result<> note_state(store::Tx& tx, AccountId account, store::IdentityState state,
                    std::string reason);

}  // namespace ph::people
