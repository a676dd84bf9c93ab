// Purpose: the part of fsck that adds up what was used and paid. Private to store.
// Threads: as fsck.h.
#pragma once

#include "store/fsck.h"

namespace ph::store {

// Movements of mails against accepted recipients of UTC days after `after`, their sums, and the
// ledger.
Result<std::vector<Finding>> check_usage_for_operator(sql::Connection& connection, int64_t after);

}  // namespace ph::store
