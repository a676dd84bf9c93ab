// Purpose: what became of accepted messages: one with its recipients, attempts and events; lists;
//   an account's event log; and the sandbox's inbox.
// Errors: not_found for absent and foreign alike; forbidden for a key whose scope or domain does
//   not reach it.
// Threads: any loop.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/access.h"
#include "core/bulk_render.h"
#include "core/context.h"
#include "store/event.h"
#include "store/inbox.h"
#include "store/message.h"
#include "store/recipient.h"

namespace ph::core {

struct MessageView {
  store::MessageRow message;
  std::vector<store::RecipientRow> recipients;
  std::vector<store::AttemptRow> attempts;  // of all recipients, in order of idx and number
};

// "queued", "held", "delivered", "partly_delivered" or "failed": of all recipients together.
std::string message_state(std::span<const store::RecipientState> states);

struct ListedMessage {
  store::MessageRow message;
  std::vector<store::RecipientState> states;  // each that some recipient has, once
};

// What a list is narrowed to; empty: nothing.
struct MessageWish {
  std::string domain;  // of the sender
  std::string state;   // of all recipients together, as in message_state()
  std::optional<WallTime> before;  // accepted earlier
};

// Newest first. Where few rows fit, `next` is where to go on though the list is short; 0: the end.
struct MessageList {
  std::vector<ListedMessage> rows;
  int64_t next = 0;
};

class Messages {
 public:
  explicit Messages(Context& context) : context_(context), renderer_(context) {}

  net::Task<Outcome<MessageView>> get(Actor actor, AccountId account, MessageId id);
  net::Task<Outcome<std::vector<store::MessageRow>>> list(Actor actor, AccountId account,
                                                          MessageId before, size_t limit);
  net::Task<Outcome<MessageList>> list_with_states(Actor actor, AccountId account, MessageWish wish,
                                                   store::Page page);
  // The account whose messages these are, all of them; else not_found.
  net::Task<Outcome<AccountId>> account_of(Actor actor, AccountId account,
                                           std::vector<MessageId> ids);
  net::Task<Outcome<std::vector<store::EventRow>>> events(Actor actor, AccountId account,
                                                          EventId before, size_t limit);
  // RFC 5322 bytes as they were stored; of a bulk job's, as they are made at delivery.
  net::Task<Outcome<std::string>> content(Actor actor, AccountId account, MessageId id);

  // Sums of UTC days, both included, by kind (store::kStoreCounters), of all sender domains.
  net::Task<Outcome<std::vector<store::CounterRow>>> counters(Actor actor, AccountId account,
                                                              int64_t first_day, int64_t last_day);
  // The same of UTC hours, both included.
  net::Task<Outcome<std::vector<store::HourRow>>> hour_counters(Actor actor, AccountId account,
                                                                int64_t first_hour,
                                                                int64_t last_hour);

  net::Task<Outcome<std::vector<store::InboxRow>>> inbox(Actor actor, AccountId account,
                                                         int64_t before, size_t limit);
  struct InboxMail {
    store::InboxRow row;
    std::string content;
  };
  net::Task<Outcome<InboxMail>> inbox_mail(Actor actor, AccountId account, int64_t id);

 private:
  Context& context_;
  BulkRenderer renderer_;
};

}  // namespace ph::core
