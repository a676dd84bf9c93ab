#include "feedback/reports.h"

#include <fmt/format.h>

#include "core/cause.h"
#include "core/event.h"
#include "core/transaction.h"
#include "json/json.h"
#include "mime/dsn.h"
#include "store/inbox.h"
#include "store/message.h"
#include "store/outcome.h"

namespace ph::feedback {
namespace {

std::string reply_of(const mime::DsnRecipient& recipient) {
  std::string out = recipient.diagnostic.empty() ? recipient.status : recipient.diagnostic;
  return out.substr(0, limits::kReplyKept);
}

core::Outcome<> mark_bounced(store::Tx& tx, const store::MessageRow& message,
                             store::RecipientKey key, const std::string& reply) {
  store::Outcome outcome;
  outcome.key = key;
  outcome.account_id = message.account_id;
  outcome.domain_id = message.domain_id;
  outcome.state = store::RecipientState::bounced;
  outcome.cause = core::cause_name(core::Cause::bounced_later);
  outcome.at = tx.now();
  outcome.reply = reply;
  // "550 5.1.1 …": a reply's code and its status (RFC 3463 §2).
  std::string_view status = std::string_view(reply).substr(std::min<size_t>(4, reply.size()));
  if (core::means_invalid_address(core::Cause::bounced_later, 0, status.substr(0, 5)))
    outcome.counters.push_back({.account_id = message.account_id,
                                .day = store::day_of(tx.now()),
                                .domain_id = message.domain_id,
                                .kind = std::string(store::kInvalidAddresses)});
  json::Value data = json::Value::object(
      {{"cause", core::cause_name(core::Cause::bounced_later)}, {"reply", reply}});
  outcome.events.push_back({.id = EventId(tx.new_id()),
                            .account_id = message.account_id,
                            .type = core::event::kBounced,
                            .at = tx.now(),
                            .message_id = message.id,
                            .idx = key.idx,
                            .domain_id = message.domain_id,
                            .data = json::serialize(data)});
  REFUSE_TRY(store::record_late_bounce_for_queue(tx, outcome));
  return {};
}

store::RecipientKey key_of(const smtp::ReturnPath& path) {
  return {path.message, static_cast<int32_t>(path.recipient)};
}

core::Outcome<> store_report(store::Tx& tx, const Report& report, const smtp::ReturnPath& path,
                             const Judgement& judged) {
  store::RecipientKey key = key_of(path);
  auto found = store::message_for_queue(tx.sql(), key.message_id);
  if (!found && found.error().code == Errc::not_found) return {};
  store::MessageRow message = REFUSE_TRY(std::move(found));
  auto recipient = store::recipient(tx.sql(), message.account_id, key);
  if (!recipient && recipient.error().code == Errc::not_found) return {};
  REFUSE_TRY(std::move(recipient));

  store::InboundRow row{.id = tx.new_id(),
                        .account_id = message.account_id,
                        .received_at = tx.now(),
                        .recipient = key,
                        .kind = judged.kind,
                        .content = REFUSE_TRY(tx.put_content(report.content))};
  REFUSE_TRY(store::insert_inbound(tx.sql(), message.account_id, row));
  json::Value data = json::Value::object({{"kind", judged.kind}, {"reply", judged.reply}});
  REFUSE_TRY(core::record_event(tx, {.account_id = message.account_id,
                                     .type = core::event::kInbound,
                                     .message_id = message.id,
                                     .idx = key.idx,
                                     .domain_id = message.domain_id,
                                     .data = json::serialize(data)}));
  if (judged.kind == "failure" && report.paths.size() == 1)
    return mark_bounced(tx, message, key, judged.reply);
  return {};
}

}  // namespace

Judgement judge_report(std::string_view content) {
  auto report = mime::parse_delivery_report(content);
  if (!report || report->recipients.empty()) return {.kind = "reply", .reply = {}};
  // A return path is of one recipient, whatever became of it on its way: the first that failed.
  for (const mime::DsnRecipient& recipient : report->recipients)
    if (recipient.action == mime::DsnAction::failed && recipient.status.starts_with("5."))
      return {.kind = "failure", .reply = reply_of(recipient)};
  const mime::DsnRecipient& first = report->recipients[0];
  bool delayed = first.action == mime::DsnAction::delayed;
  return {.kind = delayed ? "delay" : "report", .reply = reply_of(first)};
}

net::Task<core::Outcome<>> Reports::take(Report report) {
  for (const smtp::ReturnPath& path : report.paths) {
    if (!rate_.take(key_of(path)))
      co_return core::refuse(core::Reason::mailbox_rate_limit, "Too many reports of one mail.");
  }
  auto held = std::make_shared<Report>(std::move(report));
  auto job = [held, judged = judge_report(held->content)](store::Tx& tx) -> core::Outcome<> {
    for (const smtp::ReturnPath& path : held->paths)
      REFUSE_TRY(store_report(tx, *held, path, judged));
    return {};
  };
  co_return co_await core::transact<void>(context_, std::move(job));
}

}  // namespace ph::feedback
