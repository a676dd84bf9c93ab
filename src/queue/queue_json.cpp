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

Value explanation_json(MessageId id, const std::vector<RecipientExplanation>& recipients) {
  Value list = Value::array();
  for (const RecipientExplanation& r : recipients) list.push(recipient_json(r));
  return Value::object({{"id", format_id(id.value)}, {"recipients", list}});
}

}  // namespace ph::queue
