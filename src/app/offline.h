// Purpose: one operation without a server: takes the data directory's lock, runs it in process.
// Errors: conflict when a server has the directory but does not answer.
#pragma once

#include "app/config.h"
#include "json/json.h"

namespace ph::app {

// {"ok":…} as the control door answers.
Result<json::Value> run_offline(const ConfigSources& sources, const std::string& data_dir,
                                const std::string& operation, json::Value arguments);

// `posthouse fsck`: {"findings":[…]}.
Result<json::Value> check_store(const ConfigSources& sources, const std::string& data_dir);

}  // namespace ph::app
