#include "template/template.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace ph::templates {
namespace {

bool is_name_character(char c) {
  return is_alnum(c) || c == '_' || c == '-' || c == '.';
}

// HTML Living Standard §13.1.4: what could end text or an attribute's value.
std::string_view reference_of(char c) {
  switch (c) {
    case '&':
      return "&amp;";
    case '<':
      return "&lt;";
    case '>':
      return "&gt;";
    case '"':
      return "&quot;";
    case '\'':
      return "&#39;";
    default:
      return {};
  }
}

void append(std::string& out, std::string_view value, Escape escape) {
  if (escape == Escape::none) {
    out += value;
    return;
  }
  for (char c : value) {
    std::string_view reference = reference_of(c);
    if (reference.empty())
      out += c;
    else
      out += reference;
  }
}

size_t size_of(std::string_view value, Escape escape) {
  size_t size = value.size();
  if (escape == Escape::none) return size;
  for (char c : value) {
    std::string_view reference = reference_of(c);
    if (!reference.empty()) size += reference.size() - 1;
  }
  return size;
}

size_t line_of(std::string_view text, size_t at) {
  return 1 + static_cast<size_t>(std::ranges::count(text.substr(0, at), '\n'));
}

}  // namespace

bool is_variable_name(std::string_view name) {
  return !name.empty() && name.size() <= limits::kBulkVariableName &&
         (is_alpha(name[0]) || name[0] == '_') && std::ranges::all_of(name, is_name_character);
}

std::optional<std::string_view> Values::find(std::string_view name) const {
  for (const auto& [known, value] : values_)
    if (known == name) return value;
  return std::nullopt;
}

Result<size_t> Template::name_index(std::string_view name) {
  auto known = std::ranges::find(names_, name);
  if (known != names_.end()) return static_cast<size_t>(known - names_.begin());
  if (names_.size() == limits::kBulkVariables)
    return fail(Errc::limit, fmt::format("more than {} variables", limits::kBulkVariables));
  names_.emplace_back(name);
  return names_.size() - 1;
}

Result<Template> Template::compile(std::string_view text) {
  Template out;
  out.text_ = text;
  for (size_t at = 0;;) {
    size_t open = text.find(kOpen, at);
    if (open == std::string_view::npos) {
      out.pieces_.push_back({at, text.size() - at, kNone});
      return out;
    }
    // A name with its blanks is short: the look for its end is bounded.
    size_t begin = open + kOpen.size();
    std::string_view ahead = text.substr(begin, 2 * limits::kBulkVariableName);
    size_t close = ahead.find(kClose);
    std::string_view name =
        close == std::string_view::npos ? std::string_view() : trim(ahead.substr(0, close));
    if (!is_variable_name(name))
      return fail(Errc::invalid, fmt::format("\"{{{{\" in line {} begins no variable: write "
                                             "{{{{name}}}}",
                                             line_of(text, open)));
    size_t index = TRY(out.name_index(name));
    out.pieces_.push_back({at, open - at, index});
    at = begin + close + kClose.size();
  }
}

std::string Template::render(const Values& values, Escape escape) const {
  std::string out;
  out.reserve(rendered_size(values, escape));
  for (const Piece& piece : pieces_) {
    out.append(text_, piece.begin, piece.size);
    if (piece.name == kNone) continue;
    if (auto value = values.find(names_[piece.name])) append(out, *value, escape);
  }
  return out;
}

size_t Template::rendered_size(const Values& values, Escape escape) const {
  std::vector<size_t> sizes;
  sizes.reserve(names_.size());
  for (const std::string& name : names_) {
    auto value = values.find(name);
    sizes.push_back(value ? size_of(*value, escape) : 0);
  }
  size_t out = 0;
  for (const Piece& piece : pieces_)
    out += piece.size + (piece.name == kNone ? 0 : sizes[piece.name]);
  return out;
}

const std::string* Template::missing(const Values& values) const {
  for (const std::string& name : names_)
    if (!values.find(name)) return &name;
  return nullptr;
}

}  // namespace ph::templates
