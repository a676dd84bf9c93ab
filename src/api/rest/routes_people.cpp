// What strangers ask: to register, to have a new password, to accept an invitation.
#include "api/rest/people_reply.h"
#include "api/rest/schemas.h"

namespace ph::rest {
namespace {

using core::Reason;
using json::Value;

Answer confirmed(std::string email) {
  return {.body = Value::object({{"email", std::move(email)}})};
}

net::Task<Reply> registration_get(const Services& s, Call&) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  auto view = CO_REFUSE_TRY(co_await people->registration.view());
  co_return Answer{.body = Value::object({{"mode", view.mode}, {"mail", view.mail}})};
}

net::Task<Reply> registration_create(const Services& s, Call& call) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  CO_REFUSE_TRY(co_await count_asking(s, call, call.text("email")));
  CO_REFUSE_TRY(co_await people->registration.begin({.email = call.text("email"),
                                                     .password = call.text("password"),
                                                     .account = call.text("account"),
                                                     .language = call.text("language"),
                                                     .invitation = call.text("invitation")}));
  co_return Answer{.body = Value::object()};
}

net::Task<Reply> registration_confirm(const Services& s, Call& call) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  // The guesses at one link's password are one name's.
  std::string name = "link " + call.text("token");
  const IpAddress& client = call.request.peer.address;
  if (auto wait = co_await s.logins.turn(name, client)) co_return too_many_guesses(*wait);
  auto email = co_await people->registration.confirm({.token = call.text("token"),
                                                      .password = call.text("password"),
                                                      .from = call.actor.from});
  bool wrong = !email && email.error().field == "password";
  if (wrong)
    s.logins.keep(name, client);
  else
    s.logins.give_back(name, client);
  co_return confirmed(CO_REFUSE_TRY(std::move(email)));
}

net::Task<Reply> password_reset_create(const Services& s, Call& call) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  CO_REFUSE_TRY(co_await count_asking(s, call, call.text("email")));
  CO_REFUSE_TRY(
      co_await people->password_reset.begin(call.text("email"), call.text("language")));
  co_return Answer{.body = Value::object()};
}

net::Task<Reply> password_reset_confirm(const Services& s, Call& call) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  CO_REFUSE_TRY(co_await people->password_reset.confirm(
      call.text("token"), call.text("password"), call.actor.from));
  co_return Answer{.body = Value::object()};
}

net::Task<Reply> invitation_look(const Services& s, Call& call) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  auto invited = CO_REFUSE_TRY(co_await people->invitations.look(call.text("token")));
  co_return Answer{.body = Value::object({{"email", invited.email},
                                          {"account", invited.account},
                                          {"role", store::role_name(invited.role)}})};
}

net::Task<Reply> invitation_accept(const Services& s, Call& call) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  co_return confirmed(
      CO_REFUSE_TRY(co_await people->invitations.accept({.token = call.text("token"),
                                                         .password = call.text("password"),
                                                         .language = call.text("language"),
                                                         .from = call.actor.from})));
}

}  // namespace

std::span<const Route> people_routes() {
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/registration",
       .operation = "registration_get",
       .summary = "Who may register, and whether links are mailed",
       .guard = Guard::open,
       .response = &schemas::kRegistration,
       .run = registration_get},
      {.method = "POST",
       .path = "/api/v1/registration",
       .operation = "registration_create",
       .summary = "Asks for an account; a link goes to the address",
       .guard = Guard::open,
       .request = &schemas::kNewRegistration,
       .response = &schemas::kNothing,
       .reasons = {Reason::forbidden, Reason::not_found, Reason::request_rate_limit},
       .status = 202,
       .run = registration_create},
      {.method = "POST",
       .path = "/api/v1/registration/confirm",
       .operation = "registration_confirm",
       .summary = "Makes the account of a registration",
       .guard = Guard::open,
       .request = &schemas::kRegistrationProof,
       .response = &schemas::kConfirmed,
       .reasons = {Reason::not_found, Reason::conflict, Reason::request_rate_limit},
       .run = registration_confirm},
      {.method = "POST",
       .path = "/api/v1/password-reset",
       .operation = "password_reset_create",
       .summary = "Asks for a new password; a link goes to the address where it has a user",
       .guard = Guard::open,
       .request = &schemas::kResetWish,
       .response = &schemas::kNothing,
       .reasons = {Reason::request_rate_limit},
       .status = 202,
       .run = password_reset_create},
      {.method = "POST",
       .path = "/api/v1/password-reset/confirm",
       .operation = "password_reset_confirm",
       .summary = "Sets the new password; sessions end",
       .guard = Guard::open,
       .request = &schemas::kResetAnswer,
       .response = &schemas::kNothing,
       .reasons = {Reason::not_found},
       .run = password_reset_confirm},
      {.method = "POST",
       .path = "/api/v1/invitation/look",
       .operation = "invitation_look",
       .summary = "What an invitation is to",
       .guard = Guard::open,
       .request = &schemas::kLinkToken,
       .response = &schemas::kInvited,
       .reasons = {Reason::not_found},
       .run = invitation_look},
      {.method = "POST",
       .path = "/api/v1/invitation/accept",
       .operation = "invitation_accept",
       .summary = "Makes the user who was invited",
       .guard = Guard::open,
       .request = &schemas::kInvitationAnswer,
       .response = &schemas::kConfirmed,
       .reasons = {Reason::not_found, Reason::conflict, Reason::user_limit},
       .run = invitation_accept},
  };
  return routes;
}

}  // namespace ph::rest
