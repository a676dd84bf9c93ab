// Purpose: how connect() makes each engine's connection, and what both share.
// Not here: anything for other folders; they include connection.h.
#pragma once

#include <memory>
#include <string>

#include "sql/connection.h"

namespace ph::sql {

Result<std::unique_ptr<Connection>> connect_sqlite(const std::string& path, Access access);
Result<std::unique_ptr<Connection>> connect_postgresql(const std::string& url, Access access);

}  // namespace ph::sql
