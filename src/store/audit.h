// Purpose: who changed what: rows that are only ever added, and read newest first.
// Shapes: actor_kind as core says it; before and after are JSON objects without secrets, or "null".
//   account 0 is what belongs to no account: the installation's settings, operators.
// Errors: of the database.
// Threads: any with a connection.
#pragma once

#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/page.h"

namespace ph::store {

class Tx;

struct AuditRow {
  int64_t id = 0;  // Tx::new_id()
  AccountId account_id;
  WallTime at;
  std::string actor_kind;
  int64_t actor_id = 0;  // of the user or key; 0: none
  UserId behind;         // the operator who acted as that user; 0: nobody
  std::string from;      // the client's address
  std::string action;    // "domain.create"
  std::string object;    // "domain:mail.example.com"
  std::string before = "null";
  std::string after = "null";
};

// What narrows a list; empty or 0 does not.
struct AuditFilter {
  std::string action;  // with all below it: "domain" has "domain.create"
  std::string object;
  std::string actor_kind;
  int64_t actor_id = 0;
  WallTime since, until;
};

Result<> insert_audit(Tx& tx, const AuditRow& row);
Result<std::vector<AuditRow>> audit(sql::Connection& connection, AccountId account,
                                    const AuditFilter& filter, Page page);
// At most so many of before then; gives how many.
Result<int64_t> purge_audit_for_operator(sql::Connection& connection, WallTime before,
                                         int64_t most);

}  // namespace ph::store
