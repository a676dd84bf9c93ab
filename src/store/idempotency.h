// Purpose: answers to requests with an idempotency key, written in the accept's transaction.
// Shapes: unique per account and key; body_hash 32 octets; status is the HTTP status of the answer.
#pragma once

#include <optional>
#include <string>

#include "base/ids.h"
#include "sql/connection.h"

namespace ph::store {

class Tx;

struct IdempotencyRow {
  AccountId account_id;
  std::string idem_key;
  std::string body_hash;
  int64_t status = 0;
  std::string answer;
  WallTime created_at;
};

// Nothing when the key was free and is now taken by `row`; else the row that had it. One older than
// `expired_before` is replaced as if it were not there.
Result<std::optional<IdempotencyRow>> take_idempotency_key(Tx& tx, AccountId account,
                                                           const IdempotencyRow& row,
                                                           WallTime expired_before);
Result<std::optional<IdempotencyRow>> find_idempotency_key(sql::Connection& connection,
                                                           AccountId account,
                                                           std::string_view idem_key);
// Rows made before `before`, at most so many; gives how many.
Result<int64_t> purge_idempotency_for_operator(sql::Connection& connection, WallTime before,
                                               int64_t most);

}  // namespace ph::store
