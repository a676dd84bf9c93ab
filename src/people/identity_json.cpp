#include "people/identity_json.h"

#include "base/id_source.h"
#include "core/view_json.h"

namespace ph::people {

using json::Value;

Value evidence_json(const store::EvidenceRow& row) {
  return Value::object({{"id", format_id(row.id)},
                        {"filename", row.filename},
                        {"content_type", row.content_type},
                        {"size", row.size},
                        {"created_at", core::time_json(row.created_at)}});
}

Value identity_json(const IdentityView& view) {
  bool none = view.state == store::IdentityState::none;
  bool firm = view.claim.kind == store::IdentityKind::enterprise;
  Value evidence = Value::array(), history = Value::array();
  for (const store::EvidenceRow& row : view.evidence) evidence.push(evidence_json(row));
  for (const store::IdentityHistoryRow& row : view.history)
    history.push(Value::object({{"at", core::time_json(row.at)},
                                {"state", store::identity_state_name(row.state)},
                                {"reason", row.reason}}));
  return Value::object(
      {{"mode", core::identity_mode_name(view.mode)},
       {"state", store::identity_state_name(view.state)},
       {"kind", none ? "" : store::identity_kind_name(view.claim.kind)},
       {"name", view.claim.name},
       {"document_number", firm ? "" : view.number},
       {"company", view.claim.company},
       {"registration_number", firm ? view.number : ""},
       {"contact", view.claim.contact},
       {"reason", view.claim.reason},
       {"evidence", std::move(evidence)},
       {"submitted_at", core::time_json(view.claim.submitted_at)},
       {"decided_at", core::time_json(view.claim.decided_at)},
       {"history", std::move(history)}});
}

Value review_json(const store::IdentityReviewRow& row) {
  const store::IdentityClaimRow& claim = row.claim;
  return Value::object({{"account_id", claim.account_id.value},
                        {"account_name", row.account_name},
                        {"kind", store::identity_kind_name(claim.kind)},
                        {"name", claim.name},
                        {"company", claim.company},
                        {"state", store::identity_state_name(claim.state)},
                        {"submitted_at", core::time_json(claim.submitted_at)}});
}

}  // namespace ph::people
