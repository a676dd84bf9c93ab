#include "api/tencent/parameter.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace ph::tencent {
namespace {

using json::Value;

constexpr size_t kNameShown = 100;  // octets of a name that is not ours

Judged<> check_members(const std::vector<Parameter>& parameters, const Value& object,
                       const std::string& path);

// The general code has words of its own for what exactly is wrong.
Code or_else(Code wrong, Code exact) {
  return wrong == Code::invalid_value ? exact : wrong;
}

Judged<> check_text(const Parameter& parameter, const Value& value, const std::string& path) {
  if (!value.is_string()) return fault(Code::not_text, path);
  const std::string& text = value.as_string();
  if (parameter.kind != Kind::base64 && text.size() > static_cast<size_t>(parameter.most))
    return fault(or_else(parameter.wrong, Code::too_long), path);
  bool one_line = parameter.kind == Kind::text || parameter.kind == Kind::texts;
  if (one_line && has_control(text))
    return fault(or_else(parameter.wrong, Code::control_character), path);
  if (text.find('\0') != std::string::npos)
    return fault(or_else(parameter.wrong, Code::control_character), path);
  return {};
}

Judged<> check_integer(const Parameter& parameter, const Value& value, const std::string& path) {
  if (value.kind() != json::Kind::integer || value.as_int() < 0)
    return fault(Code::not_integer, path);
  if (value.as_int() > parameter.most) return fault(parameter.wrong, path);
  return {};
}

Judged<> check_list(const Parameter& parameter, const Value& value, const std::string& path) {
  if (!value.is_array()) return fault(Code::not_array, path);
  const auto& items = value.as_array();
  if (items.size() > parameter.items) return fault(parameter.over, path);
  for (size_t i = 0; i < items.size(); ++i) {
    std::string at = fmt::format("{}.{}", path, i);
    if (parameter.kind == Kind::texts) {
      TRY(check_text(parameter, items[i], at));
    } else {
      if (!items[i].is_object()) return fault(Code::not_object, at);
      TRY(check_members(parameter.members, items[i], at));
    }
  }
  return {};
}

Judged<> check_one(const Parameter& parameter, const Value& value, const std::string& path) {
  switch (parameter.kind) {
    case Kind::text:
    case Kind::json_text:
    case Kind::base64:
      return check_text(parameter, value, path);
    case Kind::integer:
      return check_integer(parameter, value, path);
    case Kind::boolean:
      if (value.kind() != json::Kind::boolean) return fault(Code::not_boolean, path);
      return {};
    case Kind::texts:
    case Kind::objects:
      return check_list(parameter, value, path);
    case Kind::object:
      break;
  }
  if (!value.is_object()) return fault(Code::not_object, path);
  return check_members(parameter.members, value, path);
}

Judged<> check_members(const std::vector<Parameter>& parameters, const Value& object,
                       const std::string& path) {
  auto path_of = [&](std::string_view name) {
    return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
  };
  for (const json::Member& member : object.as_object()) {
    auto parameter = std::ranges::find(parameters, member.name, &Parameter::name);
    if (parameter == parameters.end())
      return fault(Code::unknown_parameter, path_of(printable(member.name, kNameShown)));
    if (!member.value.is_null()) TRY(check_one(*parameter, member.value, path_of(member.name)));
  }
  for (const Parameter& parameter : parameters) {
    const Value* value = object.find(parameter.name);
    if (parameter.presence == Presence::required && (value == nullptr || value->is_null()))
      return fault(Code::missing_parameter, path_of(parameter.name));
  }
  return {};
}

}  // namespace

Judged<> check_parameters(const std::vector<Parameter>& parameters, const Value& given) {
  if (!given.is_object()) return fault(Code::not_json);
  return check_members(parameters, given, {});
}

}  // namespace ph::tencent
