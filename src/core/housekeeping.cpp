#include "core/housekeeping.h"

#include "base/log.h"
#include "core/compaction.h"
#include "core/settings.h"
#include "net/loop.h"
#include "store/bulk.h"
#include "store/evidence.h"
#include "store/idempotency.h"
#include "store/inbox.h"
#include "store/message.h"
#include "store/link.h"
#include "store/user.h"

namespace ph::core {
namespace {

struct Slice {
  int64_t gone = 0;
  bool more = false;
  MessageId last;
};
// `after` is where the slice before it ended.
using Purge = std::function<Result<Slice>(store::Tx&, MessageId after)>;

Result<Slice> slice_of(Result<int64_t> gone) {
  if (!gone) return std::unexpected(std::move(gone).error());
  return Slice{.gone = *gone, .more = *gone == limits::kHousekeepingSlice, .last = {}};
}

WallTime days_before(WallTime now, int64_t days) { return now - std::chrono::hours(24) * days; }

Purge purge_answers(WallTime now) {
  return [now](store::Tx& tx, MessageId) {
    return slice_of(store::purge_idempotency_for_operator(
        tx.sql(), now - limits::kIdempotencyKept, limits::kHousekeepingSlice));
  };
}

Purge purge_sessions(WallTime now) {
  return [now](store::Tx& tx, MessageId) {
    return slice_of(
        store::purge_sessions_for_operator(tx.sql(), now, limits::kHousekeepingSlice));
  };
}

Purge purge_messages(WallTime before) {
  return [before](store::Tx& tx, MessageId after) -> Result<Slice> {
    auto out = TRY(store::purge_messages_after_for_operator(tx, before, after,
                                                            limits::kHousekeepingSlice));
    return Slice{.gone = out.gone, .more = out.more, .last = out.last};
  };
}

// Jobs that ended long enough ago for all to have seen it, and whose mails are gone.
Purge purge_bulk_jobs(WallTime now) {
  return [now](store::Tx& tx, MessageId) {
    return slice_of(store::purge_bulk_for_operator(tx, now - limits::kIdempotencyKept,
                                                   limits::kHousekeepingSlice));
  };
}

// Each some time after its decision, by the setting of that moment.
Purge purge_evidence(WallTime now) {
  return [now](store::Tx& tx, MessageId) -> Result<Slice> {
    int64_t days = TRY(setting_number(tx.sql(), {}, "identity.evidence_days"));
    store::EvidenceAge age{.decided_before = days_before(now, days),
                           .removed_before = now - limits::kEvidenceWindow};
    int64_t gone = TRY(store::purge_evidence_for_operator(tx, age, limits::kEvidenceSlice));
    return Slice{.gone = gone, .more = gone == limits::kEvidenceSlice, .last = {}};
  };
}

using PurgeMail = Result<int64_t> (*)(store::Tx&, WallTime before, int64_t most);
Purge purge_mail(PurgeMail purge, WallTime before) {
  return [purge, before](store::Tx& tx, MessageId) {
    return slice_of(purge(tx, before, limits::kHousekeepingSlice));
  };
}

Purge purge_links(WallTime now) {
  return [before = now - limits::kLinkRemembered](store::Tx& tx, MessageId) {
    return slice_of(
        store::purge_links_for_operator(tx.sql(), before, limits::kHousekeepingSlice));
  };
}

// As long as their messages could be recounted.
Purge purge_hours(WallTime now, int64_t days) {
  WallTime before = days_before(now, std::max(days, limits::kHourCountersLeastDays));
  return [before](store::Tx& tx, MessageId) {
    return slice_of(
        store::purge_hours_for_operator(tx, before, limits::kHousekeepingSlice));
  };
}

std::vector<Purge> purges_of(const Retention& keep, WallTime now) {
  std::vector<Purge> out = {purge_answers(now), purge_sessions(now), purge_links(now)};
  if (keep.messages_days > 0) {
    out.push_back(purge_messages(days_before(now, keep.messages_days)));
    out.push_back(purge_hours(now, keep.messages_days));
  }
  out.push_back(purge_evidence(now));
  // After the messages that they were made of.
  out.push_back(purge_bulk_jobs(now));
  if (keep.inbox_days > 0)
    out.push_back(purge_mail(store::purge_inbox_for_operator, days_before(now, keep.inbox_days)));
  if (keep.inbound_days > 0)
    out.push_back(
        purge_mail(store::purge_inbound_for_operator, days_before(now, keep.inbound_days)));
  return out;
}

net::Task<Result<int64_t>> run(store::Store& store, Clock& clock, Purge purge, Duration pause) {
  int64_t all = 0;
  Slice slice{.more = true};
  while (slice.more) {
    MonoTime begun = clock.mono();
    auto job = [purge, after = slice.last](store::Tx& tx) { return purge(tx, after); };
    slice = CO_TRY(co_await store.write<Slice>(std::move(job)));
    all += slice.gone;
    if (slice.more && pause > Duration(0))
      co_await net::sleep_for(pause + (clock.mono() - begun));
  }
  co_return all;
}

}  // namespace

net::Task<Result<int64_t>> keep_house(store::Store& store, Clock& clock, HouseRules rules) {
  int64_t all = 0;
  for (Purge& purge : purges_of(rules.retention, clock.wall()))
    all += CO_TRY(co_await run(store, clock, std::move(purge), rules.pause));
  all += CO_TRY(co_await compact(store, clock, rules.pause));
  co_return all;
}

net::Task<> keep_house_always(store::Store& store, Clock& clock, Retention retention) {
  HouseRules rules{.retention = retention, .pause = limits::kSlicePause};
  for (;;) {
    co_await net::sleep_for(limits::kHousekeepingPause);
    Result<int64_t> gone = co_await keep_house(store, clock, rules);
    if (!gone)
      log::warn("old rows stay until the next look", {{"detail", gone.error().message}});
    else if (*gone > 0)
      log::debug("old rows removed", {{"rows", *gone}});
  }
}

}  // namespace ph::core
