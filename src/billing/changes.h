// Purpose: changes that are made inside a transaction, and what a package may be. Private to
//   billing.
// Errors: as billing.h.
// Threads: the store's writer; check_package() any.
#pragma once

#include "billing/billing.h"

namespace ph::billing {

Outcome<> check_package(const std::string& name, int64_t mails, int64_t days);
Outcome<> change_plan(store::Tx& tx, const Actor& actor, AccountId account,
                      const PlanChange& change);

}  // namespace ph::billing
