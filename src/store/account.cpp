#include "store/account.h"

#include <fmt/format.h>

#include "store/allowance.h"
#include "store/rows.h"

namespace ph::store {
namespace {

constexpr std::array kStates = {"created", "active", "suspended"};
constexpr std::array kPlans = {"in_house", "customer"};

#define COLUMNS                                                                      \
  "id, app_id, name, state, limit_daily_per_domain, limit_per_mailbox_hour, "        \
  "limit_requests_per_second, limit_domains, limit_addresses, created_at, activated_at, plan"

Result<AccountRow> read(sql::Row row) {
  AccountRow out;
  out.id = row.id<AccountId>(0);
  out.app_id = row.integer(1);
  out.name = row.text(2);
  out.state = TRY(stored(parse_account_state(row.text(3))));
  out.limits = {.daily_per_domain = row.integer(4),
                .per_mailbox_hour = row.integer(5),
                .requests_per_second = row.integer(6),
                .domains = row.integer(7),
                .addresses = row.integer(8)};
  out.created_at = row.time(9);
  out.activated_at = row.time(10);
  out.plan = TRY(stored(parse_plan(row.text(11))));
  return out;
}

constexpr std::string_view kNameTaken = "an account of this name exists";

}  // namespace

const char* account_state_name(AccountState state) { return kStates[static_cast<size_t>(state)]; }
Result<AccountState> parse_account_state(std::string_view name) {
  return parse_enum<AccountState>(kStates, name, "state");
}

const char* plan_name(Plan plan) { return kPlans[static_cast<size_t>(plan)]; }
Result<Plan> parse_plan(std::string_view name) { return parse_enum<Plan>(kPlans, name, "plan"); }

Result<AccountRow> insert_account(sql::Connection& connection, const AccountRow& row) {
  sql::Rows made = TRY(say_conflict(
      connection.query("INSERT INTO account (app_id, name, state, limit_daily_per_domain,"
                       " limit_per_mailbox_hour, limit_requests_per_second, limit_domains,"
                       " limit_addresses, created_at, activated_at, plan)"
                       " SELECT coalesce(max(app_id), $1) + 1, $2, $3, $4, $5, $6, $7, $8, $9, $10,"
                       " $11"
                       " FROM account RETURNING " COLUMNS,
                       {kFirstAppId - 1, row.name, account_state_name(row.state),
                        row.limits.daily_per_domain, row.limits.per_mailbox_hour,
                        row.limits.requests_per_second, row.limits.domains, row.limits.addresses,
                        row.created_at, row.activated_at, plan_name(row.plan)}),
      kNameTaken, "name"));
  AccountRow out = TRY(read_one(made, read, "account"));
  TRY(insert_allowance(connection, out.id));
  return out;
}

Result<AccountRow> account(sql::Connection& connection, AccountId id) {
  return read_one(TRY(connection.query("SELECT " COLUMNS " FROM account WHERE id = $1", {id})),
                  read, "account");
}

Result<> set_account_state(sql::Connection& connection, AccountId id, AccountState state,
                           WallTime now) {
  return must_change(
      connection.exec("UPDATE account SET state = $2, activated_at = CASE WHEN $2 = 'active' AND"
                      " activated_at = 0 THEN $3 ELSE activated_at END WHERE id = $1",
                      {id, account_state_name(state), now}),
      "account");
}

Result<> set_account_limits(sql::Connection& connection, AccountId id,
                            const AccountLimits& limits) {
  return must_change(
      connection.exec("UPDATE account SET limit_daily_per_domain = $2,"
                      " limit_per_mailbox_hour = $3, limit_requests_per_second = $4,"
                      " limit_domains = $5, limit_addresses = $6 WHERE id = $1",
                      {id, limits.daily_per_domain, limits.per_mailbox_hour,
                       limits.requests_per_second, limits.domains, limits.addresses}),
      "account");
}

Result<> set_account_plan(sql::Connection& connection, AccountId id, Plan plan) {
  return must_change(
      connection.exec("UPDATE account SET plan = $2 WHERE id = $1", {id, plan_name(plan)}),
      "account");
}

Result<> rename_account(sql::Connection& connection, AccountId id, std::string_view name) {
  return must_change(
      say_conflict(connection.exec("UPDATE account SET name = $2 WHERE id = $1", {id, name}),
                   kNameTaken, "name"),
      "account");
}

Result<AccountRow> account_by_name_for_operator(sql::Connection& connection,
                                                std::string_view name) {
  return read_one(
      TRY(connection.query("SELECT " COLUMNS " FROM account WHERE name = $1", {name})), read,
      "account");
}

Result<AccountRow> account_by_app_id_for_operator(sql::Connection& connection, int64_t app_id) {
  return read_one(
      TRY(connection.query("SELECT " COLUMNS " FROM account WHERE app_id = $1", {app_id})), read,
      "account");
}

Result<std::vector<AccountRow>> accounts_for_operator(sql::Connection& connection, Page page) {
  return read_all(
      TRY(connection.query("SELECT " COLUMNS " FROM account WHERE id > $1 ORDER BY id LIMIT $2",
                           {page.after, page.rows()})),
      read);
}

}  // namespace ph::store
