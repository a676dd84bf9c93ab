// Purpose: who owns a shard: leases with epochs, the fencing token of every outcome.
// Shapes: rows lease(shard, owner, epoch, until_at). SQLite: this process owns all shards, the
//   epoch is the count of starts, until is never. PostgreSQL: a free shard is taken by one UPDATE,
//   times are the database's; in memory a lease ends kLeaseMargin sooner, by the monotonic clock.
// Threads: the functions the writer's; LeaseTable any.
#pragma once

#include <array>
#include <atomic>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "base/result.h"
#include "net/oneshot.h"
#include "sql/connection.h"

namespace ph::store {

struct LeaseRow {
  int32_t shard = 0;
  std::string owner;
  int64_t epoch = 0;
  WallTime until;
};

// Takes every shard whose lease has run out; gives all that `owner` holds afterwards.
Result<std::vector<LeaseRow>> acquire_leases(sql::Connection& connection, std::string_view owner,
                                             WallTime now, WallTime until);
// Takes every shard whoever had it (SQLite: the data directory is locked); one epoch for all.
Result<std::vector<LeaseRow>> seize_leases(sql::Connection& connection, std::string_view owner);
// Gives the leases that are still held; one that was lost meanwhile is not among them.
Result<std::vector<LeaseRow>> renew_leases(sql::Connection& connection, std::string_view owner,
                                           WallTime now, WallTime until);
Result<> release_leases(sql::Connection& connection, std::string_view owner);
// Of every owner whose name begins so.
Result<> release_leases_of_all(sql::Connection& connection, std::string_view owners);
Result<std::vector<LeaseRow>> leases_for_operator(sql::Connection& connection);
// The database's wall clock (PostgreSQL), or `clock`'s.
Result<WallTime> lease_now(sql::Connection& connection, Clock& clock);

// What this node holds, readable without a lock.
class LeaseTable {
 public:
  // The epoch under which the shard is held now; 0 when it is not.
  int64_t epoch(int32_t shard, MonoTime now) const {
    const Held& held = held_[static_cast<size_t>(shard)];
    return now.micros < held.until.load() ? held.epoch.load() : 0;
  }
  bool holds(int32_t shard, int64_t epoch_wanted, MonoTime now) const {
    return epoch_wanted != 0 && epoch(shard, now) == epoch_wanted;
  }
  std::vector<int32_t> shards(MonoTime now) const;
  // Is sent to, once, when shards have come to this node that it did not hold, or under an epoch
  // that is another. What came before is not told of.
  void tell_of_taken(net::OneShot<bool>::Sender sender) const;
  // All that is held, and until when; what is not in `rows` is given up.
  void replace(const std::vector<LeaseRow>& rows, MonoTime until);

 private:
  struct Held {
    std::atomic<int64_t> epoch{0};
    std::atomic<int64_t> until{0};  // MonoTime
  };
  std::array<Held, limits::kShards> held_;
  mutable std::mutex mutex_;
  mutable std::vector<net::OneShot<bool>::Sender> to_tell_;
};

}  // namespace ph::store
