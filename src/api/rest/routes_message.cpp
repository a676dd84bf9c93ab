#include <fmt/format.h>

#include <algorithm>

#include "api/rest/route.h"
#include "api/rest/schemas.h"
#include "base/clock.h"
#include "base/encoding.h"
#include "base/id_source.h"
#include "base/text.h"
#include "core/message_id.h"
#include "core/view_json.h"
#include "crypto/hash.h"

namespace ph::rest {
namespace {

using core::Action;
using core::Outcome;
using core::Reason;
using core::refuse;
using json::Value;

std::string member_text(const Value& object, std::string_view name) {
  const Value* value = object.find(name);
  return value != nullptr && value->is_string() ? value->as_string() : std::string();
}

Outcome<std::vector<mime::Attachment>> attachments_of(const Value& body) {
  std::vector<mime::Attachment> out;
  const Value* list = body.find("attachments");
  if (list == nullptr || !list->is_array()) return out;
  for (const Value& item : list->as_array()) {
    auto content = base64_decode(member_text(item, "content"));
    if (!content)
      return refuse(Reason::invalid_field, "The content of an attachment is base64.",
                    fmt::format("attachments[{}].content", out.size()));
    out.push_back({.filename = member_text(item, "filename"),
                   .content_type = member_text(item, "content_type"),
                   .content = std::move(*content),
                   .content_id = member_text(item, "content_id")});
  }
  return out;
}

net::Task<Reply> message_create(const Services& s, Call& call) {
  core::FieldContent content;
  content.from = call.text("from");
  content.to = call.texts("to");
  content.cc = call.texts("cc");
  content.bcc = call.texts("bcc");
  content.reply_to = call.texts("reply_to");
  content.subject = call.text("subject");
  content.text = call.text("text");
  content.html = call.text("html");
  content.attachments = CO_REFUSE_TRY(attachments_of(call.body));
  const Value* headers = call.body.find("headers");
  if (headers != nullptr && headers->is_object())
    for (const json::Member& member : headers->as_object())
      content.headers.push_back({member.name, member.value.as_string()});
  core::SendRequest request;
  request.actor = call.actor;
  request.account = call.account;
  request.door = core::Door::rest;
  request.fields = std::move(content);
  if (std::string key = CO_REFUSE_TRY(idempotency_key(call.request)); !key.empty())
    request.idempotency = {std::move(key),
                           std::string(crypto::view(crypto::sha256(call.request.body)))};
  auto sent = CO_REFUSE_TRY(co_await s.core.sender.send(std::move(request)));
  co_return Answer{.body = Value::object({{"id", format_id(sent.id.value)}})};
}

net::Task<Reply> message_list(const Services& s, Call& call) {
  core::MessageWish wish{
      .domain = lower(call.filter("domain")), .state = call.filter("state"), .before = {}};
  if (std::string before = call.filter("before"); !before.empty()) {
    auto time = parse_iso8601(before);
    if (!time)
      co_return refuse(Reason::invalid_field, "A time is written as 2026-01-31T23:59:59Z.",
                       "before");
    wish.before = *time;
  }
  auto list = CO_REFUSE_TRY(co_await s.core.messages.list_with_states(
      call.actor, call.account, wish, {.after = call.after, .limit = call.limit}));
  Value items = Value::array();
  for (const core::ListedMessage& row : list.rows) items.push(core::listed_message_json(row));
  co_return page_answer(std::move(items), call, list.next);
}

net::Task<Reply> message_get(const Services& s, Call& call) {
  MessageId id = CO_REFUSE_TRY(core::read_message_id(call.params[0]));
  co_return Answer{.body = core::message_view_json(
                       CO_REFUSE_TRY(co_await s.core.messages.get(call.actor, call.account, id)))};
}

net::Task<Reply> message_content(const Services& s, Call& call) {
  MessageId id = CO_REFUSE_TRY(core::read_message_id(call.params[0]));
  co_return Answer{
      .raw = CO_REFUSE_TRY(co_await s.core.messages.content(call.actor, call.account, id)),
      .content_type = "message/rfc822"};
}

net::Task<Reply> event_list(const Services& s, Call& call) {
  auto rows = CO_REFUSE_TRY(
      co_await s.core.messages.events(call.actor, call.account, EventId(call.after), call.limit));
  co_return page_of(rows, call, core::event_json,
                    [](const store::EventRow& row) { return row.id.value; });
}

// --- sandbox inbox ---

net::Task<Reply> inbox_list(const Services& s, Call& call) {
  auto rows = CO_REFUSE_TRY(
      co_await s.core.messages.inbox(call.actor, call.account, call.after, call.limit));
  co_return page_of(rows, call, core::inbox_json,
                    [](const store::InboxRow& row) { return row.id; });
}

net::Task<Outcome<core::Messages::InboxMail>> find_mail(const Services& s, Call& call) {
  auto id = parse_id(call.params[0]);
  if (!id) co_return refuse(Reason::not_found, "There is no such mail in the inbox.");
  co_return co_await s.core.messages.inbox_mail(call.actor, call.account, *id);
}

net::Task<Reply> inbox_get(const Services& s, Call& call) {
  co_return Answer{.body = core::inbox_mail_json(CO_REFUSE_TRY(co_await find_mail(s, call)))};
}

net::Task<Reply> inbox_content(const Services& s, Call& call) {
  co_return Answer{.raw = CO_REFUSE_TRY(co_await find_mail(s, call)).content,
                   .content_type = "message/rfc822"};
}

}  // namespace

std::span<const Route> message_routes() {
  static const Route routes[] = {
      {.method = "POST",
       .path = "/api/v1/messages",
       .operation = "message_create",
       .summary = "Send a message. Idempotency-Key makes a repeat harmless for 24 hours",
       .action = Action::send,
       .takes = Takes::account,
       .request = &schemas::kNewMessage,
       .response = &schemas::kAccepted,
       .reasons = {Reason::account_not_activated, Reason::account_suspended,
                   Reason::domain_not_verified, Reason::domain_suspended, Reason::address_not_found,
                   Reason::bad_recipient, Reason::too_many_recipients, Reason::idempotency_mismatch,
                   Reason::daily_limit, Reason::mailbox_rate_limit, Reason::request_rate_limit,
                   Reason::allowance_exhausted, Reason::arrears, Reason::domain_blocked,
                   Reason::provider_blocked, Reason::storage_full},
       .status = 202,
       .run = message_create,
       .body_most = limits::kHttpBodyBytes},
      {.method = "GET",
       .path = "/api/v1/messages",
       .operation = "message_list",
       .summary = "Messages, newest first",
       .action = Action::view,
       .takes = Takes::page,
       .filters = {{"domain", "of this sender domain"},
                   {"state",
                    "in this state; a page may be short, and has a cursor then",
                    {"queued", "held", "delivered", "partly_delivered", "failed"}},
                   {"before", "accepted before this time, as 2026-01-31T23:59:59Z"}},
       .response = &schemas::kMessage,
       .run = message_list},
      {.method = "GET",
       .path = "/api/v1/messages/{message}",
       .operation = "message_get",
       .summary = "What became of each recipient",
       .action = Action::read_message,
       .takes = Takes::account,
       .response = &schemas::kMessageView,
       .reasons = {Reason::not_found},
       .run = message_get},
      {.method = "GET",
       .path = "/api/v1/messages/{message}/content",
       .operation = "message_content",
       .summary = "The message as it was accepted, RFC 5322",
       .action = Action::view,
       .takes = Takes::account,
       .reasons = {Reason::not_found},
       .run = message_content},
      {.method = "GET",
       .path = "/api/v1/events",
       .operation = "event_list",
       .summary = "The account's events, newest first",
       .action = Action::view,
       .takes = Takes::page,
       .response = &schemas::kEvent,
       .run = event_list},
  };
  return routes;
}

std::span<const Route> sandbox_routes() {
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/sandbox/inbox",
       .operation = "inbox_list",
       .summary = "What the sandbox's receiver took, newest first",
       .action = Action::view,
       .takes = Takes::page,
       .response = &schemas::kInboxMail,
       .run = inbox_list},
      {.method = "GET",
       .path = "/api/v1/sandbox/inbox/{mail}",
       .operation = "inbox_get",
       .summary = "One mail",
       .action = Action::view,
       .takes = Takes::account,
       .response = &schemas::kInboxMail,
       .reasons = {Reason::not_found},
       .run = inbox_get},
      {.method = "GET",
       .path = "/api/v1/sandbox/inbox/{mail}/content",
       .operation = "inbox_content",
       .summary = "Its bytes, RFC 5322",
       .action = Action::view,
       .takes = Takes::account,
       .reasons = {Reason::not_found},
       .run = inbox_content},
  };
  return routes;
}

}  // namespace ph::rest
