#include "core/request_rate.h"

#include <algorithm>

namespace ph::core {

bool RequestRate::take(AccountId account) {
  std::lock_guard lock(mutex_);
  auto found = buckets_.find(account);
  if (found == buckets_.end()) return true;
  Bucket& bucket = found->second;
  MonoTime now = clock_.mono();
  auto most = static_cast<double>(bucket.per_second);
  double earned = most * static_cast<double>((now - bucket.at).count()) / 1e6;
  bucket.tokens = std::min(most, bucket.tokens + earned);
  bucket.at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

bool RequestRate::take(AccountId account, int64_t per_second) {
  bool taken = take(account);
  set(account, per_second);
  return taken;
}

void RequestRate::set(AccountId account, int64_t per_second) {
  std::lock_guard lock(mutex_);
  auto found = buckets_.find(account);
  if (per_second == 0) {
    if (found != buckets_.end()) buckets_.erase(found);
    return;
  }
  if (found != buckets_.end() && found->second.per_second == per_second) return;
  // The request that tells us of the limit is the first to count.
  buckets_[account] = {per_second, static_cast<double>(per_second - 1), clock_.mono()};
}

}  // namespace ph::core
