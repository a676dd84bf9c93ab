// Whom an account invites, whom the operator does, and the links that he hands out.
#include "api/rest/people_reply.h"
#include "api/rest/schemas.h"
#include "people/view_json.h"

namespace ph::rest {
namespace {

using core::Action;
using core::Reason;

int64_t id_of(const people::InvitationView& view) { return view.row.id.value; }

// The account that is meant; the operator names one, for his own have paths of their own.
core::Outcome<AccountId> account_of(const Call& call) {
  return core::acting_account(call.actor, call.account);
}

net::Task<Reply> invitation_list(const Services& s, Call& call) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  AccountId account = CO_REFUSE_TRY(account_of(call));
  auto views = CO_REFUSE_TRY(co_await people->invitations.list(
      call.actor, account, store::LinkId(call.after), call.limit));
  co_return page_of(views, call, people::invitation_json, id_of);
}

net::Task<Reply> invitation_create(const Services& s, Call& call) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  people::InvitationWish wish{.email = call.text("email"),
                              .role = *store::parse_role(call.text("role"))};
  wish.account = CO_REFUSE_TRY(account_of(call));
  wish.policy = CO_REFUSE_TRY(policy_in(call.body.find("policy")));
  co_return Answer{.body = people::invitation_json(CO_REFUSE_TRY(
                       co_await people->invitations.create(call.actor, std::move(wish))))};
}

net::Task<Reply> invitation_delete(const Services& s, Call& call) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  AccountId account = CO_REFUSE_TRY(account_of(call));
  store::LinkId id(CO_REFUSE_TRY(row_number(call, 0, "invitation")));
  CO_REFUSE_TRY(co_await people->invitations.withdraw(call.actor, account, id));
  co_return Answer{};
}

// --- the operator's own ---

net::Task<Reply> own_invitation_list(const Services& s, Call& call) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  auto views = CO_REFUSE_TRY(co_await people->invitations.list(
      call.actor, {}, store::LinkId(call.after), call.limit));
  co_return page_of(views, call, people::registration_invitation_json, id_of);
}

net::Task<Reply> own_invitation_create(const Services& s, Call& call) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  people::InvitationWish wish{.email = call.text("email"), .account_name = call.text("account")};
  co_return Answer{.body = people::registration_invitation_json(CO_REFUSE_TRY(
                       co_await people->invitations.create(call.actor, std::move(wish))))};
}

net::Task<Reply> own_invitation_delete(const Services& s, Call& call) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  store::LinkId id(CO_REFUSE_TRY(row_number(call, 0, "invitation")));
  CO_REFUSE_TRY(co_await people->invitations.withdraw(call.actor, {}, id));
  co_return Answer{};
}

net::Task<Reply> link_list(const Services& s, Call& call) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  auto links = CO_REFUSE_TRY(co_await people->registration.links(
      call.actor, store::LinkId(call.after), call.limit));
  co_return page_of(links, call, people::link_json,
                    [](const people::OpenLink& link) { return link.row.id.value; });
}

}  // namespace

std::span<const Route> invitation_routes() {
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/users/invitations",
       .operation = "invitation_list",
       .summary = "Who is invited to the account",
       .action = Action::manage_users,
       .takes = Takes::page,
       .response = &schemas::kInvitation,
       .run = invitation_list},
      {.method = "POST",
       .path = "/api/v1/users/invitations",
       .operation = "invitation_create",
       .summary = "Invites a person to the account",
       .action = Action::manage_users,
       .who = Who::person,
       .takes = Takes::account,
       .request = &schemas::kNewInvitation,
       .response = &schemas::kInvitation,
       .reasons = {Reason::user_limit, Reason::request_rate_limit},
       .status = 201,
       .run = invitation_create},
      {.method = "DELETE",
       .path = "/api/v1/users/invitations/{invitation}",
       .operation = "invitation_delete",
       .summary = "Its link ends",
       .action = Action::manage_users,
       .who = Who::person,
       .takes = Takes::account,
       .reasons = {Reason::not_found, Reason::conflict},
       .status = 204,
       .run = invitation_delete},
      {.method = "GET",
       .path = "/api/v1/registration/invitations",
       .operation = "registration_invitation_list",
       .summary = "Who is invited to make an account",
       .action = Action::operate,
       .takes = Takes::page,
       .response = &schemas::kRegistrationInvitation,
       .run = own_invitation_list},
      {.method = "POST",
       .path = "/api/v1/registration/invitations",
       .operation = "registration_invitation_create",
       .summary = "Invites a person to make an account",
       .action = Action::operate,
       .request = &schemas::kNewRegistrationInvitation,
       .response = &schemas::kRegistrationInvitation,
       .reasons = {Reason::user_limit, Reason::request_rate_limit},
       .status = 201,
       .run = own_invitation_create},
      {.method = "DELETE",
       .path = "/api/v1/registration/invitations/{invitation}",
       .operation = "registration_invitation_delete",
       .summary = "Its link ends",
       .action = Action::operate,
       .reasons = {Reason::not_found, Reason::conflict},
       .status = 204,
       .run = own_invitation_delete},
      {.method = "GET",
       .path = "/api/v1/registration/links",
       .operation = "registration_link_list",
       .summary = "Links that are open, for the operator to hand out",
       .action = Action::operate,
       .takes = Takes::page,
       .response = &schemas::kOpenLink,
       .run = link_list},
  };
  return routes;
}

}  // namespace ph::rest
