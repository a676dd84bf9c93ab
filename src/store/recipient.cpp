#include "store/recipient.h"

#include "store/recipient_row.h"
#include "store/rows.h"

namespace ph::store {
namespace {

constexpr std::array kStates = {"queued", "delivered", "bounced", "held", "expired", "cancelled"};

Result<AttemptRow> read_attempt(sql::Row row) {
  return AttemptRow{.key = {row.id<MessageId>(0), static_cast<int32_t>(row.integer(1))},
                    .number = row.integer(2),
                    .account_id = row.id<AccountId>(3),
                    .at = row.time(4),
                    .host = row.text(5),
                    .address = row.text(6),
                    .tls = row.text(7),
                    .code = row.integer(8),
                    .reply = row.text(9),
                    .duration = Duration(row.integer(10)),
                    .transcript = row.text(11)};
}

}  // namespace

Result<RecipientRow> read_recipient(sql::Row row) {
  RecipientRow out;
  out.key = {row.id<MessageId>(0), static_cast<int32_t>(row.integer(1))};
  out.account_id = row.id<AccountId>(2);
  out.shard = static_cast<int32_t>(row.integer(3));
  out.address = row.text(4);
  out.domain = row.text(5);
  out.state = TRY(stored(parse_recipient_state(row.text(6))));
  out.cause = row.text(7);
  out.next_at = row.time(8);
  out.expires_at = row.time(9);
  out.attempts = row.integer(10);
  out.epoch = row.integer(11);
  out.reply = row.text(12);
  out.token_key = row.integer(13);
  out.updated_at = row.time(14);
  out.copies = static_cast<uint32_t>(row.integer(15));
  return out;
}

const char* recipient_state_name(RecipientState state) {
  return kStates[static_cast<size_t>(state)];
}
Result<RecipientState> parse_recipient_state(std::string_view name) {
  return parse_enum<RecipientState>(kStates, name, "state");
}
bool is_final(RecipientState state) {
  return state != RecipientState::queued && state != RecipientState::held;
}

Result<std::vector<RecipientRow>> recipients(sql::Connection& connection, AccountId account,
                                             MessageId message) {
  return read_all(TRY(connection.query("SELECT " RECIPIENT_COLUMNS
                                       " FROM recipient WHERE message_id = $1"
                                       " AND account_id = $2 ORDER BY idx",
                                       {message, account})),
                  read_recipient);
}

Result<std::vector<RecipientState>> recipient_states(sql::Connection& connection, AccountId account,
                                                     MessageId message) {
  auto read = [](sql::Row row) { return stored(parse_recipient_state(row.text(0))); };
  return read_all(TRY(connection.query("SELECT DISTINCT state FROM recipient WHERE message_id = $1"
                                       " AND account_id = $2",
                                       {message, account})),
                  read);
}

Result<RecipientRow> recipient(sql::Connection& connection, AccountId account, RecipientKey key) {
  return read_one(TRY(connection.query("SELECT " RECIPIENT_COLUMNS
                                       " FROM recipient WHERE message_id = $1 AND idx = $2"
                                       " AND account_id = $3",
                                       {key.message_id, key.idx, account})),
                  read_recipient, "recipient");
}

Result<std::vector<AttemptRow>> attempts(sql::Connection& connection, AccountId account,
                                         RecipientKey key) {
  return read_all(
      TRY(connection.query("SELECT message_id, idx, number, account_id, at, host, address, tls,"
                           " code, reply, duration_us, transcript FROM attempt"
                           " WHERE message_id = $1 AND idx = $2 AND account_id = $3"
                           " ORDER BY number",
                           {key.message_id, key.idx, account})),
      read_attempt);
}

#define DUE_FROM                                                                   \
  " FROM recipient WHERE shard = $1 AND state = 'queued'"                          \
  " AND next_at <= $2 AND (next_at, message_id, idx) > ($3, $4, $5)"
#define DUE_ORDER " ORDER BY next_at, message_id, idx LIMIT $6"
#define DUE "SELECT " RECIPIENT_COLUMNS DUE_FROM
// Those that are passed over are told by the index alone.
#define DUE_OF_LANES                                                               \
  "SELECT " RECIPIENT_COLUMNS " FROM (SELECT next_at AS due_at, message_id AS due_message," \
  " idx AS due_idx" DUE_FROM
#define DUE_OF_LANES_ORDER                                                         \
  DUE_ORDER ") AS due CROSS JOIN recipient WHERE message_id = due_message AND idx = due_idx" \
  " ORDER BY due_at, due_message, due_idx"

Result<std::vector<RecipientRow>> due_recipients_for_queue(sql::Connection& connection,
                                                           const DueQuery& query) {
  const DueCursor& after = query.after;
  sql::Params params = {query.shard,          query.now,       after.next_at,
                        after.key.message_id, after.key.idx, query.limit};
  std::string_view statement = DUE DUE_ORDER;
  if (query.only.account.value != 0) {
    statement = DUE_OF_LANES
        " AND account_id = $7 AND (domain = $8 OR CAST($8 AS TEXT) = '')" DUE_OF_LANES_ORDER;
    params.insert(params.end(), {query.only.account, query.only.domain});
  } else if (!query.except.empty()) {
    // One text for any number of them: a statement is prepared once.
    static_assert(kDueLanesExcept == 8);
    statement = DUE_OF_LANES
        " AND (account_id <> $7 OR domain <> $8) AND (account_id <> $9 OR domain <> $10)"
        " AND (account_id <> $11 OR domain <> $12) AND (account_id <> $13 OR domain <> $14)"
        " AND (account_id <> $15 OR domain <> $16) AND (account_id <> $17 OR domain <> $18)"
        " AND (account_id <> $19 OR domain <> $20) AND (account_id <> $21 OR domain <> $22)"
        DUE_OF_LANES_ORDER;
    PH_CHECK(query.except.size() <= kDueLanesExcept);
    for (size_t i = 0; i < kDueLanesExcept; ++i) {
      DueLane lane = i < query.except.size() ? query.except[i] : DueLane();
      params.insert(params.end(), {lane.account, lane.domain});
    }
  }
  return read_all(TRY(connection.query(statement, params)), read_recipient);
}

Result<std::vector<RecipientRow>> due_recipients_for_queue(sql::Connection& connection,
                                                           const std::vector<int32_t>& shards,
                                                           WallTime now, int64_t limit) {
  std::vector<RecipientRow> all;
  for (int32_t shard : shards) {
    auto some = TRY(due_recipients_for_queue(
        connection, {.shard = shard, .now = now, .after = {}, .limit = limit}));
    std::ranges::move(some, std::back_inserter(all));
  }
  std::ranges::sort(all, [](const RecipientRow& a, const RecipientRow& b) {
    return std::tie(a.next_at, a.key) < std::tie(b.next_at, b.key);
  });
  if (all.size() > static_cast<size_t>(limit)) all.resize(static_cast<size_t>(limit));
  return all;
}

Result<WallTime> next_due_for_queue(sql::Connection& connection, int32_t shard, WallTime now) {
  sql::Rows rows = TRY(connection.query(
      "SELECT next_at FROM recipient WHERE shard = $1 AND state = 'queued' AND next_at > $2"
      " ORDER BY next_at, message_id, idx LIMIT 1",
      {shard, now}));
  return rows.empty() ? WallTime{INT64_MAX} : rows[0].time(0);
}

Result<std::vector<bool>> claim_recipients_for_queue(sql::Connection& connection,
                                                     const std::vector<ClaimForQueue>& claims) {
  std::vector<sql::Params> sets;
  sets.reserve(claims.size());
  for (const ClaimForQueue& claim : claims)
    sets.push_back({claim.key.message_id, claim.key.idx, claim.from_epoch, claim.to_epoch});
  std::vector<int64_t> changed = TRY(connection.exec_many(
      "UPDATE recipient SET epoch = $4 WHERE message_id = $1 AND idx = $2 AND epoch = $3"
      " AND state = 'queued'",
      sets));
  std::vector<bool> out;
  for (int64_t n : changed) out.push_back(n > 0);
  return out;
}

Result<RecipientRow> recipient_for_queue(sql::Connection& connection, RecipientKey key) {
  return read_one(TRY(connection.query("SELECT " RECIPIENT_COLUMNS
                                       " FROM recipient WHERE message_id = $1 AND idx = $2",
                                       {key.message_id, key.idx})),
                  read_recipient, "recipient");
}

}  // namespace ph::store
