// Purpose: removes rows that no longer mean anything: answers kept for a repeated Idempotency-Key,
//   sessions that have expired, and bulk jobs whose mails are gone.
// Shapes: a slice of kHousekeepingSlice rows a write job, so that no accept waits for it.
// Threads: any loop.
// Errors: of the store; what is left goes next time.
// Not here: messages, which are kept.
#pragma once

#include "base/clock.h"
#include "store/store.h"

namespace ph::core {

// Until nothing is left that is too old. Gives how many rows went.
net::Task<Result<int64_t>> keep_house(store::Store& store, Clock& clock);

// keep_house() every kHousekeepingPause, for ever.
net::Task<> keep_house_always(store::Store& store, Clock& clock);

}  // namespace ph::core
