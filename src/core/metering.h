// Purpose: counts an accepted mail to what the account has: free mails, then packages by earliest
//   expiry, then post-paid. Asked and counted in the transaction that accepts, once.
// Shapes: a mail is one recipient. Post-paid mails are those that balance and credit limit pay,
//   after what the days cost that have no bill yet; in house they are without end and price.
// Errors: allowance_exhausted, arrears; those of the store.
// Threads: the store's writer; the pure functions any.
// Not here: bills, grants, returns (billing/).
#pragma once

#include "core/reason.h"
#include "store/store.h"
#include "store/usage.h"

namespace ph::core {

// Since 1970, by the account's own midnight; never one that has its bill.
int64_t billing_day(const store::AllowanceRow& row, WallTime now);
// The beginning of a billing day.
WallTime billing_day_begins(const store::AllowanceRow& row, int64_t day);

// What post-paid mails of days without a bill cost.
int64_t unbilled(const store::UsageFacts& facts);
// Of facts with their rest.
int64_t post_paid_left(const store::UsageFacts& facts, int64_t day);
bool in_arrears(const store::AllowanceRow& row, WallTime now);

// How many mails it may still send, at least up to `wanted`; INT64_MAX: without end. 0 is refused
// instead.
Outcome<int64_t> mails_left(store::Tx& tx, AccountId account, int64_t wanted);
// Refuses, or counts all n.
Outcome<> meter(store::Tx& tx, AccountId account, int64_t n);

}  // namespace ph::core
