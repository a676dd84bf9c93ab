#include "store/message.h"

#include "base/id_source.h"
#include "store/event.h"
#include "store/recipient_row.h"
#include "store/rows.h"
#include "store/store.h"

namespace ph::store {
namespace {

constexpr std::array kDoors = {"rest", "smtp", "relay", "console", "cli", "tencent", "aws"};

#define COLUMNS                                                                             \
  "id, account_id, domain_id, address_id, door, mail_from, header_from, subject, "          \
  "header_message_id, content_segment, content_offset, content_length, size, "              \
  "recipient_count, flags, created_at"

Result<MessageRow> read(sql::Row row) {
  MessageRow out;
  out.id = row.id<MessageId>(0);
  out.account_id = row.id<AccountId>(1);
  out.domain_id = row.id<DomainId>(2);
  out.address_id = row.id<AddressId>(3);
  out.door = TRY(stored(parse_door(row.text(4))));
  out.mail_from = row.text(5);
  out.header_from = row.text(6);
  out.subject = row.text(7);
  out.header_message_id = row.text(8);
  out.content = {row.integer(9), row.integer(10), row.integer(11)};
  out.size = row.integer(12);
  out.recipient_count = row.integer(13);
  out.flags = row.integer(14);
  out.created_at = row.time(15);
  return out;
}

sql::Params params_of(const MessageRow& row) {
  return params(row.id, row.account_id, row.domain_id, row.address_id, door_name(row.door),
                storable(row.mail_from), storable(row.header_from), storable(row.subject),
                storable(row.header_message_id), row.content.segment, row.content.offset,
                row.content.length, row.size, row.recipient_count, row.flags, row.created_at);
}

sql::Params params_of(const RecipientRow& row) {
  return params(row.key.message_id, row.key.idx, row.account_id, row.shard, row.address,
                row.domain, recipient_state_name(row.state), row.cause, row.next_at,
                row.expires_at, row.attempts, row.epoch, storable(row.reply), row.token_key,
                row.updated_at, row.copies);
}

// What a recipient's row has of its message and of its place in it.
void give_place(Tx& tx, const MessageRow& message, int32_t idx, RecipientRow& row) {
  row.key = {message.id, idx};
  row.account_id = message.account_id;
  row.shard = shard_of(tx.settled().engine(), row.domain);
  row.epoch = tx.epoch(row.shard);
}

void count_accepted(Tx& tx, const MessageRow& message, int64_t n) {
  tx.count(counted_at(message.created_at, message.account_id, message.domain_id, "accepted", n));
}

constexpr sql::InsertInto kIntoMessage{"message", COLUMNS};
constexpr sql::InsertInto kIntoRecipient{"recipient", RECIPIENT_COLUMNS};

Result<> insert_recipient(Tx& tx, const MessageRow& message, const RecipientRow& row) {
  TRY(tx.insert(kIntoRecipient, params_of(row)));
  tx.note_mail_to(message.account_id, row.address, message.created_at);
  return {};
}

}  // namespace

const char* door_name(Door door) { return kDoors[static_cast<size_t>(door)]; }
Result<Door> parse_door(std::string_view name) { return parse_enum<Door>(kDoors, name, "door"); }

Result<> insert_message_with_recipients(Tx& tx, MessageRow& message,
                                        std::vector<RecipientRow>& recipients) {
  PH_CHECK(message.id && message.account_id);
  message.recipient_count = static_cast<int64_t>(recipients.size());
  TRY(tx.insert(kIntoMessage, params_of(message)));
  for (size_t i = 0; i < recipients.size(); ++i) {
    give_place(tx, message, static_cast<int32_t>(i), recipients[i]);
    TRY(insert_recipient(tx, message, recipients[i]));
  }
  count_accepted(tx, message, message.recipient_count);
  return {};
}

Result<> insert_messages_of_one(Tx& tx, std::vector<MessageRow>& messages,
                                std::vector<RecipientRow>& recipients) {
  PH_CHECK(messages.size() == recipients.size());
  if (messages.empty()) return {};
  for (size_t i = 0; i < messages.size(); ++i) {
    MessageRow& message = messages[i];
    PH_CHECK(message.id && message.account_id == messages[0].account_id);
    message.recipient_count = 1;
    give_place(tx, message, 0, recipients[i]);
    TRY(tx.insert(kIntoMessage, params_of(message)));
    TRY(insert_recipient(tx, message, recipients[i]));
  }
  count_accepted(tx, messages[0], static_cast<int64_t>(messages.size()));
  return {};
}

Result<MessageRow> message(sql::Connection& connection, AccountId account, MessageId id) {
  return read_one(TRY(connection.query("SELECT " COLUMNS
                                       " FROM message WHERE id = $1 AND account_id = $2",
                                       {id, account})),
                  read, "message");
}

Result<std::vector<MessageRow>> messages(sql::Connection& connection, AccountId account,
                                         const MessageFilter& filter, Page page) {
  return read_all(
      TRY(connection.query("SELECT " COLUMNS " FROM message WHERE account_id = $1 AND id < $2"
                           " AND (domain_id = $3 OR CAST($3 AS BIGINT) = 0)"
                           " AND created_at >= $4 AND created_at < $5"
                           " ORDER BY id DESC LIMIT $6",
                           {account, page.before(), filter.domain, filter.from, filter.to,
                            page.rows()})),
      read);
}

Result<MessageRow> message_for_queue(sql::Connection& connection, MessageId id) {
  return read_one(TRY(connection.query("SELECT " COLUMNS " FROM message WHERE id = $1", {id})),
                  read, "message");
}

namespace {

// Counters outlive messages: their recounts start after this day (fsck).
Result<> note_purged_through(Tx& tx, int64_t day) {
  TRY(tx.sql().exec("INSERT INTO setting (name, value) VALUES ('purged_through_day', $1)"
                    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
                    " WHERE CAST(setting.value AS BIGINT) < CAST(excluded.value AS BIGINT)",
                    {std::to_string(day)}));
  return {};
}

// Gives how many of its recipients may not be forgotten yet, and the last day of the others.
struct Standing {
  int64_t waiting = 0;
  int64_t last_day = 0;
};
Result<Standing> standing_of(Tx& tx, const MessageRow& message) {
  sql::Rows rows = TRY(tx.sql().query(
      "SELECT CAST(coalesce(sum(CASE WHEN state IN ('queued', 'held') THEN 1 ELSE 0 END), 0) AS"
      " BIGINT), max(updated_at) FROM recipient WHERE message_id = $1 AND account_id = $2",
      {message.id, message.account_id}));
  return Standing{rows[0].integer(0),
                  std::max(day_of(message.created_at), day_of(rows[0].time(1)))};
}

Result<> delete_messages_for_operator(Tx& tx, const std::vector<sql::Params>& ids) {
  for (const char* statement : {"DELETE FROM attempt WHERE message_id = $1",
                                "DELETE FROM event WHERE message_id = $1 AND message_id <> 0",
                                "DELETE FROM recipient WHERE message_id = $1",
                                "DELETE FROM message WHERE id = $1"})
    TRY(tx.sql().exec_many(statement, ids));
  return {};
}

}  // namespace

Result<MessagePurge> purge_messages_after_for_operator(Tx& tx, WallTime before, MessageId after,
                                                       int64_t most) {
  auto old = TRY(read_all(TRY(tx.sql().query("SELECT " COLUMNS " FROM message WHERE id > $1"
                                             " AND id < $2 ORDER BY id LIMIT $3",
                                             {after, id_floor(before), most})),
                          read));
  MessagePurge out{.last = after, .more = static_cast<int64_t>(old.size()) == most};
  std::vector<sql::Params> ids;
  int64_t last_day = 0;
  int64_t recipients = 0;
  for (const MessageRow& row : old) {
    if (recipients > 0 && recipients + row.recipient_count > most) {
      out.more = true;
      break;
    }
    out.last = row.id;
    Standing standing = TRY(standing_of(tx, row));
    if (standing.waiting > 0) continue;
    recipients += row.recipient_count;
    last_day = std::max(last_day, standing.last_day);
    ids.push_back({row.id});
    TRY(tx.release_content(row.content));
  }
  out.gone = static_cast<int64_t>(ids.size());
  if (ids.empty()) return out;
  TRY(delete_messages_for_operator(tx, ids));
  TRY(note_purged_through(tx, last_day));
  return out;
}

Result<int64_t> purge_messages_for_operator(Tx& tx, WallTime before, int64_t most) {
  return TRY(purge_messages_after_for_operator(tx, before, {}, most)).gone;
}

}  // namespace ph::store
