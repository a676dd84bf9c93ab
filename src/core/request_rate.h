// Purpose: requests_per_second of an account: a token bucket each, in memory.
// Shapes: a bucket holds one second's worth. 0 = no limit. An account is known after its first
//   request; before that it passes.
// Threads: any.
#pragma once

#include <mutex>
#include <unordered_map>

#include "base/clock.h"
#include "base/ids.h"

namespace ph::core {

class RequestRate {
 public:
  explicit RequestRate(Clock& clock) : clock_(clock) {}
  bool take(AccountId account);
  void set(AccountId account, int64_t per_second);
  // Both, for a caller who knows the limit already.
  bool take(AccountId account, int64_t per_second);

 private:
  struct Bucket {
    int64_t per_second = 0;
    double tokens = 0;
    MonoTime at;
  };
  Clock& clock_;
  std::mutex mutex_;
  std::unordered_map<AccountId, Bucket> buckets_;
};

}  // namespace ph::core
