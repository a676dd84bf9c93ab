// Purpose: when segments in which little is wanted give their room back: one after the other, slice
//   by slice (store/compaction.h).
// Threads: any loop.
// Errors: of the store. Content that cannot be read keeps its segment where it is, and is logged.
#pragma once

#include "base/clock.h"
#include "store/store.h"

namespace ph::core {

// Gives how many contents moved. `pause` after each slice, and as long again as it took.
net::Task<Result<int64_t>> compact(store::Store& store, Clock& clock, Duration pause);

}  // namespace ph::core
