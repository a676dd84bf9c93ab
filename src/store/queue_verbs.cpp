// Purpose: what people do to the queue: hold, release, retry, cancel, count, list.
#include <fmt/format.h>

#include "base/limits.h"
#include "store/event.h"
#include "store/recipient.h"
#include "store/recipient_row.h"
#include "store/rows.h"

namespace ph::store {
namespace {

// The closed list's names for moves that a person made.
constexpr const char* kHeldCause = "held";
constexpr const char* kRetriedCause = "retry_asked";
constexpr const char* kCancelledCause = "cancelled";

// By the key: a verb on one message must not read all that waits.
#define OF_MESSAGE                                                                     \
  " WHERE message_id = $2 AND account_id = $1 AND (domain = $3 OR CAST($3 AS TEXT) = '')"
#define FILTER                                                                     \
  " WHERE account_id = $1 AND (message_id = $2 OR CAST($2 AS BIGINT) = 0)"         \
  " AND (domain = $3 OR CAST($3 AS TEXT) = '')"

// The epoch stays through hold and release: an attempt that is under way and ends while the row is
// held still records its final outcome (outcome.cpp), or a release would send a second copy.
#define HOLD "UPDATE recipient SET state = 'held', cause = $4, updated_at = $5"
#define RELEASE "UPDATE recipient SET state = 'queued', cause = $4, updated_at = $5, next_at = $5"
#define RETRY "UPDATE recipient SET cause = $4, updated_at = $5, next_at = $5"
#define CANCEL "UPDATE recipient SET state = 'cancelled', cause = $4, updated_at = $5"
#define CANCELLED " AND state IN ('queued', 'held') RETURNING message_id"

// One verb, of a message and of all.
struct Spelled {
  std::string_view of_message, of_all;
};
constexpr Spelled kHold{HOLD OF_MESSAGE " AND state = 'queued'",
                        HOLD FILTER " AND state = 'queued'"};
constexpr Spelled kRelease{RELEASE OF_MESSAGE " AND state = 'held'",
                           RELEASE FILTER " AND state = 'held'"};
constexpr Spelled kRetry{RETRY OF_MESSAGE " AND state = 'queued'",
                         RETRY FILTER " AND state = 'queued'"};
constexpr Spelled kCancel{CANCEL OF_MESSAGE CANCELLED, CANCEL FILTER CANCELLED};

std::string_view spelled(const Spelled& verb, const RecipientFilter& filter) {
  return filter.message ? verb.of_message : verb.of_all;
}

sql::Params filter_of(const RecipientFilter& filter, const char* cause, WallTime now) {
  return {filter.account, filter.message, filter.domain, cause, now};
}

}  // namespace

Result<int64_t> hold_recipients(sql::Connection& connection, const RecipientFilter& filter,
                                WallTime now) {
  return connection.exec(spelled(kHold, filter), filter_of(filter, kHeldCause, now));
}

Result<int64_t> release_recipients(sql::Connection& connection, const RecipientFilter& filter,
                                   WallTime now) {
  return connection.exec(spelled(kRelease, filter), filter_of(filter, kRetriedCause, now));
}

Result<int64_t> retry_recipients(sql::Connection& connection, const RecipientFilter& filter,
                                 WallTime now) {
  return connection.exec(spelled(kRetry, filter), filter_of(filter, kRetriedCause, now));
}

Result<int64_t> cancel_recipients(sql::Connection& connection, const RecipientFilter& filter,
                                  WallTime now) {
  sql::Rows rows =
      TRY(connection.query(spelled(kCancel, filter), filter_of(filter, kCancelledCause, now)));
  std::map<int64_t, int64_t> of_message;
  for (sql::Row row : rows) ++of_message[row.integer(0)];
  std::vector<CounterAdd> adds;
  for (auto [message, n] : of_message) {
    sql::Rows found = TRY(
        connection.query("SELECT domain_id FROM message WHERE id = $1 AND account_id = $2",
                         {message, filter.account}));
    if (!found.empty())
      adds.push_back(
          counted_at(now, filter.account, found[0].id<DomainId>(0), "cancelled", n));
  }
  TRY(add_counters(connection, std::move(adds)));
  return static_cast<int64_t>(rows.size());
}

namespace {

Result<int64_t> counted(Result<sql::Rows> rows) { return TRY(std::move(rows))[0].integer(0); }

}  // namespace

// Over indexes alone: the whole one for a number without a condition, which is fast, and the parts
// of what is not due yet.
Result<QueueCounts> queue_counts_for_operator(sql::Connection& connection, WallTime now) {
  QueueCounts out;
  out.queued = TRY(counted(
      connection.query("SELECT count(*) FROM recipient WHERE state = 'queued'")));
  for (unsigned shard = 0; shard < limits::kShards; ++shard)
    out.deferred += TRY(counted(connection.query(
        "SELECT count(*) FROM recipient WHERE shard = $1 AND state = 'queued' AND next_at > $2"
        " AND attempts > 0",
        {shard, now})));
  out.held = TRY(counted(connection.query(
      "SELECT count(*) FROM recipient WHERE state = 'held'")));
  return out;
}

// Found over the index of what is due alone, which knows who was tried: + keeps SQLite from going
// through the whole table in the order that is asked for.
Result<std::vector<RecipientRow>> late_recipients_for_operator(sql::Connection& connection,
                                                               int64_t limit) {
  sql::Rows found = TRY(
      connection.query("SELECT message_id, idx FROM recipient WHERE state = 'queued'"
                       " AND attempts > 0 ORDER BY +message_id, +idx LIMIT $1",
                       {limit}));
  std::vector<RecipientRow> out;
  for (sql::Row key : found) {
    auto rows = TRY(read_all(TRY(connection.query("SELECT " RECIPIENT_COLUMNS
                                                  " FROM recipient WHERE message_id = $1"
                                                  " AND idx = $2",
                                                  {key.integer(0), key.integer(1)})),
                             read_recipient));
    for (RecipientRow& row : rows) out.push_back(std::move(row));
  }
  return out;
}

Result<std::vector<RecipientRow>> queued_recipients_for_operator(sql::Connection& connection,
                                                                 RecipientKey after,
                                                                 int64_t limit) {
  return read_all(
      TRY(connection.query("SELECT " RECIPIENT_COLUMNS
                           " FROM recipient WHERE (message_id, idx) > ($1, $2)"
                           " AND state IN ('queued', 'held') ORDER BY message_id, idx LIMIT $3",
                           {after.message_id, after.idx, limit})),
      read_recipient);
}

}  // namespace ph::store
