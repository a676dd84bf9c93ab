// Purpose: what a JSON body may hold, as data: checked on the way in, printed in the OpenAPI
//   document.
// Shapes: unknown members are refused, and NUL in any text. `most`: octets of text, items of a
//   list, the largest integer.
// Errors: unknown_field, missing_field, invalid_field, too_large (or `over`), with the path.
// Threads: pure.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "core/reason.h"
#include "json/json.h"

namespace ph::rest {

enum class FieldKind : uint8_t {
  text,
  integer,  // 0 and up
  amount,   // an integer of either sign
  boolean,
  texts,     // a list of text
  text_map,  // an object whose members are text
  integer_map,
  objects,  // a list of objects with `fields`
  object,   // one object with `fields`, or any where there are none
};

enum class Presence : uint8_t { optional, required, nullable };  // nullable: of responses

struct Field {
  std::string_view name;
  FieldKind kind = FieldKind::text;
  Presence presence = Presence::optional;
  int64_t most = 0;
  std::string_view help = {};
  std::vector<std::string_view> words = {};  // the only values, where there are some
  std::vector<Field> fields = {};
  int64_t item_most = 0;                        // octets of each text of a list or map
  core::Reason over = core::Reason::too_large;  // what more than `most` is
};

struct Schema {
  std::string_view name;  // in the OpenAPI document
  std::vector<Field> fields;
};

core::Outcome<> check_body(const Schema& schema, const json::Value& body);

// As JSON Schema (OpenAPI 3.1).
json::Value schema_json(const Schema& schema);

}  // namespace ph::rest
