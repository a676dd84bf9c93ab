// Purpose: the tables, as an ordered list of migrations.
#pragma once

#include <span>

#include "sql/migrations.h"

namespace ph::store {

std::span<const sql::Migration> schema_migrations();

}  // namespace ph::store
