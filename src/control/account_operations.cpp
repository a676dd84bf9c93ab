#include "control/operation_table.h"
#include "core/view_json.h"

namespace ph::control {
namespace {

using core::Outcome;
using core::Reason;
using core::refuse;
using json::Value;

template <class Row>
Value list_json(const std::vector<Row>& rows, Value (*view)(const Row&)) {
  Value items = Value::array();
  for (const Row& row : rows) items.push(view(row));
  return Value::object({{"items", items}});
}

// --- account ---

net::Task<Answer> account_create(const Services& s, const Arguments& a) {
  std::string name = CO_REFUSE_TRY(a.text("name"));
  co_return core::account_json(CO_REFUSE_TRY(co_await s.accounts.create(control_actor(), name)));
}

net::Task<Answer> account_list(const Services& s, const Arguments& a) {
  AccountId after(CO_REFUSE_TRY(a.number_or("after", 0)));
  auto rows = CO_REFUSE_TRY(co_await s.accounts.list(control_actor(), after, limits::kPageMost));
  co_return list_json(rows, core::account_json);
}

net::Task<Answer> account_show(const Services& s, const Arguments& a) {
  AccountId id = CO_REFUSE_TRY(co_await a.account());
  co_return core::account_json(CO_REFUSE_TRY(co_await s.accounts.get(control_actor(), id)));
}

net::Task<Answer> account_activate(const Services& s, const Arguments& a) {
  AccountId id = CO_REFUSE_TRY(co_await a.account());
  co_return core::account_json(CO_REFUSE_TRY(co_await s.accounts.activate(control_actor(), id)));
}

net::Task<Answer> account_limits(const Services& s, const Arguments& a) {
  AccountId id = CO_REFUSE_TRY(co_await a.account());
  std::vector<std::pair<std::string, int64_t>> limits;
  const Value* given = a.value("limits");
  if (given == nullptr || !given->is_object())
    co_return refuse(Reason::missing_field, "Give limits as KEY=VALUE.", "limits");
  for (const json::Member& member : given->as_object()) {
    json::Reader at(member.value, member.name);
    limits.emplace_back(member.name, CO_REFUSE_TRY(at.integer()));
  }
  co_return core::account_json(
      CO_REFUSE_TRY(co_await s.accounts.set_limits(control_actor(), id, std::move(limits))));
}

// --- user ---

net::Task<Answer> user_create(const Services& s, const Arguments& a) {
  core::NewUser user;
  user.email = CO_REFUSE_TRY(a.text("email"));
  user.password = CO_REFUSE_TRY(a.text("password"));
  auto role = store::parse_role(CO_REFUSE_TRY(a.text("role")));
  if (!role)
    co_return refuse(Reason::invalid_field,
                     "A role is operator, owner, administrator, developer or viewer.", "role");
  user.role = *role;
  // An operator has no account: one that is named is refused by core, not passed over.
  bool named = a.value("account") != nullptr;
  if (user.role != core::Role::operator_ || named)
    user.account = CO_REFUSE_TRY(co_await a.account());
  co_return core::user_json(
      CO_REFUSE_TRY(co_await s.users.create(control_actor(), std::move(user))));
}

// Without an account: the operators.
net::Task<Outcome<AccountId>> users_of(const Arguments& a) {
  std::string named = CO_REFUSE_TRY(a.text_or("account"));
  if (named.empty()) co_return AccountId{};
  co_return co_await a.account();
}

net::Task<Answer> user_list(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await users_of(a));
  UserId after(CO_REFUSE_TRY(a.number_or("after", 0)));
  auto rows =
      CO_REFUSE_TRY(co_await s.users.list(control_actor(), account, after, limits::kPageMost));
  co_return list_json(rows, core::user_json);
}

net::Task<Answer> user_remove(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await users_of(a));
  UserId id(CO_REFUSE_TRY(a.number_or("id", 0)));
  CO_REFUSE_TRY(co_await s.users.remove(control_actor(), account, id));
  co_return Value::object({{"removed", id.value}});
}

net::Task<Answer> user_password(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await users_of(a));
  UserId id(CO_REFUSE_TRY(a.number_or("id", 0)));
  std::string password = CO_REFUSE_TRY(a.text("password"));
  CO_REFUSE_TRY(co_await s.users.set_password(control_actor(), account, id, password));
  co_return Value::object({{"changed", id.value}});
}

// --- key ---

net::Task<Answer> key_create(const Services& s, const Arguments& a) {
  core::NewKey key;
  key.account = CO_REFUSE_TRY(co_await a.account());
  auto kind = store::parse_key_kind(CO_REFUSE_TRY(a.text_or("kind", "bearer")));
  if (!kind) co_return refuse(Reason::invalid_field, "A kind is bearer or tencent.", "kind");
  auto scope = store::parse_key_scope(CO_REFUSE_TRY(a.text_or("scope", "full")));
  if (!scope) co_return refuse(Reason::invalid_field, "A scope is full, send or read.", "scope");
  key.kind = *kind;
  key.scope = *scope;
  key.name = CO_REFUSE_TRY(a.text_or("name"));
  key.only_domain = CO_REFUSE_TRY(a.text_or("domain"));
  co_return core::made_key_json(
      CO_REFUSE_TRY(co_await s.keys.create(control_actor(), std::move(key))));
}

net::Task<Answer> key_list(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await a.account());
  KeyId after(CO_REFUSE_TRY(a.number_or("after", 0)));
  auto rows =
      CO_REFUSE_TRY(co_await s.keys.list(control_actor(), account, after, limits::kPageMost));
  co_return list_json(rows, core::key_json);
}

net::Task<Answer> key_revoke(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await a.account());
  KeyId id(CO_REFUSE_TRY(a.number_or("id", 0)));
  CO_REFUSE_TRY(co_await s.keys.revoke(control_actor(), account, id));
  co_return Value::object({{"revoked", id.value}});
}

}  // namespace

std::span<const Operation> account_operations() {
  static const Operation operations[] = {
      {"account.create", {"name"}, account_create},
      {"account.list", {"after"}, account_list},
      {"account.show", {"account"}, account_show},
      {"account.activate", {"account"}, account_activate},
      {"account.limits", {"account", "limits"}, account_limits},
      {"user.create", {"email", "password", "role", "account"}, user_create},
      {"user.list", {"account", "after"}, user_list},
      {"user.remove", {"account", "id"}, user_remove},
      {"user.password", {"account", "id", "password"}, user_password},
      {"key.create", {"account", "kind", "scope", "name", "domain"}, key_create},
      {"key.list", {"account", "after"}, key_list},
      {"key.revoke", {"account", "id"}, key_revoke},
  };
  return operations;
}

}  // namespace ph::control
