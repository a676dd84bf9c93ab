#include "api/rest/route.h"
#include "api/rest/schemas.h"
#include "base/text.h"
#include "base/id_source.h"
#include "core/audit_log.h"
#include "core/message_id.h"
#include "core/transaction.h"
#include "core/view_json.h"
#include "queue/queue_json.h"

namespace ph::rest {
namespace {

using core::Action;
using core::Outcome;
using core::Reason;
using core::refuse;
using json::Value;

std::unexpected<core::Refusal> no_message() {
  return refuse(Reason::not_found, "There is no such message.");
}

Outcome<queue::Queue*> queue_of(const Services& s) {
  if (s.core.queue != nullptr) return s.core.queue;
  return refuse(Reason::temporary, "The queue does not run in this process.");
}

net::Task<Reply> queue_summary(const Services& s, Call&) {
  queue::Queue* queue = CO_REFUSE_TRY(queue_of(s));
  co_return Answer{.body = queue::summary_json(CO_REFUSE_TRY(co_await queue->summary()))};
}

net::Task<Reply> queue_sites(const Services& s, Call&) {
  queue::Queue* queue = CO_REFUSE_TRY(queue_of(s));
  co_return Answer{.body = queue::sites_json(CO_REFUSE_TRY(co_await queue->sites()))};
}

// What has been tried in vain, the oldest first: what a person asks who has no number of a message.
net::Task<Reply> queue_late(const Services& s, Call&) {
  using Rows = std::vector<store::RecipientRow>;
  auto job = [](sql::Connection& sql) -> Outcome<Rows> {
    return REFUSE_TRY(store::late_recipients_for_operator(
        sql, static_cast<int64_t>(limits::kPageDefault)));
  };
  Rows rows = CO_REFUSE_TRY(co_await core::look<Rows>(s.core.context, std::move(job)));
  Value list = Value::array();
  for (const store::RecipientRow& row : rows)
    list.push(Value::object({{"message", format_id(row.key.message_id.value)},
                             {"account", row.account_id.value},
                             {"address", row.address},
                             {"cause", row.cause},
                             {"reply", row.reply},
                             {"attempts", row.attempts},
                             {"accepted_at", core::time_json(id_time(row.key.message_id.value))},
                             {"next_at", core::time_json(row.next_at)},
                             {"expires_at", core::time_json(row.expires_at)}}));
  co_return Answer{.body = Value::object({{"recipients", std::move(list)}})};
}

net::Task<Reply> queue_explain(const Services& s, Call& call) {
  queue::Queue* queue = CO_REFUSE_TRY(queue_of(s));
  MessageId id = CO_REFUSE_TRY(core::read_message_id(call.params[0]));
  auto rows = co_await queue->explain(id);
  if (!rows && rows.error().code == Errc::not_found) co_return no_message();
  co_return Answer{.body = queue::explanation_json(id, CO_REFUSE_TRY(std::move(rows)))};
}

using Verb = net::Task<Result<int64_t>> (queue::Queue::*)(queue::Selection);

template <Verb verb>
constexpr std::string_view action_of() {
  if (verb == &queue::Queue::hold) return "queue.hold";
  if (verb == &queue::Queue::release) return "queue.release";
  return "queue.retry";
}

template <Verb verb>
net::Task<Reply> queue_change(const Services& s, Call& call) {
  queue::Queue* queue = CO_REFUSE_TRY(queue_of(s));
  MessageId id = CO_REFUSE_TRY(core::read_message_id(call.params[0]));
  CO_REFUSE_TRY(co_await core::note_change(
      s.core.context, call.actor,
      {.account = {}, .action = action_of<verb>(), .object = "message:" + call.params[0]}));
  int64_t changed = CO_REFUSE_TRY(co_await (queue->*verb)(id));
  co_return Answer{.body = Value::object({{"changed", changed}})};
}

// One destination, or one account: everything that waits there.
Outcome<queue::Selection> selection_of(const Call& call) {
  std::string domain = lower(trim(call.text("domain")));
  auto account = call.number("account");
  if (domain.empty() == !account)
    return refuse(Reason::missing_field, "Say which: a domain, or an account.", "domain");
  if (account) return queue::Selection(AccountId(*account));
  return queue::Selection(queue::RecipientDomain{std::move(domain)});
}

template <Verb verb>
net::Task<Reply> queue_change_all(const Services& s, Call& call) {
  queue::Queue* queue = CO_REFUSE_TRY(queue_of(s));
  queue::Selection what = CO_REFUSE_TRY(selection_of(call));
  const auto* account = std::get_if<AccountId>(&what);
  CO_REFUSE_TRY(co_await core::note_change(
      s.core.context, call.actor,
      {.account = account != nullptr ? *account : AccountId(),
       .action = action_of<verb>(),
       .object = account != nullptr
                     ? "account:" + std::to_string(account->value)
                     : "destination:" + std::get<queue::RecipientDomain>(what).name}));
  int64_t changed = CO_REFUSE_TRY(co_await (queue->*verb)(std::move(what)));
  co_return Answer{.body = Value::object({{"changed", changed}})};
}

}  // namespace

std::span<const Route> queue_routes() {
  using queue::Queue;
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/queue",
       .operation = "queue_summary",
       .summary = "How many recipients wait, and how",
       .action = Action::operate,
       .response = &schemas::kQueueSummary,
       .run = queue_summary},
      {.method = "GET",
       .path = "/api/v1/queue-sites",
       .operation = "queue_sites",
       .summary = "The destinations with most recipients ready and in flight",
       .action = Action::operate,
       .response = &schemas::kQueueSites,
       .run = queue_sites},
      {.method = "GET",
       .path = "/api/v1/queue-late",
       .operation = "queue_late",
       .summary = "Recipients tried in vain, whose messages have been here longest",
       .action = Action::operate,
       .response = &schemas::kQueueLate,
       .run = queue_late},
      {.method = "GET",
       .path = "/api/v1/queue/{queued}",
       .operation = "queue_explain",
       .summary = "Why a message is still here",
       .action = Action::operate,
       .response = &schemas::kQueueExplanation,
       .reasons = {Reason::not_found},
       .run = queue_explain},
      {.method = "POST",
       .path = "/api/v1/queue/{queued}/hold",
       .operation = "queue_hold",
       .summary = "Keep its recipients back",
       .action = Action::operate,
       .response = &schemas::kChanged,
       .reasons = {Reason::not_found},
       .run = queue_change<&Queue::hold>},
      {.method = "POST",
       .path = "/api/v1/queue/{queued}/release",
       .operation = "queue_release",
       .summary = "Let held recipients go",
       .action = Action::operate,
       .response = &schemas::kChanged,
       .reasons = {Reason::not_found},
       .run = queue_change<&Queue::release>},
      {.method = "POST",
       .path = "/api/v1/queue/{queued}/retry",
       .operation = "queue_retry",
       .summary = "Try now",
       .action = Action::operate,
       .response = &schemas::kChanged,
       .reasons = {Reason::not_found},
       .run = queue_change<&Queue::retry>},
  };
  return routes;
}

std::span<const Route> queue_all_routes() {
  using queue::Queue;
  static const Route routes[] = {
      {.method = "POST",
       .path = "/api/v1/queue-hold",
       .operation = "queue_hold_all",
       .summary = "Keep all recipients of a domain or account back",
       .action = Action::operate,
       .request = &schemas::kQueueWish,
       .response = &schemas::kChanged,
       .run = queue_change_all<&Queue::hold>},
      {.method = "POST",
       .path = "/api/v1/queue-release",
       .operation = "queue_release_all",
       .summary = "Let the held recipients of a domain or account go",
       .action = Action::operate,
       .request = &schemas::kQueueWish,
       .response = &schemas::kChanged,
       .run = queue_change_all<&Queue::release>},
      {.method = "POST",
       .path = "/api/v1/queue-retry",
       .operation = "queue_retry_all",
       .summary = "Try all waiting recipients of a domain or account now",
       .action = Action::operate,
       .request = &schemas::kQueueWish,
       .response = &schemas::kChanged,
       .run = queue_change_all<&Queue::retry>},
  };
  return routes;
}

}  // namespace ph::rest
