// Purpose: what people do to the queue: hold, release, retry, cancel, count, list.
#include <fmt/format.h>

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

#define FILTER                                                                     \
  " WHERE account_id = $1 AND (message_id = $2 OR CAST($2 AS BIGINT) = 0)"         \
  " AND (domain = $3 OR CAST($3 AS TEXT) = '')"

// The epoch stays through hold and release: an attempt that is under way and ends while the row is
// held still records its final outcome (outcome.cpp), or a release would send a second copy.
#define HOLD "UPDATE recipient SET state = 'held', cause = $4, updated_at = $5"
#define RELEASE "UPDATE recipient SET state = 'queued', cause = $4, updated_at = $5, next_at = $5"
#define RETRY "UPDATE recipient SET cause = $4, updated_at = $5, next_at = $5"

sql::Params filter_of(const RecipientFilter& filter, const char* cause, WallTime now) {
  return {filter.account, filter.message, filter.domain, cause, now};
}

}  // namespace

Result<int64_t> hold_recipients(sql::Connection& connection, const RecipientFilter& filter,
                                WallTime now) {
  return connection.exec(HOLD FILTER " AND state = 'queued'", filter_of(filter, kHeldCause, now));
}

Result<int64_t> release_recipients(sql::Connection& connection, const RecipientFilter& filter,
                                   WallTime now) {
  return connection.exec(RELEASE FILTER " AND state = 'held'",
                         filter_of(filter, kRetriedCause, now));
}

Result<int64_t> retry_recipients(sql::Connection& connection, const RecipientFilter& filter,
                                 WallTime now) {
  return connection.exec(RETRY FILTER " AND state = 'queued'",
                         filter_of(filter, kRetriedCause, now));
}

Result<int64_t> cancel_recipients(sql::Connection& connection, const RecipientFilter& filter,
                                  WallTime now) {
  sql::Rows rows = TRY(connection.query(
      "UPDATE recipient SET state = 'cancelled', cause = $4, updated_at = $5" FILTER
      " AND state IN ('queued', 'held') RETURNING message_id",
      filter_of(filter, kCancelledCause, now)));
  std::map<int64_t, int64_t> of_message;
  for (sql::Row row : rows) ++of_message[row.integer(0)];
  std::vector<CounterAdd> adds;
  for (auto [message, n] : of_message) {
    sql::Rows found = TRY(
        connection.query("SELECT domain_id FROM message WHERE id = $1 AND account_id = $2",
                         {message, filter.account}));
    if (!found.empty())
      adds.push_back({.account_id = filter.account,
                      .day = day_of(now),
                      .domain_id = found[0].id<DomainId>(0),
                      .kind = "cancelled",
                      .n = n});
  }
  TRY(add_counters(connection, std::move(adds)));
  return static_cast<int64_t>(rows.size());
}

namespace {

Result<int64_t> counted(Result<sql::Rows> rows) { return TRY(std::move(rows))[0].integer(0); }

}  // namespace

// Each of the counts runs over an index alone: a million waiting ones are counted in a tenth of a
// second.
Result<QueueCounts> queue_counts_for_operator(sql::Connection& connection, WallTime now) {
  QueueCounts out;
  out.queued = TRY(counted(
      connection.query("SELECT count(*) FROM recipient WHERE state = 'queued'")));
  out.deferred = TRY(counted(connection.query(
      "SELECT count(*) FROM recipient WHERE state = 'queued' AND next_at > $1 AND attempts > 0",
      {now})));
  out.held = TRY(counted(connection.query(
      "SELECT count(*) FROM recipient WHERE state = 'held'")));
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

Result<int64_t> hold_domain_for_operator(sql::Connection& connection, std::string_view domain,
                                         WallTime now) {
  return connection.exec(
      "UPDATE recipient SET state = 'held', cause = $2, updated_at = $3"
      " WHERE domain = $1 AND state = 'queued'",
      {domain, kHeldCause, now});
}

Result<int64_t> release_domain_for_operator(sql::Connection& connection, std::string_view domain,
                                            WallTime now) {
  return connection.exec(
      "UPDATE recipient SET state = 'queued', cause = $2, updated_at = $3,"
      " next_at = $3 WHERE domain = $1 AND state = 'held'",
      {domain, kRetriedCause, now});
}

Result<int64_t> retry_domain_for_operator(sql::Connection& connection, std::string_view domain,
                                          WallTime now) {
  return connection.exec(
      "UPDATE recipient SET cause = $2, updated_at = $3, next_at = $3"
      " WHERE domain = $1 AND state = 'queued'",
      {domain, kRetriedCause, now});
}

}  // namespace ph::store
