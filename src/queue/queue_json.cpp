#include "queue/queue_json.h"

#include "base/id_source.h"
#include "core/view_json.h"

namespace ph::queue {
namespace {

using json::Value;

Value recipient_json(const RecipientExplanation& r) {
  Value history = Value::array();
  for (const PastAttempt& past : r.history) {
    history.push(Value::object({{"at", core::time_json(past.at)},
                                {"code", past.code},
                                {"reply", past.reply},
                                {"host", past.host},
                                {"tls", past.tls}}));
  }
  return Value::object({{"address", r.address},
                        {"state", store::recipient_state_name(r.state)},
                        {"cause", core::cause_name(r.cause)},
                        {"next", r.next ? core::time_json(*r.next) : Value()},
                        {"limit", r.limit.empty() ? Value() : Value(r.limit)},
                        {"history", history}});
}

}  // namespace

Value summary_json(const QueueSummary& summary) {
  return Value::object({{"queued", summary.queued},
                        {"ready", summary.ready},
                        {"in_flight", summary.in_flight},
                        {"deferred", summary.deferred},
                        {"held", summary.held}});
}

Value sites_json(const std::vector<SiteQueue>& sites) {
  Value list = Value::array();
  for (const SiteQueue& one : sites) {
    Value accounts = Value::array();
    for (const SiteQueue::OfAccount& of : one.accounts)
      accounts.push(Value::object(
          {{"account", of.account.value}, {"ready", static_cast<int64_t>(of.ready)}}));
    list.push(Value::object({{"site", one.site},
                             {"ready", static_cast<int64_t>(one.ready)},
                             {"in_flight", static_cast<int64_t>(one.in_flight)},
                             {"window", static_cast<int64_t>(one.window)},
                             {"hangs", one.hangs},
                             {"accounts", std::move(accounts)}}));
  }
  return Value::object({{"sites", std::move(list)}});
}

Value explanation_json(MessageId id, const std::vector<RecipientExplanation>& recipients) {
  Value list = Value::array();
  for (const RecipientExplanation& r : recipients) list.push(recipient_json(r));
  return Value::object({{"id", format_id(id.value)}, {"recipients", list}});
}

}  // namespace ph::queue
