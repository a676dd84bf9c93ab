#include "api/rest/schema.h"

#include <fmt/format.h>

#include <algorithm>

namespace ph::rest {
namespace {

using core::Outcome;
using core::Reason;
using core::refuse;
using json::Value;

Outcome<> check_fields(const std::vector<Field>& fields, const Value& object,
                       const std::string& path);

std::unexpected<core::Refusal> wrong(const std::string& path, std::string what) {
  return refuse(Reason::invalid_field, fmt::format("{} must be {}.", path, what), path);
}

Outcome<> check_text(const Field& field, const Value& value, const std::string& path) {
  if (!value.is_string()) return wrong(path, "a string");
  const std::string& text = value.as_string();
  if (field.most > 0 && text.size() > static_cast<size_t>(field.most))
    return refuse(Reason::too_large, fmt::format("{} has at most {} octets.", path, field.most),
                  path);
  if (text.find('\0') != std::string::npos) return wrong(path, "text without NUL");
  if (!field.words.empty() && std::ranges::find(field.words, text) == field.words.end())
    return wrong(path, fmt::format("one of {}", fmt::join(field.words, ", ")));
  return {};
}

Outcome<> check_amount(const Value& value, const std::string& path) {
  if (value.kind() != json::Kind::integer) return wrong(path, "an integer");
  return {};
}

Outcome<> check_integer(const Field& field, const Value& value, const std::string& path) {
  int64_t most = field.most > 0 ? field.most : INT64_MAX;
  if (value.kind() != json::Kind::integer || value.as_int() < 0 || value.as_int() > most)
    return wrong(path, fmt::format("an integer from 0 to {}", most));
  return {};
}

// One text of a list or map.
Outcome<> check_item(const Field& field, const Value& value, const std::string& path) {
  return check_text(Field{.most = field.item_most}, value, path);
}

Outcome<> check_list(const Field& field, const Value& value, const std::string& path) {
  if (!value.is_array()) return wrong(path, "an array");
  const auto& items = value.as_array();
  if (items.size() > static_cast<size_t>(field.most))
    return refuse(field.over, fmt::format("{} has at most {} items.", path, field.most), path);
  for (size_t i = 0; i < items.size(); ++i) {
    std::string at = fmt::format("{}[{}]", path, i);
    if (field.kind == FieldKind::texts) {
      REFUSE_TRY(check_item(field, items[i], at));
    } else {
      if (!items[i].is_object()) return wrong(at, "an object");
      REFUSE_TRY(check_fields(field.fields, items[i], at));
    }
  }
  return {};
}

Outcome<> check_map(const Field& field, const Value& value, const std::string& path) {
  if (!value.is_object()) return wrong(path, "an object");
  if (field.most > 0 && value.as_object().size() > static_cast<size_t>(field.most))
    return refuse(Reason::too_large, fmt::format("{} has at most {} members.", path, field.most),
                  path);
  for (const json::Member& member : value.as_object()) {
    std::string at = path + "." + member.name;
    if (field.kind == FieldKind::text_map) REFUSE_TRY(check_item(field, member.value, at));
    if (field.kind == FieldKind::integer_map) REFUSE_TRY(check_integer(Field{}, member.value, at));
  }
  return {};
}

Outcome<> check_field(const Field& field, const Value& value, const std::string& path) {
  switch (field.kind) {
    case FieldKind::text:
      return check_text(field, value, path);
    case FieldKind::integer:
      return check_integer(field, value, path);
    case FieldKind::amount:
      return check_amount(value, path);
    case FieldKind::boolean:
      if (value.kind() != json::Kind::boolean) return wrong(path, "true or false");
      return {};
    case FieldKind::texts:
    case FieldKind::objects:
      return check_list(field, value, path);
    case FieldKind::text_map:
    case FieldKind::integer_map:
      return check_map(field, value, path);
    case FieldKind::object:
      break;
  }
  if (!value.is_object()) return wrong(path, "an object");
  if (field.fields.empty()) return {};  // any: who takes it judges it
  return check_fields(field.fields, value, path);
}

Outcome<> check_fields(const std::vector<Field>& fields, const Value& object,
                       const std::string& path) {
  auto path_of = [&](std::string_view name) {
    return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
  };
  for (const json::Member& member : object.as_object()) {
    auto field = std::ranges::find(fields, member.name, &Field::name);
    if (field == fields.end())
      return refuse(Reason::unknown_field, "There is no such field here.",
                    path_of(member.name.substr(0, 100)));
    if (!member.value.is_null())
      REFUSE_TRY(check_field(*field, member.value, path_of(field->name)));
  }
  for (const Field& field : fields) {
    const Value* value = object.find(field.name);
    if (field.presence == Presence::required && (value == nullptr || value->is_null()))
      return refuse(Reason::missing_field, fmt::format("{} is missing.", field.name),
                    path_of(field.name));
  }
  return {};
}

Value fields_json(const std::vector<Field>& fields);

Value typed(const char* type) {
  return Value::object({{"type", type}});
}

Value text_json(int64_t most) {
  Value out = typed("string");
  if (most > 0) out.set("maxLength", most);
  return out;
}

Value field_json(const Field& field) {
  Value out;
  switch (field.kind) {
    case FieldKind::text:
      out = text_json(field.most);
      break;
    case FieldKind::integer:
      out = typed("integer");
      out.set("minimum", 0);
      if (field.most > 0) out.set("maximum", field.most);
      break;
    case FieldKind::amount:
      out = typed("integer");
      break;
    case FieldKind::boolean:
      out = typed("boolean");
      break;
    case FieldKind::texts:
      out = typed("array");
      out.set("items", text_json(field.item_most));
      break;
    case FieldKind::objects:
      out = typed("array");
      out.set("items", fields_json(field.fields));
      break;
    case FieldKind::text_map:
    case FieldKind::integer_map:
      out = typed("object");
      out.set("additionalProperties",
              field.kind == FieldKind::text_map ? text_json(field.item_most) : typed("integer"));
      break;
    case FieldKind::object:
      out = field.fields.empty() ? typed("object") : fields_json(field.fields);
  }
  bool list = field.kind == FieldKind::texts || field.kind == FieldKind::objects;
  if (list && field.most > 0) out.set("maxItems", field.most);
  if (!field.words.empty()) {
    Value words = Value::array();
    for (std::string_view word : field.words) words.push(word);
    out.set("enum", words);
  }
  if (field.presence == Presence::nullable) {
    Value types = Value::array();
    types.push(*out.find("type"));
    types.push("null");
    out.set("type", types);
  }
  if (!field.help.empty()) out.set("description", field.help);
  return out;
}

Value fields_json(const std::vector<Field>& fields) {
  Value properties = Value::object(), required = Value::array();
  for (const Field& field : fields) {
    properties.set(field.name, field_json(field));
    if (field.presence != Presence::optional) required.push(field.name);
  }
  Value out = typed("object");
  out.set("properties", properties);
  if (!required.as_array().empty()) out.set("required", required);
  return out;
}

}  // namespace

Outcome<> check_body(const Schema& schema, const Value& body) {
  if (!body.is_object()) return refuse(Reason::malformed, "The body must be a JSON object.");
  return check_fields(schema.fields, body, {});
}

Value schema_json(const Schema& schema) {
  return fields_json(schema.fields);
}

}  // namespace ph::rest
