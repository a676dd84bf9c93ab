// What an account may send a day, an hour and a second, and its sender domains' levels.
#include "api/rest/route.h"
#include "api/rest/schemas.h"
#include "billing/billing_json.h"

namespace ph::rest {
namespace {

using billing::Reputation;
using core::Action;
using core::Reason;

net::Task<Reply> quota_get(const Services& s, Call& call) {
  Reputation reputation(s.core.context);
  co_return Answer{.body = billing::quota_json(
                       CO_REFUSE_TRY(co_await reputation.view(call.actor, call.account)))};
}

net::Task<Reply> quota_unblock(const Services& s, Call& call) {
  Reputation reputation(s.core.context);
  int64_t left = CO_REFUSE_TRY(co_await reputation.ask_unblock(
      call.actor, call.account, call.text("domain"), call.text("why")));
  co_return Answer{.body = json::Value::object({{"left", left}})};
}

net::Task<Reply> account_level(const Services& s, Call& call) {
  Reputation reputation(s.core.context);
  AccountId id(CO_REFUSE_TRY(path_number(call, 0, "account")));
  co_return Answer{.body = billing::quota_json(CO_REFUSE_TRY(co_await reputation.set_level(
                       call.actor, id, call.text("domain"), call.number("level").value_or(0))))};
}

net::Task<Reply> account_level_unblock(const Services& s, Call& call) {
  Reputation reputation(s.core.context);
  AccountId id(CO_REFUSE_TRY(path_number(call, 0, "account")));
  co_return Answer{.body = billing::quota_json(CO_REFUSE_TRY(
                       co_await reputation.unblock(call.actor, id, call.text("domain"))))};
}

}  // namespace

std::span<const Route> quota_routes() {
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/quota",
       .operation = "quota_get",
       .summary = "Limits, which of them are near, and the figures behind each level",
       .action = Action::view,
       .takes = Takes::account,
       .response = &schemas::kQuota,
       .run = quota_get},
      {.method = "POST",
       .path = "/api/v1/quota/unblock",
       .operation = "quota_unblock",
       .summary = "Asks the operator to unblock a sender domain",
       .action = Action::manage_users,
       .takes = Takes::account,
       .request = &schemas::kUnblockWish,
       .response = &schemas::kAsked,
       .reasons = {Reason::conflict},
       .run = quota_unblock},
      {.method = "PUT",
       .path = "/api/v1/accounts/{account}/levels",
       .operation = "account_level",
       .summary = "Sets a sender domain's level",
       .action = Action::operate,
       .request = &schemas::kNewLevel,
       .response = &schemas::kQuota,
       .reasons = {Reason::not_found},
       .run = account_level},
      {.method = "POST",
       .path = "/api/v1/accounts/{account}/levels/unblock",
       .operation = "account_level_unblock",
       .summary = "Lifts a sender domain's block, and level 0",
       .action = Action::operate,
       .request = &schemas::kUnblock,
       .response = &schemas::kQuota,
       .reasons = {Reason::not_found},
       .run = account_level_unblock},
  };
  return routes;
}

}  // namespace ph::rest
