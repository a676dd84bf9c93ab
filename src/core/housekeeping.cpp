#include "core/housekeeping.h"

#include "base/limits.h"
#include "base/log.h"
#include "net/loop.h"
#include "store/bulk.h"
#include "store/idempotency.h"
#include "store/user.h"

namespace ph::core {
namespace {

using Purge = Result<int64_t> (*)(store::Tx&, WallTime now);

Result<int64_t> purge_answers(store::Tx& tx, WallTime now) {
  return store::purge_idempotency_for_operator(tx.sql(), now - limits::kIdempotencyKept,
                                               limits::kHousekeepingSlice);
}

Result<int64_t> purge_sessions(store::Tx& tx, WallTime now) {
  return store::purge_sessions_for_operator(tx.sql(), now, limits::kHousekeepingSlice);
}

// Jobs that ended long enough ago for all to have seen it, and whose mails are gone.
Result<int64_t> purge_bulk_jobs(store::Tx& tx, WallTime now) {
  return store::purge_bulk_for_operator(tx, now - limits::kIdempotencyKept,
                                        limits::kHousekeepingSlice);
}

}  // namespace

net::Task<Result<int64_t>> keep_house(store::Store& store, Clock& clock) {
  int64_t all = 0;
  for (Purge purge : {Purge{purge_answers}, Purge{purge_sessions}, Purge{purge_bulk_jobs}}) {
    int64_t gone = limits::kHousekeepingSlice;
    while (gone == limits::kHousekeepingSlice) {
      auto job = [purge, now = clock.wall()](store::Tx& tx) { return purge(tx, now); };
      gone = CO_TRY(co_await store.write<int64_t>(std::move(job)));
      all += gone;
    }
  }
  co_return all;
}

net::Task<> keep_house_always(store::Store& store, Clock& clock) {
  for (;;) {
    co_await net::sleep_for(limits::kHousekeepingPause);
    Result<int64_t> gone = co_await keep_house(store, clock);
    if (!gone)
      log::warn("old rows stay until the next look", {{"detail", gone.error().message}});
    else if (*gone > 0)
      log::debug("old rows removed", {{"rows", *gone}});
  }
}

}  // namespace ph::core
