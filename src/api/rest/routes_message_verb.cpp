// What an account does to several of its messages at once.
#include <algorithm>

#include "api/rest/route.h"
#include "api/rest/schemas.h"
#include "core/audit_log.h"
#include "core/message_id.h"

namespace ph::rest {
namespace {

using core::Action;
using core::Outcome;
using core::Reason;
using core::refuse;

Outcome<std::vector<MessageId>> ids_of(const Call& call) {
  std::vector<MessageId> out;
  for (const std::string& text : call.texts("messages"))
    out.push_back(REFUSE_TRY(core::read_message_id(text, "messages")));
  if (out.empty()) return refuse(Reason::invalid_field, "Name one message at least.", "messages");
  // Each once.
  std::ranges::sort(out);
  auto repeated = std::ranges::unique(out);
  out.erase(repeated.begin(), repeated.end());
  return out;
}

// All are the account's, or nothing is done.
net::Task<Outcome<std::vector<MessageId>>> own_messages(const Services& s, Call& call) {
  if (s.core.queue == nullptr)
    co_return refuse(Reason::temporary, "The queue does not run in this process.");
  auto ids = CO_REFUSE_TRY(ids_of(call));
  CO_REFUSE_TRY(co_await s.core.messages.account_of(call.actor, call.account, ids));
  co_return ids;
}

AccountId account_of(const Call& call) {
  return call.actor.is_operator() ? call.account : call.actor.account;
}

// A message by itself may have a thousand recipients: all together would be one write job, for
// which everybody's mail waits.
template <class Verb>
net::Task<Reply> each_of(std::vector<MessageId> messages, Verb verb) {
  int64_t changed = 0;
  for (MessageId id : messages) {
    auto one = co_await verb(id);
    // One may have been purged meanwhile.
    if (!one && one.error().code == Errc::not_found) continue;
    changed += CO_REFUSE_TRY(std::move(one));
  }
  co_return Answer{.body = json::Value::object({{"changed", changed}})};
}

net::Task<core::Outcome<>> note(const Services& s, const Call& call, std::string_view action,
                                AccountId account) {
  json::Value ids = json::Value::array();
  for (const std::string& id : call.texts("messages")) ids.push(id);
  co_return co_await core::note_change(
      s.core.context, call.actor,
      {.account = account,
       .action = action,
       .object = "messages",
       .after = json::serialize(json::Value::object({{"messages", std::move(ids)}}))});
}

net::Task<Reply> message_cancel(const Services& s, Call& call) {
  auto messages = CO_REFUSE_TRY(co_await own_messages(s, call));
  CO_REFUSE_TRY(co_await note(s, call, "message.cancel", account_of(call)));
  queue::Queue* queue = s.core.queue;
  co_return co_await each_of(std::move(messages), [queue](MessageId id) {
    return queue->cancel(id);
  });
}

net::Task<Reply> message_retry(const Services& s, Call& call) {
  auto messages = CO_REFUSE_TRY(co_await own_messages(s, call));
  CO_REFUSE_TRY(co_await note(s, call, "message.retry", account_of(call)));
  queue::Queue* queue = s.core.queue;
  co_return co_await each_of(std::move(messages), [queue](MessageId id) {
    return queue->retry(id);
  });
}

}  // namespace

std::span<const Route> message_verb_routes() {
  static const Route routes[] = {
      {.method = "POST",
       .path = "/api/v1/messages/cancel",
       .operation = "message_cancel",
       .summary = "Deliver these no further; what is in a session now ends first",
       .action = Action::send,
       .takes = Takes::account,
       .request = &schemas::kMessageWish,
       .response = &schemas::kChanged,
       .run = message_cancel},
      {.method = "POST",
       .path = "/api/v1/messages/retry",
       .operation = "message_retry",
       .summary = "Try the waiting recipients of these now",
       .action = Action::send,
       .takes = Takes::account,
       .request = &schemas::kMessageWish,
       .response = &schemas::kChanged,
       .run = message_retry},
  };
  return routes;
}

}  // namespace ph::rest
