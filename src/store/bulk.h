// Purpose: bulk jobs: one content, rows of data for each recipient, and how far they became
//   messages.
// Shapes: the upload is chunks of whole lines (bulk_chunk), each a content record; a chunk goes
//   with the slice that used up its last row. Rows count from 1. rows_done and chunk_offset are the
//   cursor: the row before which all are decided, and where in the first chunk the next one begins.
//   sweep is a change that its messages still have to follow, up to sweep_row.
//   States: uploading, then expanding <-> paused, then done; cancelled and failed are final;
//   abandoned is removed.
// Errors: not_found. What moves a job says what it was and changes nothing when it is that no more.
// Threads: any with a connection.
// Not here: rules (core/bulk.h), who works (bulk/runner.h).
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/content.h"
#include "store/page.h"
#include "store/recipient.h"

namespace ph {
using BulkId = StrongId<struct BulkTag>;
}

namespace ph::store {

class Tx;

enum class BulkState : uint8_t {
  uploading,
  abandoned,
  expanding,
  paused,
  done,
  cancelled,
  failed,
};
const char* bulk_state_name(BulkState state);

enum class BulkSweep : uint8_t { none, hold, release, cancel };

struct BulkJobRow {
  BulkId id;  // Tx::new_id()
  AccountId account_id;
  DomainId domain_id;
  AddressId address_id;
  int32_t shard = 0;  // its owner expands it
  BulkState state = BulkState::uploading;
  std::string cause;  // core::Reason's code while it waits or has failed; empty: none
  WallTime next_at;
  std::string subject;  // as written, with its variables
  ContentRef content;
  int64_t rows_total = 0;
  int64_t rows_done = 0;
  int64_t chunk_offset = 0;
  int64_t accepted = 0;
  int64_t refused = 0;
  BulkSweep sweep = BulkSweep::none;
  int64_t sweep_row = 0;
  WallTime created_at;
  WallTime updated_at;
  WallTime finished_at;  // all rows decided, or cancelled
};

struct BulkChunkRow {
  int64_t id = 0;
  BulkId job_id;
  AccountId account_id;
  int64_t first_row = 0;
  ContentRef content;
};

struct BulkMessageRow {
  BulkId job_id;
  int64_t row_number = 0;
  AccountId account_id;
  MessageId message_id;
};

struct BulkRefusalRow {
  BulkId job_id;
  int64_t row_number = 0;
  AccountId account_id;
  std::string reason;
  std::string field;
  std::string detail;
};

// Of its messages' recipients, by state; deferred are those queued that were tried.
struct BulkCounts {
  int64_t queued = 0;
  int64_t deferred = 0;
  int64_t held = 0;
  int64_t delivered = 0;
  int64_t bounced = 0;
  int64_t expired = 0;
  int64_t cancelled = 0;
};

// --- the upload ---
Result<> insert_bulk_job(sql::Connection& connection, const BulkJobRow& row);
// How many of the account have not ended, uploads that are still to be removed among them.
Result<int64_t> open_bulk_jobs(sql::Connection& connection, AccountId account);
// False: the job is not uploading any more.
Result<bool> insert_bulk_chunk(sql::Connection& connection, const BulkChunkRow& row, WallTime now);
Result<bool> begin_bulk_job(sql::Connection& connection, const BulkJobRow& row, WallTime now);
Result<bool> abandon_bulk_job(sql::Connection& connection, AccountId account, BulkId id);

// --- what people see ---
Result<BulkJobRow> bulk_job(sql::Connection& connection, AccountId account, BulkId id);
// Newest first, without uploads that have not ended. `domain` 0 = all.
Result<std::vector<BulkJobRow>> bulk_jobs(sql::Connection& connection, AccountId account,
                                          DomainId domain, Page page);
Result<BulkCounts> bulk_counts(sql::Connection& connection, AccountId account, BulkId id);
Result<std::vector<BulkRefusalRow>> bulk_refusals(sql::Connection& connection, AccountId account,
                                                  BulkId id);

// --- moves ---
struct BulkMove {
  BulkState from;
  BulkState to;
  BulkSweep sweep = BulkSweep::none;  // begins at the first row
  std::string cause;
};
Result<bool> move_bulk_job(sql::Connection& connection, const BulkJobRow& job, const BulkMove& move,
                           WallTime now);
// One slice: the cursor from where `before` has it. False: another did it, or the job stands.
Result<bool> advance_bulk_job(sql::Connection& connection, const BulkJobRow& before,
                              const BulkJobRow& after, WallTime now);
// Nothing of it until then.
Result<bool> delay_bulk_job(sql::Connection& connection, const BulkJobRow& job, WallTime until,
                            std::string_view cause);
// Those of the account that wait for its means are due now.
Result<> hasten_bulk_jobs(sql::Connection& connection, AccountId account, WallTime now);
Result<bool> advance_bulk_sweep(sql::Connection& connection, const BulkJobRow& before,
                                BulkSweep sweep, int64_t sweep_row);
Result<> insert_bulk_messages(sql::Connection& connection, const std::vector<BulkMessageRow>& rows);
Result<> insert_bulk_refusals(sql::Connection& connection, const std::vector<BulkRefusalRow>& rows);

// --- work ---
// Jobs that have something to be done, the longest untouched first; uploads without an end since
// `stale` are among them.
Result<std::vector<BulkJobRow>> bulk_work_for_queue(sql::Connection& connection, WallTime now,
                                                    WallTime stale);
Result<BulkJobRow> bulk_job_for_queue(sql::Connection& connection, BulkId id);
Result<std::vector<BulkChunkRow>> bulk_chunks(sql::Connection& connection, const BulkJobRow& job,
                                              int64_t limit);
Result<std::vector<BulkMessageRow>> bulk_messages_after(sql::Connection& connection,
                                                        const BulkJobRow& job, int64_t row_number,
                                                        int64_t limit);
// Of the last `most` rows, those that are queued and were never attempted.
Result<int64_t> bulk_never_attempted(sql::Connection& connection, const BulkJobRow& job,
                                     int64_t most);

// With its content released.
Result<> drop_bulk_chunk(Tx& tx, const BulkChunkRow& chunk);
// The job itself, which has no chunk left.
Result<> drop_bulk_job(Tx& tx, const BulkJobRow& job);
// Forgets messages that were purged, and jobs ended before `before` that have none left. Gives how
// many rows; call again while it is `most`.
Result<int64_t> purge_bulk_for_operator(Tx& tx, WallTime before, int64_t most);

}  // namespace ph::store
