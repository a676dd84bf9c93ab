// Where a person is signed in; and the operator who acts for an account.
#include "api/rest/people_reply.h"
#include "api/rest/schemas.h"
#include "people/view_json.h"

namespace ph::rest {
namespace {

using core::Action;
using core::Reason;
using core::refuse;
using json::Value;

net::Task<Reply> my_session_list(const Services& s, Call& call) {
  std::string mine = call.credential.empty() ? "" : core::session_hash(call.credential);
  Value items = Value::array();
  for (const auto& row : CO_REFUSE_TRY(co_await s.core.users.sessions(call.actor)))
    items.push(people::session_json(row, mine));
  co_return Answer{.body = Value::object({{"items", items}, {"next_cursor", nullptr}})};
}

net::Task<Reply> my_session_end(const Services& s, Call& call) {
  CO_REFUSE_TRY(co_await s.core.users.end_session(call.actor, call.params[0]));
  co_return Answer{};
}

net::Task<Reply> my_session_end_others(const Services& s, Call& call) {
  int64_t ended =
      CO_REFUSE_TRY(co_await s.core.users.end_other_sessions(call.actor, call.credential));
  co_return Answer{.body = Value::object({{"ended", ended}})};
}

// --- for an account ---

net::Task<Reply> standing_answer(const Services& s, const Call& call) {
  auto standing = CO_REFUSE_TRY(co_await s.core.users.standing(call.credential));
  co_return Answer{.body = session_value(standing, call.credential)};
}

net::Task<Reply> impersonation_begin(const Services& s, Call& call) {
  AccountId account(call.number("account").value_or(0));
  CO_REFUSE_TRY(co_await s.core.users.act_for(call.actor, call.credential, account,
                                              call.text("reason")));
  co_return co_await standing_answer(s, call);
}

net::Task<Reply> impersonation_end(const Services& s, Call& call) {
  if (call.credential.empty())
    co_return refuse(Reason::forbidden, "Only an operator who has signed in may do this.");
  CO_REFUSE_TRY(co_await s.core.users.act_as_oneself(call.actor, call.credential));
  co_return co_await standing_answer(s, call);
}

}  // namespace

std::span<const Route> my_session_routes() {
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/me/sessions",
       .operation = "my_session_list",
       .summary = "Where one is signed in",
       .who = Who::person,
       .response = &schemas::kMySessions,
       .run = my_session_list},
      {.method = "DELETE",
       .path = "/api/v1/me/sessions",
       .operation = "my_session_end_others",
       .summary = "Ends all sessions but this one",
       .who = Who::person,
       .response = &schemas::kEnded,
       .run = my_session_end_others},
      {.method = "DELETE",
       .path = "/api/v1/me/sessions/{session}",
       .operation = "my_session_end",
       .summary = "Ends one session",
       .who = Who::person,
       .reasons = {Reason::not_found},
       .status = 204,
       .run = my_session_end},
      {.method = "POST",
       .path = "/api/v1/impersonation",
       .operation = "impersonation_begin",
       .summary = "The operator acts for an account, for an hour; the account sees it",
       .action = Action::operate,
       .who = Who::person,
       .request = &schemas::kImpersonation,
       .response = &schemas::kSession,
       .reasons = {Reason::not_found, Reason::conflict},
       .run = impersonation_begin},
      {.method = "DELETE",
       .path = "/api/v1/impersonation",
       .operation = "impersonation_end",
       .summary = "The operator is himself again",
       .who = Who::person,
       .response = &schemas::kSession,
       .run = impersonation_end},
  };
  return routes;
}

}  // namespace ph::rest
