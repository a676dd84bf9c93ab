// Purpose: brings a database's schema to this program's version, one transaction a step.
// Shapes: DDL is written once with {ID} {BIGINT} {BLOB} {TEXT} {STRICT} {CLUSTERED}, which each
//   engine spells its own way; {ID} is a generated primary key, {CLUSTERED} a table kept in the
//   order of its primary key where the engine can. Steps are numbered from 1 without gaps.
// Errors: a schema newer than the list is Errc::unsupported: an older program must not write it.
//   A step that fails leaves the version before it, and is tried again at the next start.
// Threads: one; on PostgreSQL nodes that start together wait for each other.
#pragma once

#include <span>
#include <string_view>

#include "sql/connection.h"

namespace ph::sql {

struct Migration {
  int64_t version;
  std::string_view name;
  std::string_view ddl;
};

Result<> migrate(Connection& connection, std::span<const Migration> steps, WallTime now);

// 0 for an empty database.
Result<int64_t> schema_version(Connection& connection);

// `ddl` in the words of an engine.
std::string spell_ddl(Engine engine, std::string_view ddl);

}  // namespace ph::sql
