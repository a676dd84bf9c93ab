// Purpose: the bill of one account's post-paid mails of one day.
// Shapes: lines are JSON, [{"what","mails","price","amount"}], whose amounts sum to `amount`.
// Errors: conflict (the day has its bill), not_found.
// Threads: any with a connection.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/page.h"

namespace ph::store {

struct BillRow {
  int64_t id = 0;
  AccountId account_id;
  int64_t day = 0;
  int64_t mails = 0;
  int64_t amount = 0;
  std::string lines;
  int64_t entry_id = 0;  // of the ledger
  int64_t balance_after = 0;
  WallTime created_at;
};

Result<int64_t> insert_bill(sql::Connection& connection, const BillRow& row);
Result<BillRow> bill(sql::Connection& connection, AccountId account, int64_t id);
// Newest first.
Result<std::vector<BillRow>> bills(sql::Connection& connection, AccountId account, Page page);
Result<std::vector<BillRow>> bills_of_days(sql::Connection& connection, AccountId account,
                                           int64_t first_day, int64_t last_day);

}  // namespace ph::store
