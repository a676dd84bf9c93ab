#include "cli/print.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"

namespace ph::cli {
namespace {

constexpr size_t kCellWidth = 70;  // columns of one cell of a table

// What comes from outside must not drive the terminal.
std::string clean(std::string_view text) {
  std::string out;
  for (char c : text) out += static_cast<uint8_t>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return out;
}

std::string cell(const json::Value& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return clean(value.as_string());
  if (value.is_array()) {
    std::string out;
    for (const json::Value& item : value.as_array()) out += (out.empty() ? "" : " | ") + cell(item);
    return out.empty() ? "-" : out;
  }
  return json::serialize(value);
}

bool is_table(const json::Value& value) {
  return value.is_array() && !value.as_array().empty() && value.as_array()[0].is_object();
}

std::string table(const json::Value::Array& rows, const std::string& indent) {
  std::vector<std::string> names;
  for (const json::Member& member : rows[0].as_object())
    if (!is_table(member.value)) names.push_back(member.name);
  std::vector<size_t> widths;
  for (const std::string& name : names) {
    size_t width = name.size();
    for (const json::Value& row : rows)
      if (const json::Value* v = row.find(name)) width = std::max(width, cell(*v).size());
    widths.push_back(std::min(width, kCellWidth));
  }
  std::string out = indent;
  for (size_t i = 0; i < names.size(); ++i)
    out += fmt::format("{:<{}}  ", upper(names[i]), widths[i]);
  out += "\n";
  for (const json::Value& row : rows) {
    out += indent;
    for (size_t i = 0; i < names.size(); ++i) {
      const json::Value* v = row.find(names[i]);
      out += fmt::format("{:<{}}  ", v != nullptr ? cell(*v) : "-", widths[i]);
    }
    out += "\n";
  }
  return out;
}

// A row whose long texts would break a table: each field on its line.
std::string records(const json::Value::Array& rows, const std::string& indent) {
  std::string out;
  for (const json::Value& row : rows) {
    for (const json::Member& member : row.as_object())
      out += fmt::format("{}{:<10} {}\n", indent, member.name, cell(member.value));
    out += "\n";
  }
  return out;
}

bool is_wide(const json::Value::Array& rows) {
  return std::ranges::any_of(rows, [](const json::Value& row) {
    size_t width = 0;
    for (const json::Member& member : row.as_object()) width += cell(member.value).size() + 2;
    return width > 160;
  });
}

std::string list(const json::Value& value, const std::string& indent) {
  return is_wide(value.as_array()) ? records(value.as_array(), indent)
                                   : table(value.as_array(), indent);
}

}  // namespace

std::string for_people(const json::Value& value) {
  if (!value.is_object()) return is_table(value) ? list(value, "") : cell(value) + "\n";
  const json::Value* items = value.find("items");
  if (items != nullptr && items->is_array())
    return items->as_array().empty() ? "none\n" : list(*items, "");
  std::string out;
  for (const json::Member& member : value.as_object()) {
    if (is_table(member.value)) {
      out += fmt::format("{}:\n{}", member.name, list(member.value, "  "));
    } else {
      out += fmt::format("{:<14} {}\n", member.name, cell(member.value));
    }
  }
  return out;
}

}  // namespace ph::cli
