// Purpose: what an action takes, as data, and the check of a request against it.
// Shapes: `most`: octets of a text (of each text of a list), the largest integer; `items`: of a
//   list. `wrong` is the action's own code for a value that breaks a rule of this parameter.
//   null is the same as absent, as SDKs send it.
// Errors: unknown_parameter (nothing is ignored in silence), missing_parameter, not_text and its
//   kin for types, `wrong`, `over` for too many items. Names: Destination.2, Template.TemplateID.
// Threads: pure.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "api/tencent/code.h"
#include "base/limits.h"
#include "json/json.h"

namespace ph::tencent {

enum class Kind : uint8_t {
  text,       // without control characters
  json_text,  // JSON in a string, read by the action
  base64,     // read by the action
  integer,    // 0 and up
  boolean,
  texts,    // a list of text
  object,   // one with `members`
  objects,  // a list of them
};

enum class Presence : uint8_t { optional, required };

struct Parameter {
  std::string_view name;
  Kind kind = Kind::text;
  Presence presence = Presence::optional;
  int64_t most = limits::kTencentText;
  size_t items = 0;
  Code wrong = Code::invalid_value;
  Code over = Code::too_long;
  std::vector<Parameter> members = {};
};

Judged<> check_parameters(const std::vector<Parameter>& parameters, const json::Value& given);

}  // namespace ph::tencent
