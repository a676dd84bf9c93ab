// Purpose: when a recipient is tried again: the only place that decides it.
// Shapes: the wait doubles from kFirstRetry up to kRetryMost. Jitter only lengthens a wait, so that
//   a greylister's five minutes are really over, and spreads what failed together.
// Threads: pure.
// Spec: RFC 5321 §4.5.4.1 (at least 30 minutes in the mean, give up after 4 to 5 days; we give up
//   sooner, after kQueueLifetime, because what is sent here is read within days or not at all).
#pragma once

#include "base/clock.h"
#include "base/random.h"

namespace ph::queue {

// After `attempts` failed ones (at least 1): the shortest and longest wait that may be drawn.
struct WaitRange {
  Duration least{};
  Duration most{};  // exclusive
};
WaitRange wait_range(int64_t attempts);

// When to try again, never after `expires`: due at `expires` means that it expires then.
WallTime next_due(int64_t attempts, WallTime now, WallTime expires, Random& random);

// No attempt begins at or after that moment.
inline bool is_expired(WallTime now, WallTime expires) { return now >= expires; }

}  // namespace ph::queue
