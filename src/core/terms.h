// Purpose: what an account's plan and the settings in force mean for its allowance: when its day
//   begins, what it may send a day, an hour and a second.
// Shapes: in house nothing of this limits. Kept in the allowance's row, so that an accept reads no
//   setting; refreshed when the plan or the account's settings change and by every look (billing/).
// Errors: of the database.
// Threads: any with a connection.
#pragma once

#include <vector>

#include "core/reason.h"
#include "store/allowance.h"

namespace ph::core {

// Mails a day of the levels 1 to 20, of the setting quota.level_volumes; of level 0 and below none.
Result<int64_t> volume_of_level(sql::Connection& sql, AccountId account, int64_t level);
// Whether the plan and quota.mode give sender domains levels.
Result<bool> has_levels(sql::Connection& sql, const store::AllowanceRow& row);
// True when the row is another than before.
Result<bool> apply_terms(sql::Connection& sql, store::AllowanceRow& row);

}  // namespace ph::core
