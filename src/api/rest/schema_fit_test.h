// Purpose: whether a JSON value is as a schema says: all its members known, all that are required
//   there, each of its kind.
#pragma once

#include <algorithm>
#include <string>

#include "api/rest/schema.h"

namespace ph::rest_test {

using namespace ph::rest;
using json::Value;

// What of a value is not as the fields say; empty: nothing.
inline std::string misfit(const std::vector<Field>& fields, const Value& object,
                          const std::string& path);

inline std::string misfit(const Field& field, const Value& value, const std::string& path) {
  if (value.is_null()) return field.presence == Presence::nullable ? "" : path + " is null";
  auto each = [&](auto check) -> std::string {
    if (!value.is_array()) return path + " is no array";
    for (const Value& item : value.as_array())
      if (std::string wrong = check(item); !wrong.empty()) return wrong;
    return "";
  };
  switch (field.kind) {
    case FieldKind::text:
      if (!value.is_string()) return path + " is no text";
      if (field.words.empty() || std::ranges::find(field.words, value.as_string()) !=
                                     field.words.end())
        return "";
      return path + " is " + value.as_string();
    case FieldKind::integer:
    case FieldKind::amount:
      return value.kind() == json::Kind::integer ? "" : path + " is no integer";
    case FieldKind::boolean:
      return value.kind() == json::Kind::boolean ? "" : path + " is no boolean";
    case FieldKind::texts:
      return each([&](const Value& v) { return v.is_string() ? "" : path + "[] is no text"; });
    case FieldKind::objects:
      return each([&](const Value& v) { return misfit(field.fields, v, path + "[]"); });
    case FieldKind::text_map:
    case FieldKind::integer_map:
      return value.is_object() ? "" : path + " is no object";
    case FieldKind::object:
      if (!value.is_object()) return path + " is no object";
      return field.fields.empty() ? "" : misfit(field.fields, value, path);
  }
  return path;
}

inline std::string misfit(const std::vector<Field>& fields, const Value& object,
                          const std::string& path) {
  if (!object.is_object()) return path + " is no object";
  for (const json::Member& member : object.as_object()) {
    auto field = std::ranges::find(fields, member.name, &Field::name);
    std::string at = path + "." + member.name;
    if (field == fields.end()) return at + " is not in the schema";
    if (std::string wrong = misfit(*field, member.value, at); !wrong.empty()) return wrong;
  }
  for (const Field& field : fields)
    if (field.presence != Presence::optional && object.find(field.name) == nullptr)
      return path + "." + std::string(field.name) + " is missing";
  return "";
}

}  // namespace ph::rest_test
