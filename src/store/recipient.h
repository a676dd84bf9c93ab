// Purpose: recipients: row, the queue's reads, hold and release; attempts.
// Shapes: key (message, idx). Only state queued is due, at next_at. cause is queue's closed list,
//   as its name. Every outcome update is fenced by epoch and state (outcome.h).
// Errors: not_found.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/page.h"

namespace ph::store {

enum class RecipientState : uint8_t { queued, delivered, bounced, held, expired, cancelled };
const char* recipient_state_name(RecipientState state);
Result<RecipientState> parse_recipient_state(std::string_view name);
// delivered, bounced, expired, cancelled.
bool is_final(RecipientState state);

struct RecipientKey {
  MessageId message_id;
  int32_t idx = 0;
  auto operator<=>(const RecipientKey&) const = default;
};

struct RecipientRow {
  RecipientKey key;
  AccountId account_id;
  int32_t shard = 0;
  std::string address;
  std::string domain;  // lower-case A-label
  RecipientState state = RecipientState::queued;
  std::string cause;
  WallTime next_at;
  WallTime expires_at;
  int64_t attempts = 0;
  int64_t epoch = 0;
  std::string reply;      // of the last attempt
  int64_t token_key = 0;  // which key signs its return path
  WallTime updated_at;
  // Final dots sent for it whose end nobody knows; written when an attempt after them is deferred.
  uint32_t copies = 0;
};

struct AttemptRow {
  RecipientKey key;
  int64_t number = 0;  // from 1
  AccountId account_id;
  WallTime at;
  std::string host;
  std::string address;
  std::string tls;
  int64_t code = 0;  // SMTP reply code, 0: none
  std::string reply;
  Duration duration{0};
  std::string transcript;
};

Result<std::vector<RecipientRow>> recipients(sql::Connection& connection, AccountId account,
                                             MessageId message);
// Each state that some recipient of the message has, once.
Result<std::vector<RecipientState>> recipient_states(sql::Connection& connection, AccountId account,
                                                     MessageId message);
Result<RecipientRow> recipient(sql::Connection& connection, AccountId account, RecipientKey key);
Result<std::vector<AttemptRow>> attempts(sql::Connection& connection, AccountId account,
                                         RecipientKey key);

// What queue verbs act on; account is required, the others narrow it.
struct RecipientFilter {
  AccountId account;
  MessageId message;   // 0 = all
  std::string domain;  // the recipients' domain, '' = all
};
// queued -> held, held -> queued (due now), queued -> due now, queued or held -> cancelled.
Result<int64_t> hold_recipients(sql::Connection& connection, const RecipientFilter& filter,
                                WallTime now);
Result<int64_t> release_recipients(sql::Connection& connection, const RecipientFilter& filter,
                                   WallTime now);
Result<int64_t> retry_recipients(sql::Connection& connection, const RecipientFilter& filter,
                                 WallTime now);
Result<int64_t> cancel_recipients(sql::Connection& connection, const RecipientFilter& filter,
                                  WallTime now);

// The queue's window into what is due, in order of (next_at, message, idx) within each shard.
struct DueCursor {
  WallTime next_at;
  RecipientKey key;
};
struct DueLane {
  std::string domain;  // '' = all of the account
  AccountId account;   // 0 = nobody
};
inline constexpr size_t kDueLanesExcept = 8;
struct DueQuery {
  int32_t shard = 0;
  WallTime now;
  DueCursor after;
  int64_t limit = 0;
  DueLane only = {};                 // of an account: these alone
  std::vector<DueLane> except = {};  // not these; at most kDueLanesExcept
};
Result<std::vector<RecipientRow>> due_recipients_for_queue(sql::Connection& connection,
                                                           const DueQuery& query);
// Of all these shards, at most `limit` in all, the longest due first.
Result<std::vector<RecipientRow>> due_recipients_for_queue(sql::Connection& connection,
                                                           const std::vector<int32_t>& shards,
                                                           WallTime now, int64_t limit);
// When the next queued recipient of a shard is due after `now`; never when there is none.
Result<WallTime> next_due_for_queue(sql::Connection& connection, int32_t shard, WallTime now);
// Rows that an earlier owner left get this owner's epoch. True for those that are ours now; a row
// that is no longer queued, or whose epoch is not `row.epoch`, stays.
struct ClaimForQueue {
  RecipientKey key;
  int64_t from_epoch = 0;
  int64_t to_epoch = 0;
};
Result<std::vector<bool>> claim_recipients_for_queue(sql::Connection& connection,
                                                     const std::vector<ClaimForQueue>& claims);
Result<RecipientRow> recipient_for_queue(sql::Connection& connection, RecipientKey key);

struct QueueCounts {
  int64_t queued = 0;    // all in state queued
  int64_t deferred = 0;  // of those, tried and waiting
  int64_t held = 0;
};
Result<QueueCounts> queue_counts_for_operator(sql::Connection& connection, WallTime now);
// Tried in vain and waiting, whose messages have been here longest first.
Result<std::vector<RecipientRow>> late_recipients_for_operator(sql::Connection& connection,
                                                               int64_t limit);
Result<std::vector<RecipientRow>> queued_recipients_for_operator(sql::Connection& connection,
                                                                 RecipientKey after,
                                                                 int64_t limit);

}  // namespace ph::store
