// Purpose: TOML read into JSON values, so that toml++ is in one file.
// Errors: invalid with file, line and column.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "json/json.h"

namespace ph::app {

// An object.
Result<json::Value> parse_toml_document(std::string_view text, const std::string& file);

// One value, as in --set KEY=VALUE; what is no TOML value is the string itself.
json::Value parse_toml_value(const std::string& text);

}  // namespace ph::app
