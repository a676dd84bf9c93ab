// Purpose: parameters in the flattened form of GET and of the older signatures, as the JSON that an
//   action's parameters describe: Destination.0=a&Template.TemplateID=7.
// Errors: unknown_parameter, repeated_parameter, and the type faults of parameter.h; lists count
//   from 0 without gaps.
// Threads: pure.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "api/tencent/parameter.h"

namespace ph::tencent {

using FormPairs = std::vector<std::pair<std::string, std::string>>;

Judged<json::Value> read_form(const std::vector<Parameter>& parameters, const FormPairs& pairs);

}  // namespace ph::tencent
