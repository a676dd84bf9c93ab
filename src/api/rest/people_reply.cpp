#include "api/rest/people_reply.h"

#include <fmt/format.h>

#include "api/rest/session_cookie.h"
#include "base/text.h"

namespace ph::rest {

using core::Outcome;
using core::Reason;
using core::refuse;
using json::Value;

Outcome<people::People*> people_of(const Services& s) {
  if (s.core.people != nullptr) return s.core.people;
  return refuse(Reason::temporary, "People are not served by this process.");
}

Outcome<core::Policy> policy_in(const Value* given) {
  if (given == nullptr || given->is_null()) return core::Policy{};
  auto texts = [&](std::string_view name) {
    std::vector<std::string> out;
    const Value* list = given->find(name);
    if (list != nullptr && list->is_array())
      for (const Value& item : list->as_array()) out.push_back(item.as_string());
    return out;
  };
  return core::make_policy(texts("domains"), texts("actions"));
}

Value policy_of_row(const std::string& text) {
  auto policy = core::parse_policy(text);
  return policy && *policy != nullptr ? core::policy_json(**policy) : Value();
}

Outcome<int64_t> row_number(const Call& call, size_t index, const char* what) {
  auto number = parse_number<int64_t>(call.params[index]);
  if (number && *number > 0) return *number;
  return refuse(Reason::not_found, std::string("There is no such ") + what + ".", what);
}

std::unexpected<core::Refusal> too_many_guesses(Duration wait) {
  auto minutes = std::chrono::ceil<std::chrono::minutes>(wait).count();
  return std::unexpected(
      core::Refusal{.reason = Reason::request_rate_limit,
                    .detail = fmt::format("Too many wrong passwords. Try again in {} {}.", minutes,
                                          minutes == 1 ? "minute" : "minutes"),
                    .retry_after = wait});
}

net::Task<Outcome<>> count_asking(const Services& s, const Call& call, std::string email) {
  const IpAddress& client = call.request.peer.address;
  auto wait = s.asked.throttle(lower(email), client);
  if (wait)
    co_return std::unexpected(core::Refusal{.reason = Reason::request_rate_limit,
                                            .detail = "Too many requests. Try again later.",
                                            .retry_after = *wait});
  s.asked.keep(lower(email), client);
  co_return Outcome<>{};
}

net::Task<Outcome<OwnGuess>> OwnGuess::begin(const Services& s, const Call& call) {
  auto user = CO_REFUSE_TRY(co_await s.core.users.me(call.actor));
  OwnGuess out(s.logins, user.email, call.request.peer.address);
  if (auto wait = co_await s.logins.turn(out.name_, out.client_)) co_return too_many_guesses(*wait);
  if (s.logins.knows(out.name_, out.client_)) out.familiar_ = core::Familiar::yes;
  co_return out;
}

void OwnGuess::judged(const core::Refusal* refusal) {
  bool wrong = refusal != nullptr && refusal->reason == Reason::invalid_field &&
               (refusal->field == "password" || refusal->field == "code" ||
                refusal->field == "current");
  if (wrong) logins_->keep(name_, client_);
  else logins_->give_back(name_, client_);
}

Value session_value(const core::Standing& standing, const std::string& token) {
  const store::UserRow& user = standing.user;
  core::Role role = standing.acts ? core::Role::owner : user.role;
  Value out = Value::object({{"signed_in", true},
                             {"email", user.email},
                             {"role", store::role_name(role)},
                             {"second_factor", user.second_factor},
                             {"csrf", csrf_of(token)}});
  if (!user.policy.empty()) out.set("policy", policy_of_row(user.policy));
  if (!standing.account) return out;
  const store::AccountRow& account = *standing.account;
  out.set("account", account.id.value);
  out.set("account_id", account.id.value);
  out.set("account_name", account.name);
  out.set("account_state", store::account_state_name(account.state));
  if (standing.acts)
    out.set("impersonating", Value::object({{"account_id", account.id.value},
                                            {"account_name", account.name},
                                            {"reason", standing.reason}}));
  return out;
}

}  // namespace ph::rest
