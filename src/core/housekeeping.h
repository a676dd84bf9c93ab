// Purpose: removes what no longer means anything: answers kept for a repeated Idempotency-Key,
//   sessions and links that have expired, bulk jobs that have ended, evidence of identities that
//   were decided long ago, and mail that is older than the operator keeps it; and gives the room
//   of thinned out segments back.
// Shapes: a slice of at most kHousekeepingSlice rows a write job, with a pause as long as the slice
//   took between two, so that no accept waits for it. A retention of 0 days is for ever. Messages
//   stay while a recipient of theirs waits.
// Threads: any loop.
// Errors: of the store; what is left goes next time.
#pragma once

#include "base/clock.h"
#include "base/limits.h"
#include "store/store.h"

namespace ph::core {

struct Retention {
  int64_t messages_days = limits::kRetentionMessagesDays;
  int64_t inbox_days = limits::kRetentionInboxDays;      // of the sandbox
  int64_t inbound_days = limits::kRetentionInboundDays;  // reports to our return paths
};

struct HouseRules {
  Retention retention;
  Duration pause{0};  // after a slice, and as long again as it took
};

// Until nothing is left that is too old. Gives how many rows went or contents moved.
net::Task<Result<int64_t>> keep_house(store::Store& store, Clock& clock, HouseRules rules = {});

// keep_house() every kHousekeepingPause, for ever.
net::Task<> keep_house_always(store::Store& store, Clock& clock, Retention retention);

}  // namespace ph::core
