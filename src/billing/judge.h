// Purpose: whether a sender domain's level, block or ended day is due to be judged. Private to
//   billing.
// Threads: any with a connection.
#pragma once

#include "billing/reputation.h"

namespace ph::billing {

Result<bool> wants_judgement(sql::Connection& sql, const store::ActiveDomain& domain,
                             WallTime now);

}  // namespace ph::billing
