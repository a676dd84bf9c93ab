// Purpose: accounts: row and queries.
// Shapes: app_id counts from kFirstAppId; limits are counts, 0 = no limit.
// Errors: conflict (the name is taken), not_found.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/page.h"

namespace ph::store {

inline constexpr int64_t kFirstAppId = 1'250'000'001;

enum class AccountState : uint8_t { created, active, suspended };
const char* account_state_name(AccountState state);
Result<AccountState> parse_account_state(std::string_view name);

// in_house: the operator's own, never in arrears. customer: pays for what it sends.
enum class Plan : uint8_t { in_house, customer };
const char* plan_name(Plan plan);
Result<Plan> parse_plan(std::string_view name);

struct AccountLimits {
  int64_t daily_per_domain = 0;
  int64_t per_mailbox_hour = 0;
  int64_t requests_per_second = 0;
  int64_t domains = 0;
  int64_t addresses = 0;  // of one domain
  bool operator==(const AccountLimits&) const = default;
};

struct AccountRow {
  AccountId id;
  int64_t app_id = 0;
  std::string name;
  AccountState state = AccountState::created;
  Plan plan = Plan::in_house;
  AccountLimits limits;
  WallTime created_at;
  WallTime activated_at;  // 0: never
};

// id and app_id are given by the store. With its allowance (allowance.h).
Result<AccountRow> insert_account(sql::Connection& connection, const AccountRow& row);
Result<AccountRow> account(sql::Connection& connection, AccountId id);
Result<> set_account_state(sql::Connection& connection, AccountId id, AccountState state,
                           WallTime now);
Result<> set_account_limits(sql::Connection& connection, AccountId id,
                            const AccountLimits& limits);
Result<> set_account_plan(sql::Connection& connection, AccountId id, Plan plan);
Result<> rename_account(sql::Connection& connection, AccountId id, std::string_view name);
Result<AccountRow> account_by_name_for_operator(sql::Connection& connection,
                                                std::string_view name);
Result<AccountRow> account_by_app_id_for_operator(sql::Connection& connection, int64_t app_id);
Result<std::vector<AccountRow>> accounts_for_operator(sql::Connection& connection, Page page);

}  // namespace ph::store
