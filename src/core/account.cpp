#include "core/account.h"

#include "base/text.h"
#include "core/activation.h"
#include "core/audit.h"
#include "core/transaction.h"
#include "json/json.h"

namespace ph::core {
namespace {

constexpr size_t kNameMost = 64;  // code points

Outcome<> need_operator(const Actor& actor) {
  if (allowed(actor, Action::operate)) return {};
  return refuse(Reason::forbidden, "Only the operator may do this.");
}

int64_t* limit_by_name(store::AccountLimits& limits, std::string_view name) {
  if (name == "daily_per_domain") return &limits.daily_per_domain;
  if (name == "per_mailbox_hour") return &limits.per_mailbox_hour;
  if (name == "requests_per_second") return &limits.requests_per_second;
  if (name == "domains") return &limits.domains;
  if (name == "addresses") return &limits.addresses;
  return nullptr;
}

Outcome<store::AccountRow> row_of(sql::Connection& sql, AccountId id) {
  auto row = store::account(sql, id);
  if (!row && row.error().code == Errc::not_found)
    return refuse(Reason::not_found, "There is no such account.", "account");
  return REFUSE_TRY(std::move(row));
}

std::string audited_account(const store::AccountRow& row) {
  const store::AccountLimits& l = row.limits;
  return json::serialize(json::Value::object(
      {{"name", row.name},
       {"state", store::account_state_name(row.state)},
       {"limits", json::Value::object({{"daily_per_domain", l.daily_per_domain},
                                       {"per_mailbox_hour", l.per_mailbox_hour},
                                       {"requests_per_second", l.requests_per_second},
                                       {"domains", l.domains},
                                       {"addresses", l.addresses}})}}));
}

Result<> record_account(store::Tx& tx, const Actor& actor, std::string_view action,
                        const store::AccountRow& row, std::string before) {
  return record_change(tx, actor,
                       {.account = row.id,
                        .action = action,
                        .object = "account:" + std::to_string(row.id.value),
                        .before = std::move(before),
                        .after = audited_account(row)});
}

}  // namespace

Outcome<> check_account_name(const std::string& name) {
  if (name.empty()) return refuse(Reason::missing_field, "An account needs a name.", "name");
  if (!is_utf8(name) || has_control(name) || utf8_length(name) > kNameMost || trim(name) != name)
    return refuse(Reason::invalid_field,
                  "An account's name has 1 to 64 characters without control characters or outer "
                  "spaces.",
                  "name");
  if (std::ranges::all_of(name, is_digit))
    return refuse(Reason::invalid_field,
                  "An account's name is not a number alone: numbers name accounts as well.",
                  "name");
  return {};
}

net::Task<Outcome<store::AccountRow>> Accounts::create(Actor actor, std::string name) {
  CO_REFUSE_TRY(need_operator(actor));
  CO_REFUSE_TRY(check_account_name(name));
  auto job = [actor, name](store::Tx& tx) -> Outcome<store::AccountRow> {
    auto row = REFUSE_TRY(begin_account(tx, name, store::Plan::in_house));
    REFUSE_TRY(record_account(tx, actor, "account.create", row, "null"));
    return row;
  };
  co_return co_await transact<store::AccountRow>(context_, std::move(job));
}

net::Task<Outcome<store::AccountRow>> Accounts::activate(Actor actor, AccountId id) {
  CO_REFUSE_TRY(need_operator(actor));
  auto job = [actor, id](store::Tx& tx) -> Outcome<store::AccountRow> {
    auto row = REFUSE_TRY(row_of(tx.sql(), id));
    if (row.state == store::AccountState::active) return row;
    if (row.state == store::AccountState::suspended)
      return refuse(Reason::conflict, "The account is suspended: resume it.", "account");
    return activate_account(tx, actor, id);
  };
  co_return co_await transact<store::AccountRow>(context_, std::move(job));
}

net::Task<Outcome<store::AccountRow>> Accounts::set_limits(
    Actor actor, AccountId id, std::vector<std::pair<std::string, int64_t>> limits) {
  CO_REFUSE_TRY(need_operator(actor));
  auto job = [actor, id, limits = std::move(limits)](store::Tx& tx) -> Outcome<store::AccountRow> {
    auto row = REFUSE_TRY(row_of(tx.sql(), id));
    std::string before = audited_account(row);
    for (const auto& [name, value] : limits) {
      int64_t* limit = limit_by_name(row.limits, name);
      if (limit == nullptr)
        return refuse(Reason::unknown_field,
                      "Limits are daily_per_domain, per_mailbox_hour, requests_per_second, "
                      "domains and addresses.",
                      name);
      if (value < 0)
        return refuse(Reason::invalid_field, "A limit is 0 (none) or a positive number.", name);
      *limit = value;
    }
    REFUSE_TRY(store::set_account_limits(tx.sql(), id, row.limits));
    REFUSE_TRY(record_account(tx, actor, "account.limits", row, std::move(before)));
    return row;
  };
  co_return co_await transact<store::AccountRow>(context_, std::move(job));
}

net::Task<Outcome<store::AccountRow>> Accounts::get(Actor actor, AccountId id) {
  AccountId account = CO_REFUSE_TRY(acting_account(actor, id));
  auto job = [account](sql::Connection& sql) { return row_of(sql, account); };
  co_return co_await look<store::AccountRow>(context_, std::move(job));
}

net::Task<Outcome<std::vector<store::AccountRow>>> Accounts::list(Actor actor, AccountId after,
                                                                  size_t limit) {
  CO_REFUSE_TRY(need_operator(actor));
  using Rows = std::vector<store::AccountRow>;
  auto job = [after, limit](sql::Connection& sql) -> Outcome<Rows> {
    return REFUSE_TRY(store::accounts_for_operator(sql, {.after = after.value, .limit = limit}));
  };
  co_return co_await look<Rows>(context_, std::move(job));
}

net::Task<Outcome<store::AccountRow>> Accounts::find(Actor actor, std::string name) {
  CO_REFUSE_TRY(need_operator(actor));
  auto job = [name](sql::Connection& sql) -> Outcome<store::AccountRow> {
    auto by_name = store::account_by_name_for_operator(sql, name);
    if (by_name) return std::move(*by_name);
    if (by_name.error().code != Errc::not_found) return lift(by_name.error());
    auto number = parse_number<int64_t>(name);
    if (number && *number >= store::kFirstAppId) {
      auto by_number = store::account_by_app_id_for_operator(sql, *number);
      if (by_number) return std::move(*by_number);
    }
    return row_of(sql, AccountId(number.value_or(0)));
  };
  co_return co_await look<store::AccountRow>(context_, std::move(job));
}

}  // namespace ph::core
