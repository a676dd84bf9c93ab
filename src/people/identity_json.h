// Purpose: identities, evidence and reviews as JSON, in one shape for REST and the command line.
// Threads: pure.
#pragma once

#include "json/json.h"
#include "people/identity.h"

namespace ph::people {

json::Value evidence_json(const store::EvidenceRow& row);
json::Value identity_json(const IdentityView& view);
json::Value review_json(const store::IdentityReviewRow& row);

}  // namespace ph::people
