// Purpose: JSON for people: fields one a line, lists of objects as tables.
#pragma once

#include <string>

#include "json/json.h"

namespace ph::cli {

std::string for_people(const json::Value& value);

}  // namespace ph::cli
