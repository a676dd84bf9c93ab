#include "store/bulk.h"

#include "store/rows.h"
#include "store/store.h"

namespace ph::store {
namespace {

constexpr std::array kStates = {"uploading", "abandoned", "expanding", "paused",
                                "done",      "cancelled", "failed"};
constexpr std::array kSweeps = {"", "hold", "release", "cancel"};

#define COLUMNS                                                                            \
  "id, account_id, domain_id, address_id, shard, state, cause, next_at, subject, "         \
  "content_segment, content_offset, content_length, rows_total, rows_done, chunk_offset, " \
  "accepted, refused, sweep, sweep_row, created_at, updated_at, finished_at"

const char* sweep_name(BulkSweep sweep) {
  return kSweeps[static_cast<size_t>(sweep)];
}

Result<BulkJobRow> read(sql::Row row) {
  BulkJobRow out;
  out.id = row.id<BulkId>(0);
  out.account_id = row.id<AccountId>(1);
  out.domain_id = row.id<DomainId>(2);
  out.address_id = row.id<AddressId>(3);
  out.shard = static_cast<int32_t>(row.integer(4));
  out.state = TRY(stored(parse_enum<BulkState>(kStates, row.text(5), "state")));
  out.cause = row.text(6);
  out.next_at = row.time(7);
  out.subject = row.text(8);
  out.content = {row.integer(9), row.integer(10), row.integer(11)};
  out.rows_total = row.integer(12);
  out.rows_done = row.integer(13);
  out.chunk_offset = row.integer(14);
  out.accepted = row.integer(15);
  out.refused = row.integer(16);
  out.sweep = TRY(stored(parse_enum<BulkSweep>(kSweeps, row.text(17), "sweep")));
  out.sweep_row = row.integer(18);
  out.created_at = row.time(19);
  out.updated_at = row.time(20);
  out.finished_at = row.time(21);
  return out;
}

Result<BulkChunkRow> read_chunk(sql::Row row) {
  return BulkChunkRow{.id = row.integer(0),
                      .job_id = row.id<BulkId>(1),
                      .account_id = row.id<AccountId>(2),
                      .first_row = row.integer(3),
                      .content = {row.integer(4), row.integer(5), row.integer(6)}};
}

bool is_one(int64_t changed) {
  return changed == 1;
}

Result<bool> is_there(sql::Connection& connection, const BulkMessageRow& row) {
  return !TRY(connection.query("SELECT 1 FROM message WHERE id = $1 AND account_id = $2",
                               {row.message_id, row.account_id}))
              .empty();
}

}  // namespace

const char* bulk_state_name(BulkState state) {
  return kStates[static_cast<size_t>(state)];
}

Result<> insert_bulk_job(sql::Connection& connection, const BulkJobRow& row) {
  TRY(connection.exec("INSERT INTO bulk_job (" COLUMNS
                      ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11,"
                      " $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22)",
                      {row.id,
                       row.account_id,
                       row.domain_id,
                       row.address_id,
                       row.shard,
                       bulk_state_name(row.state),
                       row.cause,
                       row.next_at,
                       storable(row.subject),
                       row.content.segment,
                       row.content.offset,
                       row.content.length,
                       row.rows_total,
                       row.rows_done,
                       row.chunk_offset,
                       row.accepted,
                       row.refused,
                       sweep_name(row.sweep),
                       row.sweep_row,
                       row.created_at,
                       row.updated_at,
                       row.finished_at}));
  return {};
}

Result<bool> insert_bulk_chunk(sql::Connection& connection, const BulkChunkRow& row, WallTime now) {
  int64_t changed =
      TRY(connection.exec("UPDATE bulk_job SET updated_at = $3 WHERE id = $1 AND account_id = $2"
                          " AND state = 'uploading'",
                          {row.job_id, row.account_id, now}));
  if (changed == 0) return false;
  TRY(
      connection.exec("INSERT INTO bulk_chunk (id, job_id, account_id, first_row,"
                      " content_segment, content_offset, content_length)"
                      " VALUES ($1, $2, $3, $4, $5, $6, $7)",
                      {row.id, row.job_id, row.account_id, row.first_row, row.content.segment,
                       row.content.offset, row.content.length}));
  return true;
}

Result<int64_t> open_bulk_jobs(sql::Connection& connection, AccountId account) {
  sql::Rows rows = TRY(connection.query(
      "SELECT count(*) FROM bulk_job WHERE account_id = $1"
      " AND state IN ('uploading', 'abandoned', 'expanding', 'paused')",
      {account}));
  return rows[0].integer(0);
}

Result<bool> begin_bulk_job(sql::Connection& connection, const BulkJobRow& row, WallTime now) {
  return is_one(TRY(connection.exec(
      "UPDATE bulk_job SET state = 'expanding', rows_total = $3, created_at = $4, updated_at = $4"
      " WHERE id = $1 AND account_id = $2 AND state = 'uploading'",
      {row.id, row.account_id, row.rows_total, now})));
}

Result<bool> abandon_bulk_job(sql::Connection& connection, AccountId account, BulkId id) {
  return is_one(
      TRY(connection.exec("UPDATE bulk_job SET state = 'abandoned' WHERE id = $1"
                          " AND account_id = $2 AND state = 'uploading'",
                          {id, account})));
}

Result<BulkJobRow> bulk_job(sql::Connection& connection, AccountId account, BulkId id) {
  return read_one(
      TRY(connection.query("SELECT " COLUMNS " FROM bulk_job WHERE id = $1 AND account_id = $2",
                           {id, account})),
      read, "bulk job");
}

Result<std::vector<BulkJobRow>> bulk_jobs(sql::Connection& connection, AccountId account,
                                          DomainId domain, Page page) {
  return read_all(
      TRY(connection.query("SELECT " COLUMNS " FROM bulk_job WHERE account_id = $1 AND id < $2"
                           " AND (domain_id = $3 OR CAST($3 AS BIGINT) = 0)"
                           " AND state NOT IN ('uploading', 'abandoned')"
                           " ORDER BY id DESC LIMIT $4",
                           {account, page.before(), domain, page.rows()})),
      read);
}

Result<BulkCounts> bulk_counts(sql::Connection& connection, AccountId account, BulkId id) {
  BulkCounts out;
  sql::Rows rows =
      TRY(connection.query("SELECT r.state, CASE WHEN r.attempts > 0 THEN 1 ELSE 0 END, count(*)"
                           " FROM bulk_message b JOIN recipient r ON r.message_id = b.message_id"
                           " WHERE b.job_id = $1 AND b.account_id = $2"
                           " GROUP BY r.state, CASE WHEN r.attempts > 0 THEN 1 ELSE 0 END",
                           {id, account}));
  for (sql::Row row : rows) {
    int64_t n = row.integer(2);
    switch (TRY(stored(parse_recipient_state(row.text(0))))) {
      case RecipientState::queued:
        (row.integer(1) != 0 ? out.deferred : out.queued) += n;
        break;
      case RecipientState::held:
        out.held += n;
        break;
      case RecipientState::delivered:
        out.delivered += n;
        break;
      case RecipientState::bounced:
        out.bounced += n;
        break;
      case RecipientState::expired:
        out.expired += n;
        break;
      case RecipientState::cancelled:
        out.cancelled += n;
        break;
    }
  }
  return out;
}

Result<std::vector<BulkRefusalRow>> bulk_refusals(sql::Connection& connection, AccountId account,
                                                  BulkId id) {
  auto read_refusal = [](sql::Row row) -> Result<BulkRefusalRow> {
    return BulkRefusalRow{.job_id = row.id<BulkId>(0),
                          .row_number = row.integer(1),
                          .account_id = row.id<AccountId>(2),
                          .reason = row.text(3),
                          .field = row.text(4),
                          .detail = row.text(5)};
  };
  return read_all(TRY(connection.query("SELECT job_id, row_number, account_id, reason, field,"
                                       " detail FROM bulk_refusal WHERE job_id = $1"
                                       " AND account_id = $2 ORDER BY row_number",
                                       {id, account})),
                  read_refusal);
}

Result<bool> move_bulk_job(sql::Connection& connection, const BulkJobRow& job, const BulkMove& move,
                           WallTime now) {
  bool ended =
      move.to == BulkState::done || move.to == BulkState::cancelled || move.to == BulkState::failed;
  return is_one(TRY(connection.exec(
      "UPDATE bulk_job SET state = $4, sweep = $5, sweep_row = 0, cause = $6, next_at = $7,"
      " updated_at = $7, finished_at = $8 WHERE id = $1 AND account_id = $2 AND state = $3",
      {job.id, job.account_id, bulk_state_name(move.from), bulk_state_name(move.to),
       sweep_name(move.sweep), move.cause, now, ended ? now : WallTime{}})));
}

Result<bool> advance_bulk_job(sql::Connection& connection, const BulkJobRow& before,
                              const BulkJobRow& after, WallTime now) {
  return is_one(TRY(connection.exec(
      "UPDATE bulk_job SET rows_done = $4, chunk_offset = $5, accepted = $6, refused = $7,"
      " cause = '', next_at = $8, updated_at = $8 WHERE id = $1 AND account_id = $2"
      " AND rows_done = $3 AND state = 'expanding'",
      {before.id, before.account_id, before.rows_done, after.rows_done, after.chunk_offset,
       after.accepted, after.refused, now})));
}

Result<bool> delay_bulk_job(sql::Connection& connection, const BulkJobRow& job, WallTime until,
                            std::string_view cause) {
  return is_one(
      TRY(connection.exec("UPDATE bulk_job SET next_at = $3, cause = $4 WHERE id = $1"
                          " AND account_id = $2 AND state = 'expanding'",
                          {job.id, job.account_id, until, cause})));
}

Result<> hasten_bulk_jobs(sql::Connection& connection, AccountId account, WallTime now) {
  TRY(connection.exec("UPDATE bulk_job SET next_at = $2 WHERE account_id = $1 AND next_at > $2"
                      " AND state = 'expanding' AND cause IN ('allowance_exhausted', 'arrears',"
                      " 'daily_limit', 'domain_blocked')",
                      {account, now}));
  return {};
}

Result<bool> advance_bulk_sweep(sql::Connection& connection, const BulkJobRow& before,
                                BulkSweep sweep, int64_t sweep_row) {
  return is_one(TRY(connection.exec(
      "UPDATE bulk_job SET sweep = $5, sweep_row = $6 WHERE id = $1 AND account_id = $2"
      " AND sweep = $3 AND sweep_row = $4",
      {before.id, before.account_id, sweep_name(before.sweep), before.sweep_row, sweep_name(sweep),
       sweep_row})));
}

Result<> insert_bulk_messages(sql::Connection& connection,
                              const std::vector<BulkMessageRow>& rows) {
  std::vector<sql::Params> sets;
  sets.reserve(rows.size());
  for (const BulkMessageRow& row : rows)
    sets.push_back({row.job_id, row.row_number, row.account_id, row.message_id});
  TRY(
      connection.exec_many("INSERT INTO bulk_message (job_id, row_number, account_id, message_id)"
                           " VALUES ($1, $2, $3, $4)",
                           sets));
  return {};
}

Result<> insert_bulk_refusals(sql::Connection& connection,
                              const std::vector<BulkRefusalRow>& rows) {
  std::vector<sql::Params> sets;
  for (const BulkRefusalRow& row : rows)
    sets.push_back({row.job_id, row.row_number, row.account_id, row.reason, storable(row.field),
                    storable(row.detail)});
  TRY(
      connection.exec_many("INSERT INTO bulk_refusal (job_id, row_number, account_id, reason,"
                           " field, detail) VALUES ($1, $2, $3, $4, $5, $6)",
                           sets));
  return {};
}

Result<std::vector<BulkJobRow>> bulk_work_for_queue(sql::Connection& connection, WallTime now,
                                                    WallTime stale) {
  return read_all(
      TRY(connection.query("SELECT " COLUMNS " FROM bulk_job"
                           " WHERE (state = 'expanding' AND next_at <= $1) OR sweep <> ''"
                           " OR state = 'abandoned' OR (state = 'uploading' AND updated_at < $2)"
                           " ORDER BY next_at, id LIMIT $3",
                           {now, stale, limits::kPageMost})),
      read);
}

Result<BulkJobRow> bulk_job_for_queue(sql::Connection& connection, BulkId id) {
  return read_one(TRY(connection.query("SELECT " COLUMNS " FROM bulk_job WHERE id = $1", {id})),
                  read, "bulk job");
}

Result<std::vector<BulkChunkRow>> bulk_chunks(sql::Connection& connection, const BulkJobRow& job,
                                              int64_t limit) {
  return read_all(TRY(connection.query("SELECT id, job_id, account_id, first_row, content_segment,"
                                       " content_offset, content_length FROM bulk_chunk"
                                       " WHERE job_id = $1 AND account_id = $2"
                                       " ORDER BY first_row LIMIT $3",
                                       {job.id, job.account_id, limit})),
                  read_chunk);
}

Result<std::vector<BulkMessageRow>> bulk_messages_after(sql::Connection& connection,
                                                        const BulkJobRow& job, int64_t row_number,
                                                        int64_t limit) {
  auto read_message = [](sql::Row row) -> Result<BulkMessageRow> {
    return BulkMessageRow{.job_id = row.id<BulkId>(0),
                          .row_number = row.integer(1),
                          .account_id = row.id<AccountId>(2),
                          .message_id = row.id<MessageId>(3)};
  };
  return read_all(TRY(connection.query("SELECT job_id, row_number, account_id, message_id"
                                       " FROM bulk_message WHERE job_id = $1 AND account_id = $2"
                                       " AND row_number > $3 ORDER BY row_number LIMIT $4",
                                       {job.id, job.account_id, row_number, limit})),
                  read_message);
}

Result<int64_t> bulk_never_attempted(sql::Connection& connection, const BulkJobRow& job,
                                     int64_t most) {
  sql::Rows rows = TRY(connection.query(
      "SELECT count(*) FROM bulk_message b JOIN recipient r ON r.message_id = b.message_id"
      " WHERE b.job_id = $1 AND b.account_id = $2 AND b.row_number > $3"
      " AND r.state = 'queued' AND r.attempts = 0",
      {job.id, job.account_id, job.rows_done - most}));
  return rows[0].integer(0);
}

Result<> drop_bulk_chunk(Tx& tx, const BulkChunkRow& chunk) {
  int64_t gone =
      TRY(tx.sql().exec("DELETE FROM bulk_chunk WHERE id = $1 AND job_id = $2 AND account_id = $3",
                        {chunk.id, chunk.job_id, chunk.account_id}));
  if (gone == 0) return {};
  return tx.release_content(chunk.content);
}

Result<> drop_bulk_job(Tx& tx, const BulkJobRow& job) {
  TRY(tx.sql().exec("DELETE FROM bulk_refusal WHERE job_id = $1 AND account_id = $2",
                    {job.id, job.account_id}));
  int64_t gone = TRY(tx.sql().exec("DELETE FROM bulk_job WHERE id = $1 AND account_id = $2",
                                   {job.id, job.account_id}));
  if (gone == 0) return {};
  return tx.release_content(job.content);
}

Result<int64_t> purge_bulk_for_operator(Tx& tx, WallTime before, int64_t most) {
  sql::Connection& sql = tx.sql();
  int64_t left = most;
  auto ended = TRY(
      read_all(TRY(sql.query("SELECT " COLUMNS " FROM bulk_job WHERE state IN ('done', 'cancelled',"
                             " 'failed') AND sweep = '' AND finished_at < $1 ORDER BY id LIMIT $2",
                             {before, most})),
               read));
  for (const BulkJobRow& job : ended) {
    if (left <= 0) break;
    // The oldest messages go first: where the first is there, all are.
    auto rows = TRY(bulk_messages_after(sql, job, 0, 1));
    if (!rows.empty() && TRY(is_there(sql, rows[0]))) continue;
    rows = TRY(bulk_messages_after(sql, job, 0, left));
    std::vector<sql::Params> gone;
    for (const BulkMessageRow& row : rows) {
      if (TRY(is_there(sql, row))) break;
      gone.push_back({job.id, row.row_number, job.account_id});
    }
    if (!gone.empty())
      TRY(sql.exec_many("DELETE FROM bulk_message WHERE job_id = $1 AND row_number = $2"
                        " AND account_id = $3",
                        gone));
    left -= static_cast<int64_t>(gone.size());
    if (!rows.empty()) continue;
    for (const BulkChunkRow& chunk : TRY(bulk_chunks(sql, job, left))) {  // of one that failed
      TRY(drop_bulk_chunk(tx, chunk));
      --left;
    }
    if (left <= 0) break;
    TRY(drop_bulk_job(tx, job));
    --left;
  }
  return most - left;
}

}  // namespace ph::store
