// Purpose: runs an operation of the control door: in the running server of the data directory, or
//   in process under its lock when none runs; and prints what it answered.
#pragma once

#include "base/result.h"
#include "cli/command.h"
#include "json/json.h"

namespace ph::cli {

// {"ok":true,"result":…} or {"ok":false,"error":…}.
Result<json::Value> run_operation(const GlobalOptions& global, const std::string& operation,
                                  json::Value arguments);

// The same with printing; gives the exit code.
int administer(const Command& command, const Invocation& invocation);
int print_answer(const GlobalOptions& global, const Result<json::Value>& answer);

}  // namespace ph::cli
