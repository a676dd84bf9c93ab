// Purpose: the versions of the service agreement: rows and queries.
// Shapes: id is time-ordered; the newest version is the current one. A version never changes.
// Errors: conflict (the version exists).
// Threads: any with a connection.
// Not here: who accepted which (allowance.h).
#pragma once

#include <optional>
#include <string>

#include "base/ids.h"
#include "sql/connection.h"

namespace ph::store {

struct AgreementRow {
  int64_t id = 0;  // Tx::new_id()
  std::string version;
  std::string text_en;
  std::string text_zh;
  WallTime created_at;
};

Result<> insert_agreement(sql::Connection& connection, const AgreementRow& row);
Result<std::optional<AgreementRow>> newest_agreement(sql::Connection& connection);

}  // namespace ph::store
