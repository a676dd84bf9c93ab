#include "billing/customer_json.h"

#include "core/view_json.h"

namespace ph::billing {

using json::Value;

Value customer_json(const Customer& customer) {
  const store::AccountRow& account = customer.row.account;
  return Value::object({{"account_id", account.id.value},
                        {"app_id", account.app_id},
                        {"name", account.name},
                        {"state", store::account_state_name(account.state)},
                        {"plan", store::plan_name(account.plan)},
                        {"identity", store::identity_state_name(customer.row.identity)},
                        {"owner", customer.row.owner},
                        {"created_at", core::time_json(account.created_at)},
                        {"activated_at", core::time_json(account.activated_at)},
                        {"sent_30_days", customer.row.sent},
                        {"balance", customer.balance},
                        {"standing", standing_name(customer.standing)}});
}

Value customer_view_json(const CustomerView& view) {
  const store::AccountLimits& limits = view.customer.row.account.limits;
  Value out = customer_json(view.customer);
  out.set("limits", Value::object({{"daily_per_domain", limits.daily_per_domain},
                                   {"per_mailbox_hour", limits.per_mailbox_hour},
                                   {"requests_per_second", limits.requests_per_second},
                                   {"domains", limits.domains},
                                   {"addresses", limits.addresses}}));
  out.set("users", view.users);
  out.set("domains", view.domains);
  out.set("suspended_reason", view.customer.row.suspended_reason);
  out.set("suspended_at", core::time_json(view.customer.row.suspended_at));
  return out;
}

}  // namespace ph::billing
