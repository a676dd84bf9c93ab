#include "people/view_json.h"

#include "core/policy.h"
#include "core/view_json.h"

namespace ph::people {
namespace {

using json::Value;

Value base_json(const InvitationView& view) {
  return Value::object({{"id", view.row.id.value},
                        {"email", view.row.email},
                        {"role", store::role_name(view.row.role)},
                        {"state", view.state},
                        {"created_at", core::time_json(view.row.created_at)},
                        {"expires_at", core::time_json(view.row.expires_at)},
                        {"link", view.address.empty() ? Value() : Value(view.address)}});
}

}  // namespace

Value invitation_json(const InvitationView& view) {
  Value out = base_json(view);
  auto policy = core::parse_policy(view.row.policy);
  out.set("policy", policy && *policy != nullptr ? core::policy_json(**policy) : Value());
  return out;
}

Value registration_invitation_json(const InvitationView& view) {
  Value out = base_json(view);
  out.set("account", view.row.account_name);
  return out;
}

Value link_json(const OpenLink& link) {
  bool invites = link.row.kind == store::LinkKind::registration;
  return Value::object({{"id", link.row.id.value},
                        {"kind", invites ? "invitation" : store::link_kind_name(link.row.kind)},
                        {"email", link.row.email},
                        {"link", link.address},
                        {"expires_at", core::time_json(link.row.expires_at)}});
}

Value session_json(const store::SessionRow& row, std::string_view mine) {
  return Value::object({{"id", core::session_id(row)},
                        {"created_at", core::time_json(row.signed_in_at)},
                        {"seen_at", core::time_json(row.seen_at)},
                        {"from", row.from},
                        {"agent", row.agent},
                        {"current", row.token_hash == mine}});
}

}  // namespace ph::people
