#include "api/tencent/form.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "base/text.h"

namespace ph::tencent {
namespace {

using json::Value;

constexpr size_t kDepth = 3;        // Attachments.0.FileName
constexpr size_t kNameShown = 100;  // octets of a name that is not ours

// Names before their types are known.
struct Node {
  std::optional<std::string> text;
  std::map<std::string, Node, std::less<>> members;
};

Judged<> plant(Node& root, const std::string& name, const std::string& text) {
  Node* at = &root;
  auto pieces = split(name, '.');
  if (pieces.size() > kDepth) return fault(Code::unknown_parameter, printable(name, kNameShown));
  for (std::string_view piece : pieces) {
    if (at->text) return fault(Code::repeated_parameter, printable(name, kNameShown));
    at = &at->members[std::string(piece)];
  }
  if (at->text || !at->members.empty())
    return fault(Code::repeated_parameter, printable(name, kNameShown));
  at->text = text;
  return {};
}

Judged<Value> typed(const Parameter& parameter, const Node& node, const std::string& path);

Judged<Value> typed_members(const std::vector<Parameter>& parameters, const Node& node,
                            const std::string& path) {
  Value out = Value::object();
  for (const auto& [name, member] : node.members) {
    std::string at = path.empty() ? name : fmt::format("{}.{}", path, name);
    auto parameter = std::ranges::find(parameters, name, &Parameter::name);
    if (parameter == parameters.end())
      return fault(Code::unknown_parameter, printable(at, kNameShown));
    out.set(name, TRY(typed(*parameter, member, at)));
  }
  return out;
}

Judged<Value> typed_list(const Parameter& parameter, const Node& node, const std::string& path) {
  if (node.text) return fault(Code::not_array, path);
  if (node.members.size() > parameter.items) return fault(parameter.over, path);
  Value out = Value::array();
  for (size_t i = 0; i < node.members.size(); ++i) {
    auto item = node.members.find(std::to_string(i));
    if (item == node.members.end()) return fault(Code::not_array, path);
    std::string at = fmt::format("{}.{}", path, i);
    if (parameter.kind == Kind::texts) {
      if (!item->second.text) return fault(Code::not_text, at);
      out.push(*item->second.text);
    } else {
      if (item->second.text) return fault(Code::not_object, at);
      out.push(TRY(typed_members(parameter.members, item->second, at)));
    }
  }
  return out;
}

Judged<Value> typed(const Parameter& parameter, const Node& node, const std::string& path) {
  switch (parameter.kind) {
    case Kind::texts:
    case Kind::objects:
      return typed_list(parameter, node, path);
    case Kind::object:
      if (node.text) return fault(Code::not_object, path);
      return typed_members(parameter.members, node, path);
    case Kind::integer: {
      auto number = node.text ? parse_number<int64_t>(*node.text) : std::nullopt;
      if (!number) return fault(Code::not_integer, path);
      return Value(*number);
    }
    case Kind::boolean:
      // Python writes True, the others true.
      if (node.text && iequals(*node.text, "true")) return Value(true);
      if (node.text && iequals(*node.text, "false")) return Value(false);
      return fault(Code::not_boolean, path);
    case Kind::text:
    case Kind::json_text:
    case Kind::base64:
      break;
  }
  if (!node.text) return fault(Code::not_text, path);
  return Value(*node.text);
}

}  // namespace

Judged<Value> read_form(const std::vector<Parameter>& parameters, const FormPairs& pairs) {
  Node root;
  for (const auto& [name, text] : pairs) {
    if (!is_utf8(name) || !is_utf8(text)) return fault(Code::not_form);
    TRY(plant(root, name, text));
  }
  return typed_members(parameters, root, {});
}

}  // namespace ph::tencent
