// Purpose: accounts as the operator looks at them: with who owns them, what they sent, and why
//   one is suspended.
// Threads: any with a connection.
// Errors: not_found.
// Not here: what they may still send and owe (billing/).
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/account.h"
#include "store/identity_claim.h"
#include "store/page.h"

namespace ph::store {

struct CustomerRow {
  AccountRow account;
  IdentityState identity = IdentityState::none;
  std::string owner;    // the first owner's e-mail address; empty: there is none
  int64_t sent = 0;     // recipients accepted since the asked day
  std::string suspended_reason;  // while it is suspended
  WallTime suspended_at;
};

struct CustomerFilter {
  std::string state;   // of the account; empty: all
  std::string search;  // in the name and in people's addresses, or the whole AppId; empty: all
  int64_t sent_since = 0;  // UTC day
};
Result<std::vector<CustomerRow>> customers_for_operator(sql::Connection& connection,
                                                        const CustomerFilter& filter, Page page);
Result<CustomerRow> customer_for_operator(sql::Connection& connection, AccountId account,
                                          int64_t sent_since);

}  // namespace ph::store
