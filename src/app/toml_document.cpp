#include "app/toml_document.h"

#include <fmt/format.h>

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

namespace ph::app {
namespace {

json::Value convert(const toml::node& node) {
  if (auto text = node.as_string()) return json::Value(text->get());
  if (auto number = node.as_integer()) return json::Value(number->get());
  if (auto number = node.as_floating_point()) return json::Value(number->get());
  if (auto flag = node.as_boolean()) return json::Value(flag->get());
  if (auto list = node.as_array()) {
    json::Value out = json::Value::array();
    for (const toml::node& item : *list) out.push(convert(item));
    return out;
  }
  json::Value out = json::Value::object();
  if (auto table = node.as_table())
    for (const auto& [key, value] : *table) out.set(key.str(), convert(value));
  return out;
}

}  // namespace

Result<json::Value> parse_toml_document(std::string_view text, const std::string& file) {
  toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const auto& error = parsed.error();
    return fail(Errc::invalid, fmt::format("{}:{}:{}: {}", file, error.source().begin.line,
                                           error.source().begin.column, error.description()));
  }
  return convert(parsed.table());
}

json::Value parse_toml_value(const std::string& text) {
  toml::parse_result parsed = toml::parse("value = " + text);
  // More than the one value means that the text is not a value but a line break and more.
  if (!parsed || parsed.table().size() != 1) return json::Value(text);
  const toml::node* node = parsed.table().get("value");
  if (node == nullptr || node->is_date() || node->is_time() || node->is_date_time())
    return json::Value(text);
  return convert(*node);
}

}  // namespace ph::app
