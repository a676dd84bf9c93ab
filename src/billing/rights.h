// Purpose: who may see and move an account's money. Private to billing.
// Threads: pure.
#pragma once

#include "core/access.h"

namespace ph::billing {

using core::Actor;
using core::Outcome;

Outcome<> need_operator(const Actor& actor);
// Whose account it is, for who may read all of it.
Outcome<AccountId> account_to_read(const Actor& actor, AccountId named);
// For who administers it.
Outcome<AccountId> account_to_change(const Actor& actor, AccountId named);

}  // namespace ph::billing
