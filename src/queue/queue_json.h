// Purpose: the queue's answers as JSON, in one shape for every door.
#pragma once

#include "json/json.h"
#include "queue/queue.h"

namespace ph::queue {

json::Value summary_json(const QueueSummary& summary);
json::Value sites_json(const std::vector<SiteQueue>& sites);
json::Value explanation_json(MessageId id, const std::vector<RecipientExplanation>& recipients);

}  // namespace ph::queue
