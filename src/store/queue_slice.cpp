#include "store/queue_slice.h"

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "store/recipient_row.h"
#include "store/rows.h"

namespace ph::store {
namespace {

#define OF_WHOM                                                                    \
  " AND (account_id = $1 OR CAST($1 AS BIGINT) = 0)"                               \
  " AND (domain = $2 OR CAST($2 AS TEXT) = '')"

// By the index of what is due, without a row.
constexpr std::string_view kQueued =
    "SELECT message_id, idx, next_at FROM recipient WHERE shard = $3 AND state = 'queued'"
    " AND (next_at, message_id, idx) > ($4, $5, $6)" OF_WHOM
    " ORDER BY next_at, message_id, idx LIMIT $7";

constexpr std::string_view kHeld =
    "SELECT message_id, idx, account_id FROM recipient WHERE state = 'held'"
    " AND (account_id, message_id, idx) > ($3, $4, $5)" OF_WHOM
    " ORDER BY account_id, message_id, idx LIMIT $6";

// One account's, where the others' need not be passed.
constexpr std::string_view kHeldOfAccount =
    "SELECT message_id, idx, account_id FROM recipient WHERE state = 'held' AND account_id = $1"
    " AND (message_id, idx) > ($3, $4) AND (domain = $2 OR CAST($2 AS TEXT) = '')"
    " ORDER BY message_id, idx LIMIT $5";

RecipientKey key_of(sql::Row row) {
  return {row.id<MessageId>(0), static_cast<int32_t>(row.integer(1))};
}

Result<WalkPage> walk_held(sql::Connection& connection, const QueueWalk& walk,
                           const WalkPlace& from, int64_t most) {
  WalkPage out{.keys = {}, .next = from};
  bool all = walk.account.value == 0;
  sql::Params of_all{walk.account,        walk.domain,  from.account,
                     from.key.message_id, from.key.idx, most};
  sql::Params of_one{walk.account, walk.domain, from.key.message_id, from.key.idx, most};
  sql::Rows rows =
      TRY(connection.query(all ? kHeld : kHeldOfAccount, all ? of_all : of_one));
  for (sql::Row row : rows) {
    out.keys.push_back(key_of(row));
    out.next.account = row.id<AccountId>(2);
    out.next.key = out.keys.back();
  }
  out.last = static_cast<int64_t>(rows.size()) < most;
  return out;
}

Result<WalkPage> walk_queued(sql::Connection& connection, const QueueWalk& walk,
                             const WalkPlace& from, int64_t most) {
  WalkPage out{.keys = {}, .next = from};
  constexpr auto kEnd = static_cast<int32_t>(limits::kShards);
  for (int64_t left = most; left > 0 && out.next.shard < kEnd;) {
    DueCursor& at = out.next.due;
    sql::Rows rows = TRY(connection.query(
        kQueued, {walk.account, walk.domain, out.next.shard, at.next_at, at.key.message_id,
                  at.key.idx, left}));
    for (sql::Row row : rows) {
      at = {row.time(2), key_of(row)};
      // Who is due since then was retried by this walk, or is due without it.
      if (walk.verb != QueueVerb::retry || at.next_at != walk.since) out.keys.push_back(at.key);
    }
    bool whole = static_cast<int64_t>(rows.size()) < left;
    left -= static_cast<int64_t>(rows.size());
    if (whole) out.next = {.shard = out.next.shard + 1};
  }
  out.last = out.next.shard >= kEnd;
  return out;
}

constexpr std::string_view kHold =
    "UPDATE recipient SET state = 'held', cause = 'held', updated_at = $3"
    " WHERE message_id = $1 AND idx = $2 AND state = 'queued'";
constexpr std::string_view kRelease =
    "UPDATE recipient SET state = 'queued', cause = 'retry_asked', updated_at = $3, next_at = $4"
    " WHERE message_id = $1 AND idx = $2 AND state = 'held'";
constexpr std::string_view kRetry =
    "UPDATE recipient SET cause = 'retry_asked', updated_at = $3, next_at = $4"
    " WHERE message_id = $1 AND idx = $2 AND state = 'queued'";

}  // namespace

Result<WalkPage> walk_for_operator(sql::Connection& connection, const QueueWalk& walk,
                                   const WalkPlace& from, int64_t most) {
  PH_CHECK(walk.account || !walk.domain.empty());  // it would be everybody's
  if (walk.verb == QueueVerb::release) return walk_held(connection, walk, from, most);
  return walk_queued(connection, walk, from, most);
}

Result<int64_t> change_for_operator(sql::Connection& connection, const QueueWalk& walk,
                                    const std::vector<RecipientKey>& keys, WallTime now) {
  std::vector<sql::Params> sets;
  sets.reserve(keys.size());
  for (const RecipientKey& key : keys) {
    sets.push_back({key.message_id, key.idx, now});
    if (walk.verb != QueueVerb::hold) sets.back().emplace_back(walk.since);
  }
  std::string_view statement = walk.verb == QueueVerb::hold      ? kHold
                               : walk.verb == QueueVerb::release ? kRelease
                                                                 : kRetry;
  std::vector<int64_t> changed = TRY(connection.exec_many(statement, sets));
  return std::ranges::count_if(changed, [](int64_t n) { return n > 0; });
}

}  // namespace ph::store
