// Purpose: accepted messages: row, the accept insert, lists, purge.
// Shapes: content is stored once however many recipients. flags: bits of MessageFlag. Text from
//   outside is stored with U+FFFD for what is no UTF-8. mail_from is the domain of the signed
//   return paths.
// Errors: not_found, conflict (id).
// Not here: per-recipient state (recipient.h).
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/content.h"
#include "store/page.h"
#include "store/recipient.h"

namespace ph::store {

class Tx;

enum class Door : uint8_t { rest, smtp, relay, console, cli, tencent, aws };
const char* door_name(Door door);
Result<Door> parse_door(std::string_view name);

enum MessageFlag : int64_t {
  kSmtpUtf8 = 1,   // needs SMTPUTF8 on the way out
  kEightBit = 2,   // has 8-bit bodies
  kSandboxed = 4,  // accepted in sandbox mode
  kRendered = 8,   // content is a row of a bulk job: the message is made of it at delivery
  kOfSystem = 16,  // a mail of our own: its links make whoever reads them somebody
};

struct MessageRow {
  MessageId id;  // Tx::new_id()
  AccountId account_id;
  DomainId domain_id;
  AddressId address_id;  // 0: no sender address (relay)
  Door door = Door::rest;
  std::string mail_from;
  std::string header_from;
  std::string subject;
  std::string header_message_id;
  ContentRef content;
  int64_t size = 0;             // octets
  int64_t recipient_count = 0;  // set from the recipients at insert
  int64_t flags = 0;
  WallTime created_at;
};

// The accept: message, recipients in one exchange, and the counter `accepted`. Fills in the
// recipients' message, account, index, shard and epoch, and the message's count.
Result<> insert_message_with_recipients(Tx& tx, MessageRow& message,
                                        std::vector<RecipientRow>& recipients);
// The same for many messages of one account, day and sender domain with one recipient each.
Result<> insert_messages_of_one(Tx& tx, std::vector<MessageRow>& messages,
                                std::vector<RecipientRow>& recipients);
Result<MessageRow> message(sql::Connection& connection, AccountId account, MessageId id);
// Newest first. `domain` 0 = all.
struct MessageFilter {
  DomainId domain;
  WallTime from;                 // created_at, inclusive
  WallTime to = {INT64_MAX};     // exclusive
};
Result<std::vector<MessageRow>> messages(sql::Connection& connection, AccountId account,
                                         const MessageFilter& filter, Page page);

Result<MessageRow> message_for_queue(sql::Connection& connection, MessageId id);
// Removes messages whose ids were made before `before` and of which no recipient is queued or held,
// with their recipients, attempts, events and content. Looks at `most` messages behind `after`, and
// removes about so many recipients; goes on behind `last` while there is more.
struct MessagePurge {
  int64_t gone = 0;
  MessageId last;
  bool more = false;
};
Result<MessagePurge> purge_messages_after_for_operator(Tx& tx, WallTime before, MessageId after,
                                                       int64_t most);
// One slice, from the oldest on. Gives how many went.
Result<int64_t> purge_messages_for_operator(Tx& tx, WallTime before, int64_t most);

}  // namespace ph::store
