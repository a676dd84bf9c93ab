// Purpose: whether a commit happened whose reply was lost.
// Shapes: each group's transaction begins with a row commit_token(token, at > 0). To find out, the
//   same token is inserted with at = 0: that waits for the old transaction if it still runs, and
//   afterwards one of the two rows stands for ever.
// Threads: the writer's.
#pragma once

#include <string>
#include <string_view>

#include "sql/connection.h"

namespace ph::store {

Result<> write_commit_token(sql::Connection& connection, std::string_view token, WallTime now);
// True: it was committed. False: it was not, and never will be.
Result<bool> was_committed(sql::Connection& connection, std::string_view token);
Result<> purge_commit_tokens(sql::Connection& connection, WallTime now);

}  // namespace ph::store
