// The operator's customers: who they are, and an account stopped and let go on.
#include "api/rest/route.h"
#include "api/rest/schemas.h"
#include "billing/customer_json.h"
#include "core/view_json.h"

namespace ph::rest {
namespace {

using core::Action;
using core::Reason;

net::Task<Reply> customer_list(const Services& s, Call& call) {
  billing::CustomerSearch search{.state = call.filter("state"), .text = call.filter("search")};
  auto rows = CO_REFUSE_TRY(co_await s.core.customers.list(
      call.actor, std::move(search), {.after = call.after, .limit = call.limit}));
  co_return page_of(rows, call, billing::customer_json,
                    [](const billing::Customer& one) { return one.row.account.id.value; });
}

net::Task<Reply> customer_get(const Services& s, Call& call) {
  AccountId id(CO_REFUSE_TRY(path_number(call, 0, "account")));
  co_return Answer{.body = billing::customer_view_json(
                       CO_REFUSE_TRY(co_await s.core.customers.get(call.actor, id)))};
}

net::Task<Reply> account_suspend(const Services& s, Call& call) {
  AccountId id(CO_REFUSE_TRY(path_number(call, 0, "account")));
  const json::Value* notice = call.body.find("notice");
  bool mail = notice != nullptr && !notice->is_null() && notice->as_bool();
  auto row = CO_REFUSE_TRY(co_await s.core.suspensions.suspend(
      call.actor, id, call.text("reason"),
      mail ? people::TellThem::by_mail : people::TellThem::no));
  co_return Answer{.body = core::account_json(row)};
}

net::Task<Reply> account_resume(const Services& s, Call& call) {
  AccountId id(CO_REFUSE_TRY(path_number(call, 0, "account")));
  co_return Answer{.body = core::account_json(
                       CO_REFUSE_TRY(co_await s.core.suspensions.resume(call.actor, id)))};
}

}  // namespace

std::span<const Route> customer_routes() {
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/customers",
       .operation = "customer_list",
       .summary = "All accounts with who owns them, what they sent and owe",
       .action = Action::operate,
       .takes = Takes::page,
       .filters = {{"state", "only of this state", {"created", "active", "suspended"}},
                   {"search", "in names and in people's addresses, or an AppId"}},
       .response = &schemas::kCustomer,
       .run = customer_list},
      {.method = "GET",
       .path = "/api/v1/customers/{account}",
       .operation = "customer_get",
       .summary = "One of them",
       .action = Action::operate,
       .response = &schemas::kCustomerView,
       .reasons = {Reason::not_found},
       .run = customer_get},
      {.method = "POST",
       .path = "/api/v1/accounts/{account}/suspend",
       .operation = "account_suspend",
       .summary = "It accepts no mail until it is resumed",
       .action = Action::operate,
       .request = &schemas::kSuspend,
       .response = &schemas::kAccount,
       .reasons = {Reason::not_found, Reason::conflict},
       .run = account_suspend},
      {.method = "POST",
       .path = "/api/v1/accounts/{account}/resume",
       .operation = "account_resume",
       .summary = "It is what it was before",
       .action = Action::operate,
       .response = &schemas::kAccount,
       .reasons = {Reason::not_found, Reason::conflict},
       .run = account_resume},
  };
  return routes;
}

}  // namespace ph::rest
