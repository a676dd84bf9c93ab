// What a person does with himself: his password, his second factor.
#include "api/rest/people_reply.h"
#include "api/rest/schemas.h"
#include "core/view_json.h"

namespace ph::rest {
namespace {

using core::Reason;
using json::Value;

Answer codes_answer(const std::vector<std::string>& codes) {
  Value list = Value::array();
  for (const std::string& code : codes) list.push(code);
  return {.body = Value::object({{"recovery_codes", list}})};
}

net::Task<Reply> me_get(const Services& s, Call& call) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  auto row = CO_REFUSE_TRY(co_await s.core.users.me(call.actor));
  int64_t left = CO_REFUSE_TRY(co_await people->second_factors.codes_left(call.actor));
  co_return Answer{.body = Value::object(
                       {{"id", row.id.value},
                        {"email", row.email},
                        {"role", store::role_name(row.role)},
                        {"account_id", row.account_id ? Value(row.account_id.value) : Value()},
                        {"second_factor", row.second_factor},
                        {"recovery_codes_left", left},
                        {"created_at", core::time_json(row.created_at)},
                        {"policy", policy_of_row(row.policy)}})};
}

net::Task<Reply> me_password(const Services& s, Call& call) {
  auto guess = CO_REFUSE_TRY(co_await OwnGuess::begin(s, call));
  auto right = co_await s.core.users.check_own_password(call.actor, call.text("current"));
  if (!right && right.error().field == "password") right.error().field = "current";
  guess.judged(right ? nullptr : &right.error());
  CO_REFUSE_TRY(std::move(right));
  CO_REFUSE_TRY(co_await s.core.users.change_own_password(call.actor, call.credential,
                                                          call.text("password")));
  co_return Answer{};
}

// --- second factor ---

people::Proof proof_of(const Call& call, const OwnGuess& guess) {
  return {.actor = call.actor,
          .password = call.text("password"),
          .code = call.text("code"),
          .familiar = guess.familiar(),
          .session = call.credential};
}

net::Task<Reply> second_factor_begin(const Services& s, Call& call) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  auto guess = CO_REFUSE_TRY(co_await OwnGuess::begin(s, call));
  auto made = co_await people->second_factors.begin(proof_of(call, guess));
  guess.judged(made ? nullptr : &made.error());
  auto factor = CO_REFUSE_TRY(std::move(made));
  co_return Answer{.body = Value::object({{"secret", factor.secret}, {"uri", factor.uri}})};
}

net::Task<Reply> second_factor_confirm(const Services& s, Call& call) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  auto guess = CO_REFUSE_TRY(co_await OwnGuess::begin(s, call));
  auto codes = co_await people->second_factors.confirm(proof_of(call, guess));
  guess.judged(codes ? nullptr : &codes.error());
  co_return codes_answer(CO_REFUSE_TRY(std::move(codes)));
}

net::Task<Reply> second_factor_remove(const Services& s, Call& call) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  auto guess = CO_REFUSE_TRY(co_await OwnGuess::begin(s, call));
  auto removed = co_await people->second_factors.remove(proof_of(call, guess));
  guess.judged(removed ? nullptr : &removed.error());
  CO_REFUSE_TRY(std::move(removed));
  co_return Answer{};
}

net::Task<Reply> recovery_codes_renew(const Services& s, Call& call) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  auto guess = CO_REFUSE_TRY(co_await OwnGuess::begin(s, call));
  auto codes = co_await people->second_factors.renew_codes(proof_of(call, guess));
  guess.judged(codes ? nullptr : &codes.error());
  co_return codes_answer(CO_REFUSE_TRY(std::move(codes)));
}

}  // namespace

std::span<const Route> me_routes() {
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/me",
       .operation = "me_get",
       .summary = "The person who is signed in",
       .who = Who::person,
       .response = &schemas::kMe,
       .run = me_get},
      {.method = "PUT",
       .path = "/api/v1/me/password",
       .operation = "me_password",
       .summary = "One's own password; other sessions end",
       .who = Who::person,
       .request = &schemas::kOwnPassword,
       .reasons = {Reason::request_rate_limit},
       .status = 204,
       .run = me_password},
      {.method = "POST",
       .path = "/api/v1/me/second-factor",
       .operation = "second_factor_begin",
       .summary = "A secret for an authenticator app; it counts once a code confirms it",
       .who = Who::person,
       .request = &schemas::kPasswordProof,
       .response = &schemas::kNewSecondFactor,
       .reasons = {Reason::conflict, Reason::request_rate_limit},
       .run = second_factor_begin},
      {.method = "POST",
       .path = "/api/v1/me/second-factor/confirm",
       .operation = "second_factor_confirm",
       .summary = "The first code; recovery codes are shown once",
       .who = Who::person,
       .request = &schemas::kCodeProof,
       .response = &schemas::kRecoveryCodes,
       .reasons = {Reason::conflict, Reason::request_rate_limit},
       .run = second_factor_confirm},
      {.method = "POST",
       .path = "/api/v1/me/second-factor/remove",
       .operation = "second_factor_remove",
       .summary = "Sign in by password alone again",
       .who = Who::person,
       .request = &schemas::kProof,
       .reasons = {Reason::conflict, Reason::request_rate_limit},
       .status = 204,
       .run = second_factor_remove},
      {.method = "POST",
       .path = "/api/v1/me/recovery-codes",
       .operation = "recovery_codes_renew",
       .summary = "New recovery codes; the old ones end",
       .who = Who::person,
       .request = &schemas::kProof,
       .response = &schemas::kRecoveryCodes,
       .reasons = {Reason::conflict, Reason::request_rate_limit},
       .run = recovery_codes_renew},
  };
  return routes;
}

}  // namespace ph::rest
