// Purpose: what an account may still send and from where: free mails, packages, then post-paid.
// Shapes: amounts are millionths of the currency; a balance below 0 is a debt. Days are billing
//   days: since 1970, beginning day_offset minutes before midnight UTC. free_used and a package's
//   used change by uses alone (usage.h), the balance by entries of the ledger alone (ledger.h).
// Errors: not_found.
// Threads: any with a connection.
// Not here: what may be used when (core/metering.h).
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/account.h"

namespace ph::store {

inline constexpr int64_t kNoDailyLimit = -1;

struct AllowanceRow {
  AccountId account_id;
  Plan plan = Plan::in_house;  // of the account
  int64_t free_granted = 0;
  int64_t free_used = 0;
  WallTime free_given_at;  // the free mails of activation; 0: not yet
  std::string agreement;   // the version that was accepted
  bool post_paid = true;
  int64_t credit_limit = 0;
  int64_t balance = 0;
  WallTime debt_since;  // 0: no debt
  WallTime stop_at;     // of a debt: from then on nothing is sent; 0: never
  int64_t day_offset = 0;      // minutes
  int64_t billed_through = -1;  // the last day that has a bill or was closed
  int64_t bounces_seen = -1;   // of all that bounced, those given back; -1: they count
  std::string told;            // the standing that the account was last told
  int64_t level_daily = kNoDailyLimit;  // of a sender domain that has no reputation yet
  int64_t mailbox_hour = 0;             // where the account has no limit of its own; 0: none
  int64_t requests_second = 0;          // the same
  int64_t unblocks = 0;                 // asked for
};

// As an account begins.
Result<> insert_allowance(sql::Connection& connection, AccountId account);
Result<AllowanceRow> allowance(sql::Connection& connection, AccountId account);
// Everything but free_used and balance.
Result<> update_allowance(sql::Connection& connection, const AllowanceRow& row);
Result<std::vector<AllowanceRow>> allowances_for_operator(sql::Connection& connection,
                                                          AccountId after, int64_t limit);
// Accounts that may have a day to bill or something to be told, or all.
enum class LookAt : uint8_t { due, all };
Result<std::vector<AccountId>> accounts_to_look_at_for_operator(sql::Connection& connection,
                                                                AccountId after, WallTime now,
                                                                LookAt which);
// PostgreSQL: until this transaction ends no other node uses the account's mails (`sole`), or none
// changes what it has (`shared`). False: another node is in the way and `wait` is no, or there is
// no such account.
enum class RowWait : uint8_t { no, yes };
enum class RowHold : uint8_t { shared, sole };
Result<bool> lock_allowance(sql::Connection& connection, AccountId account, RowHold hold,
                            RowWait wait);

}  // namespace ph::store
