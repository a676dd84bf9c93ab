#include "base/id_source.h"
#include "base/text.h"
#include "control/operation_table.h"
#include "core/audit_log.h"
#include "core/message_id.h"
#include "queue/queue_json.h"

namespace ph::control {
namespace {

using core::Outcome;
using core::Reason;
using core::refuse;
using json::Value;

Outcome<MessageId> message_id(const Arguments& a) {
  return core::read_message_id(REFUSE_TRY(a.text("id")), "id");
}

// `id` (a message), `domain` (of recipients) or `account`.
net::Task<Outcome<queue::Selection>> selection(const Arguments& a) {
  if (!CO_REFUSE_TRY(a.text_or("id")).empty())
    co_return queue::Selection(CO_REFUSE_TRY(message_id(a)));
  std::string domain = CO_REFUSE_TRY(a.text_or("domain"));
  std::string account = CO_REFUSE_TRY(a.text_or("account"));
  if (!domain.empty()) co_return queue::Selection(queue::RecipientDomain{lower(domain)});
  if (account.empty())
    co_return refuse(Reason::missing_field, "Say which: a message id, --domain or --account.",
                     "id");
  co_return queue::Selection(CO_REFUSE_TRY(co_await a.account()));
}

using Verb = net::Task<Result<int64_t>> (queue::Queue::*)(queue::Selection);
using MessageVerb = net::Task<Result<int64_t>> (queue::Queue::*)(MessageId);

template <Verb verb>
constexpr std::string_view action_of() {
  if (verb == &queue::Queue::hold) return "queue.hold";
  if (verb == &queue::Queue::release) return "queue.release";
  return "queue.retry";
}

// The account that a verb is about, where it is one.
core::Change change_of(std::string_view action, const queue::Selection& what) {
  core::Change out{.action = action};
  if (const auto* account = std::get_if<AccountId>(&what)) {
    out.account = *account;
    out.object = "account:" + std::to_string(account->value);
  } else if (const auto* domain = std::get_if<queue::RecipientDomain>(&what)) {
    out.object = "destination:" + domain->name;
  } else if (const auto* message = std::get_if<MessageId>(&what)) {
    out.object = "message:" + format_id(message->value);
  }
  return out;
}

net::Task<Outcome<>> note(const Services& s, core::Change change) {
  return core::note_change(s.context, control_actor(), std::move(change));
}

template <Verb verb>
net::Task<Answer> change(const Services& s, const Arguments& a) {
  queue::Selection what = CO_REFUSE_TRY(co_await selection(a));
  CO_REFUSE_TRY(co_await note(s, change_of(action_of<verb>(), what)));
  int64_t changed = CO_REFUSE_TRY(co_await (s.queue.*verb)(std::move(what)));
  co_return Value::object({{"changed", changed}});
}

template <MessageVerb verb>
net::Task<Answer> change_message(const Services& s, const Arguments& a) {
  MessageId id = CO_REFUSE_TRY(message_id(a));
  bool cancels = verb == &queue::Queue::cancel;
  CO_REFUSE_TRY(co_await note(s, change_of(cancels ? "queue.cancel" : "queue.expire", id)));
  int64_t changed = CO_REFUSE_TRY(co_await (s.queue.*verb)(id));
  co_return Value::object({{"changed", changed}});
}

net::Task<Answer> summary(const Services& s, const Arguments&) {
  co_return queue::summary_json(CO_REFUSE_TRY(co_await s.queue.summary()));
}

net::Task<Answer> explain(const Services& s, const Arguments& a) {
  MessageId id = CO_REFUSE_TRY(message_id(a));
  auto rows = co_await s.queue.explain(id);
  if (!rows && rows.error().code == Errc::not_found)
    co_return refuse(Reason::not_found, "There is no such message.", "id");
  co_return queue::explanation_json(id, CO_REFUSE_TRY(std::move(rows)));
}

net::Task<Answer> suspend(const Services& s, const Arguments&) {
  CO_REFUSE_TRY(co_await note(s, {.action = "queue.suspend", .object = "queue"}));
  s.queue.suspend();
  co_return Value::object({{"suspended", true}});
}

net::Task<Answer> resume(const Services& s, const Arguments&) {
  CO_REFUSE_TRY(co_await note(s, {.action = "queue.resume", .object = "queue"}));
  s.queue.resume();
  co_return Value::object({{"suspended", false}});
}

}  // namespace

std::span<const Operation> queue_operations() {
  using queue::Queue;
  static const Operation operations[] = {
      {"queue.summary", {}, summary},
      {"queue.explain", {"id"}, explain},
      {"queue.hold", {"id", "domain", "account"}, change<&Queue::hold>},
      {"queue.release", {"id", "domain", "account"}, change<&Queue::release>},
      {"queue.retry", {"id", "domain", "account"}, change<&Queue::retry>},
      {"queue.expire", {"id"}, change_message<&Queue::expire>},
      {"queue.cancel", {"id"}, change_message<&Queue::cancel>},
      {"queue.suspend", {}, suspend},
      {"queue.resume", {}, resume},
  };
  return operations;
}

}  // namespace ph::control
