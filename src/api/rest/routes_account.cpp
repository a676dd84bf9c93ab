#include "api/rest/people_reply.h"
#include "api/rest/schemas.h"
#include "base/text.h"
#include "core/view_json.h"

namespace ph::rest {
namespace {

using core::Action;
using core::Outcome;
using core::Reason;
using core::refuse;

// --- accounts ---

net::Task<Reply> account_list(const Services& s, Call& call) {
  auto rows =
      CO_REFUSE_TRY(co_await s.core.accounts.list(call.actor, AccountId(call.after), call.limit));
  co_return page_of(rows, call, core::account_json,
                    [](const store::AccountRow& row) { return row.id.value; });
}

net::Task<Reply> account_create(const Services& s, Call& call) {
  co_return Answer{.body = core::account_json(CO_REFUSE_TRY(
                       co_await s.core.accounts.create(call.actor, call.text("name"))))};
}

net::Task<Reply> account_get(const Services& s, Call& call) {
  AccountId id(CO_REFUSE_TRY(path_number(call, 0, "account")));
  co_return Answer{
      .body = core::account_json(CO_REFUSE_TRY(co_await s.core.accounts.get(call.actor, id)))};
}

net::Task<Reply> account_own(const Services& s, Call& call) {
  co_return Answer{.body = core::account_json(
                       CO_REFUSE_TRY(co_await s.core.accounts.get(call.actor, call.account)))};
}

net::Task<Reply> account_activate(const Services& s, Call& call) {
  AccountId id(CO_REFUSE_TRY(path_number(call, 0, "account")));
  co_return Answer{
      .body = core::account_json(CO_REFUSE_TRY(co_await s.core.accounts.activate(call.actor, id)))};
}

net::Task<Reply> account_limits(const Services& s, Call& call) {
  AccountId id(CO_REFUSE_TRY(path_number(call, 0, "account")));
  std::vector<std::pair<std::string, int64_t>> limits;
  for (const json::Member& member : call.body.as_object())
    if (!member.value.is_null()) limits.emplace_back(member.name, member.value.as_int());
  co_return Answer{.body = core::account_json(CO_REFUSE_TRY(
                       co_await s.core.accounts.set_limits(call.actor, id, std::move(limits))))};
}

// --- users ---

net::Task<Reply> user_list(const Services& s, Call& call) {
  auto rows = CO_REFUSE_TRY(
      co_await s.core.users.list(call.actor, call.account, UserId(call.after), call.limit));
  co_return page_of(rows, call, core::user_json,
                    [](const store::UserRow& row) { return row.id.value; });
}

net::Task<Reply> user_create(const Services& s, Call& call) {
  core::NewUser user{.email = call.text("email"),
                     .password = call.text("password"),
                     .role = *store::parse_role(call.text("role")),
                     .account = call.account};
  co_return Answer{.body = core::user_json(
                       CO_REFUSE_TRY(co_await s.core.users.create(call.actor, std::move(user))))};
}

net::Task<Reply> user_change(const Services& s, Call& call) {
  UserId id(CO_REFUSE_TRY(path_number(call, 0, "user")));
  core::UserChange change;
  if (!call.text("role").empty()) change.role = *store::parse_role(call.text("role"));
  const json::Value* disabled = call.body.find("disabled");
  if (disabled != nullptr && !disabled->is_null()) change.disabled = disabled->as_bool();
  const json::Value* policy = call.body.find("policy");
  if (policy != nullptr && !policy->is_null()) change.policy = CO_REFUSE_TRY(policy_in(policy));
  co_return Answer{.body = core::user_json(CO_REFUSE_TRY(co_await s.core.users.change(
                       call.actor, call.account, id, std::move(change))))};
}

net::Task<Reply> user_second_factor_reset(const Services& s, Call& call) {
  people::People* people = CO_REFUSE_TRY(people_of(s));
  UserId id(CO_REFUSE_TRY(path_number(call, 0, "user")));
  CO_REFUSE_TRY(co_await people->second_factors.reset(call.actor, call.account, id));
  co_return Answer{};
}

net::Task<Reply> user_delete(const Services& s, Call& call) {
  UserId id(CO_REFUSE_TRY(path_number(call, 0, "user")));
  CO_REFUSE_TRY(co_await s.core.users.remove(call.actor, call.account, id));
  co_return Answer{};
}

net::Task<Reply> user_password(const Services& s, Call& call) {
  UserId id(CO_REFUSE_TRY(path_number(call, 0, "user")));
  CO_REFUSE_TRY(
      co_await s.core.users.set_password(call.actor, call.account, id, call.text("password")));
  co_return Answer{};
}

// --- keys ---

net::Task<Reply> key_list(const Services& s, Call& call) {
  auto rows = CO_REFUSE_TRY(
      co_await s.core.keys.list(call.actor, call.account, KeyId(call.after), call.limit));
  co_return page_of(rows, call, core::key_json,
                    [](const store::ApiKeyRow& row) { return row.id.value; });
}

net::Task<Reply> key_create(const Services& s, Call& call) {
  core::NewKey key;
  key.account = call.account;
  if (!call.text("kind").empty()) key.kind = *store::parse_key_kind(call.text("kind"));
  if (!call.text("scope").empty()) key.scope = *store::parse_key_scope(call.text("scope"));
  key.only_domain = call.text("domain");
  key.name = call.text("name");
  co_return Answer{.body = core::made_key_json(
                       CO_REFUSE_TRY(co_await s.core.keys.create(call.actor, std::move(key))))};
}

net::Task<Reply> key_revoke(const Services& s, Call& call) {
  KeyId id(CO_REFUSE_TRY(path_number(call, 0, "key")));
  CO_REFUSE_TRY(co_await s.core.keys.revoke(call.actor, call.account, id));
  co_return Answer{};
}

}  // namespace

std::span<const Route> account_routes() {
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/account",
       .operation = "account_own",
       .summary = "The caller's account",
       .action = Action::view,
       .takes = Takes::account,
       .response = &schemas::kAccount,
       .run = account_own},
      {.method = "GET",
       .path = "/api/v1/accounts",
       .operation = "account_list",
       .summary = "All accounts",
       .action = Action::operate,
       .takes = Takes::page,
       .response = &schemas::kAccount,
       .run = account_list},
      {.method = "POST",
       .path = "/api/v1/accounts",
       .operation = "account_create",
       .summary = "A new account",
       .action = Action::operate,
       .request = &schemas::kNewAccount,
       .response = &schemas::kAccount,
       .reasons = {Reason::conflict},
       .status = 201,
       .run = account_create},
      {.method = "GET",
       .path = "/api/v1/accounts/{account}",
       .operation = "account_get",
       .summary = "One account",
       .action = Action::view,
       .response = &schemas::kAccount,
       .reasons = {Reason::not_found},
       .run = account_get},
      {.method = "POST",
       .path = "/api/v1/accounts/{account}/activate",
       .operation = "account_activate",
       .summary = "Let it send",
       .action = Action::operate,
       .response = &schemas::kAccount,
       .reasons = {Reason::not_found},
       .run = account_activate},
      {.method = "PATCH",
       .path = "/api/v1/accounts/{account}/limits",
       .operation = "account_limits",
       .summary = "Change limits; what is absent stays",
       .action = Action::operate,
       .request = &schemas::kLimits,
       .response = &schemas::kAccount,
       .reasons = {Reason::not_found},
       .run = account_limits},
  };
  return routes;
}

std::span<const Route> user_routes() {
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/users",
       .operation = "user_list",
       .summary = "Users of the account; for the operator without ?account, the operators",
       .action = Action::manage_users,
       .takes = Takes::page,
       .response = &schemas::kUser,
       .run = user_list},
      {.method = "POST",
       .path = "/api/v1/users",
       .operation = "user_create",
       .summary = "A person who may sign in",
       .action = Action::manage_users,
       .who = Who::person,
       .takes = Takes::account,
       .request = &schemas::kNewUser,
       .response = &schemas::kUser,
       .reasons = {Reason::conflict, Reason::user_limit},
       .status = 201,
       .run = user_create},
      {.method = "PATCH",
       .path = "/api/v1/users/{user}",
       .operation = "user_change",
       .summary = "Another role, policy, or state; what is absent stays",
       .action = Action::manage_users,
       .who = Who::person,
       .takes = Takes::account,
       .request = &schemas::kUserChange,
       .response = &schemas::kUser,
       .reasons = {Reason::not_found, Reason::conflict},
       .run = user_change},
      {.method = "POST",
       .path = "/api/v1/users/{user}/second-factor/reset",
       .operation = "user_second_factor_reset",
       .summary = "For who lost his second factor: he signs in by password alone",
       .action = Action::manage_users,
       .who = Who::person,
       .takes = Takes::account,
       .reasons = {Reason::not_found, Reason::conflict},
       .status = 204,
       .run = user_second_factor_reset},
      {.method = "DELETE",
       .path = "/api/v1/users/{user}",
       .operation = "user_delete",
       .summary = "Sign-in ends at once",
       .action = Action::manage_users,
       .who = Who::person,
       .takes = Takes::account,
       .reasons = {Reason::not_found, Reason::conflict},
       .status = 204,
       .run = user_delete},
      {.method = "PUT",
       .path = "/api/v1/users/{user}/password",
       .operation = "user_password",
       .summary = "Another's new password; sessions end",
       .action = Action::manage_users,
       .who = Who::person,
       .takes = Takes::account,
       .request = &schemas::kPassword,
       .reasons = {Reason::not_found, Reason::conflict},
       .status = 204,
       .run = user_password},
  };
  return routes;
}

std::span<const Route> key_routes() {
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/keys",
       .operation = "key_list",
       .summary = "Keys of the account",
       .action = Action::manage_keys,
       .takes = Takes::page,
       .response = &schemas::kKey,
       .run = key_list},
      {.method = "POST",
       .path = "/api/v1/keys",
       .operation = "key_create",
       .summary = "A key for a program; its secret is shown once",
       .action = Action::manage_keys,
       .takes = Takes::account,
       .request = &schemas::kNewKey,
       .response = &schemas::kMadeKey,
       .reasons = {Reason::key_limit, Reason::not_found},
       .status = 201,
       .run = key_create},
      {.method = "DELETE",
       .path = "/api/v1/keys/{key}",
       .operation = "key_revoke",
       .summary = "Ends a key at once",
       .action = Action::manage_keys,
       .takes = Takes::account,
       .reasons = {Reason::not_found},
       .status = 204,
       .run = key_revoke},
  };
  return routes;
}

}  // namespace ph::rest
