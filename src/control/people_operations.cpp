#include "control/operation_table.h"
#include "core/policy.h"
#include "core/settings.h"
#include "core/view_json.h"
#include "people/view_json.h"

namespace ph::control {
namespace {

using core::Outcome;
using core::Reason;
using core::refuse;
using json::Value;

template <class Row, class View>
Value list_of(const std::vector<Row>& rows, View view) {
  Value items = Value::array();
  for (const Row& row : rows) items.push(view(row));
  return Value::object({{"items", items}});
}

// --- registration ---

net::Task<Answer> registration_mode(const Services& s, const Arguments& a) {
  std::string mode = CO_REFUSE_TRY(a.text_or("mode"));
  if (!mode.empty())
    CO_REFUSE_TRY(co_await s.settings.put(control_actor(), {}, {{"registration.mode", mode}}));
  auto view = CO_REFUSE_TRY(co_await s.people->registration.view());
  co_return Value::object({{"mode", view.mode}, {"mail", view.mail}});
}

net::Task<Answer> registration_invite(const Services& s, const Arguments& a) {
  people::InvitationWish wish;
  wish.email = CO_REFUSE_TRY(a.text("email"));
  wish.account_name = CO_REFUSE_TRY(a.text_or("name"));
  co_return people::registration_invitation_json(
      CO_REFUSE_TRY(co_await s.people->invitations.create(control_actor(), std::move(wish))));
}

net::Task<Answer> registration_links(const Services& s, const Arguments& a) {
  store::LinkId after(CO_REFUSE_TRY(a.number_or("after", 0)));
  co_return list_of(CO_REFUSE_TRY(co_await s.people->registration.links(control_actor(), after,
                                                                        limits::kPageMost)),
                    people::link_json);
}

// --- users ---

// Without an account: the operators.
net::Task<Outcome<AccountId>> users_of(const Arguments& a) {
  std::string named = CO_REFUSE_TRY(a.text_or("account"));
  if (named.empty()) co_return AccountId{};
  co_return co_await a.account();
}

net::Task<Answer> user_change(const Services& s, const Arguments& a, core::UserChange change) {
  AccountId account = CO_REFUSE_TRY(co_await users_of(a));
  UserId id(CO_REFUSE_TRY(a.number_or("id", 0)));
  co_return core::user_json(CO_REFUSE_TRY(
      co_await s.users.change(control_actor(), account, id, std::move(change))));
}

net::Task<Answer> user_policy(const Services& s, const Arguments& a) {
  core::UserChange change;
  auto domains = CO_REFUSE_TRY(a.texts("domain")), actions = CO_REFUSE_TRY(a.texts("action"));
  change.policy = CO_REFUSE_TRY(core::make_policy(domains, actions));
  co_return co_await user_change(s, a, std::move(change));
}

net::Task<Answer> user_role(const Services& s, const Arguments& a) {
  auto role = store::parse_role(CO_REFUSE_TRY(a.text("role")));
  if (!role)
    co_return refuse(Reason::invalid_field,
                     "A role is operator, owner, administrator, developer or viewer.", "role");
  co_return co_await user_change(s, a, {.role = *role});
}

net::Task<Answer> user_enable(const Services& s, const Arguments& a) {
  co_return co_await user_change(s, a, {.disabled = false});
}

net::Task<Answer> user_invite(const Services& s, const Arguments& a) {
  people::InvitationWish wish;
  wish.account = CO_REFUSE_TRY(co_await a.account());
  wish.email = CO_REFUSE_TRY(a.text("email"));
  auto role = store::parse_role(CO_REFUSE_TRY(a.text("role")));
  if (!role)
    co_return refuse(Reason::invalid_field,
                     "A role is owner, administrator, developer or viewer.", "role");
  wish.role = *role;
  co_return people::invitation_json(
      CO_REFUSE_TRY(co_await s.people->invitations.create(control_actor(), std::move(wish))));
}

net::Task<Answer> user_second_factor_reset(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await users_of(a));
  UserId id(CO_REFUSE_TRY(a.number_or("id", 0)));
  CO_REFUSE_TRY(co_await s.people->second_factors.reset(control_actor(), account, id));
  co_return Value::object({{"reset", id.value}});
}

net::Task<Answer> user_sessions(const Services& s, const Arguments& a) {
  core::Actor of = control_actor();
  of.account = CO_REFUSE_TRY(co_await users_of(a));
  of.user = UserId(CO_REFUSE_TRY(a.number_or("id", 0)));
  co_return list_of(CO_REFUSE_TRY(co_await s.users.sessions(of)),
                    [](const store::SessionRow& row) { return people::session_json(row, ""); });
}

// --- audit ---

net::Task<Answer> audit_list(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await users_of(a));
  core::AuditWish wish;
  wish.actor = CO_REFUSE_TRY(a.text_or("actor"));
  wish.action = CO_REFUSE_TRY(a.text_or("action"));
  wish.object = CO_REFUSE_TRY(a.text_or("object"));
  co_return list_of(CO_REFUSE_TRY(co_await s.people->audit.list(
                        control_actor(), account, std::move(wish), {.limit = limits::kPageMost})),
                    core::audit_json);
}

}  // namespace

std::span<const Operation> people_operations() {
  static const Operation operations[] = {
      {"registration.mode", {"mode"}, registration_mode},
      {"registration.invite", {"email", "name"}, registration_invite},
      {"registration.links", {"after"}, registration_links},
      {"user.policy", {"account", "id", "domain", "action"}, user_policy},
      {"user.role", {"account", "id", "role"}, user_role},
      {"user.enable", {"account", "id"}, user_enable},
      {"user.invite", {"account", "email", "role"}, user_invite},
      {"user.second_factor_reset", {"account", "id"}, user_second_factor_reset},
      {"user.sessions", {"account", "id"}, user_sessions},
      {"audit.list", {"account", "actor", "action", "object"}, audit_list},
  };
  return operations;
}

}  // namespace ph::control
