#include "queue/schedule.h"

#include <algorithm>

#include "base/limits.h"

namespace ph::queue {

WaitRange wait_range(int64_t attempts) {
  // A fifth of the longest wait is left for jitter, so that old mail stays spread.
  const Duration top = limits::kRetryMost / 5 * 4;
  Duration least = limits::kFirstRetry;
  for (int64_t i = 1; i < attempts && least < top; ++i) least *= 2;
  least = std::min(least, top);
  return {least, least + least / 4};
}

WallTime next_due(int64_t attempts, WallTime now, WallTime expires, Random& random) {
  WaitRange range = wait_range(attempts);
  auto spread = static_cast<uint64_t>((range.most - range.least).count());
  Duration wait = range.least + Duration(static_cast<int64_t>(random.below(spread)));
  return std::min(now + wait, expires);
}

}  // namespace ph::queue
