#include "httpauth/sigv4_canonical.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace ph::httpauth {
namespace {

enum class Slash : uint8_t { escaped, kept };

// RFC 3986 §2.3: what is not unreserved is escaped, with upper-case digits.
std::string escape(std::string_view text, Slash slash) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (char c : text) {
    if (is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~' ||
        (c == '/' && slash == Slash::kept)) {
      out += c;
      continue;
    }
    auto octet = static_cast<uint8_t>(c);
    out += '%';
    out += kDigits[octet >> 4];
    out += kDigits[octet & 15];
  }
  return out;
}

// RFC 3986 §5.2.4, and slashes in a row are one.
std::string normalized(std::string_view path) {
  std::vector<std::string_view> kept;
  bool directory = true;
  for (std::string_view segment : split(path, '/')) {
    directory = segment.empty() || segment == "." || segment == "..";
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!directory) kept.push_back(segment);
  }
  std::string out = fmt::format("/{}", fmt::join(kept, "/"));
  if (directory && !kept.empty()) out += '/';
  return out;
}

void append_collapsed(std::string_view line, std::string& out) {
  bool gap = false;
  for (char c : line) {
    if (is_wsp(c) || c == '\r' || c == '\n') {
      gap = true;
      continue;
    }
    if (gap && !out.empty()) out += ' ';
    gap = false;
    out += c;
  }
}

// Blanks around the value go, those inside fall together.
std::string canonical_value(std::string_view value, Folds folds) {
  std::string out;
  if (folds == Folds::blank || !value.contains('\n')) {
    append_collapsed(trim(value), out);
    return out;
  }
  for (std::string_view line : split(value, '\n')) {
    if (!out.empty()) out += ',';
    append_collapsed(trim(line), out);
  }
  return out;
}

}  // namespace

std::optional<QueryFields> read_query(std::string_view query) {
  QueryFields out;
  for (std::string_view field : split(query, '&')) {
    if (field.empty()) continue;
    if (out.size() == limits::kHttpQueryFields) return std::nullopt;
    size_t equals = field.find('=');
    auto name = net::percent_decode(field.substr(0, equals));
    auto value = net::percent_decode(equals == std::string_view::npos ? std::string_view()
                                                                      : field.substr(equals + 1));
    if (!name || !value) return std::nullopt;
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

std::string canonical_query(const QueryFields& fields) {
  QueryFields escaped;
  for (const auto& [name, value] : fields)
    escaped.emplace_back(escape(name, Slash::escaped), escape(value, Slash::escaped));
  std::ranges::sort(escaped);
  std::string out;
  for (const auto& [name, value] : escaped)
    out += fmt::format("{}{}={}", out.empty() ? "" : "&", name, value);
  return out;
}

std::vector<std::string> canonical_paths(std::string_view path) {
  std::vector<std::string> out;
  auto add = [&](std::string text) {
    if (std::ranges::find(out, text) == out.end()) out.push_back(std::move(text));
  };
  std::string normal = normalized(path);
  add(escape(normal, Slash::kept));
  add(escape(path, Slash::kept));
  // Once: the path was escaped on the wire and is not again, as for S3.
  if (auto plain = net::percent_decode(normal)) add(escape(*plain, Slash::kept));
  if (auto plain = net::percent_decode(path)) add(escape(*plain, Slash::kept));
  return out;
}

std::string canonical_headers(std::span<const net::HttpHeader> headers,
                              std::span<const std::string> names, Folds folds) {
  std::string out;
  for (const std::string& name : names) {
    std::string values;
    bool first = true;
    for (const net::HttpHeader& header : headers) {
      if (!iequals(header.name, name)) continue;
      values += fmt::format("{}{}", first ? "" : ",", canonical_value(header.value, folds));
      first = false;
    }
    out += fmt::format("{}:{}\n", name, values);
  }
  return out;
}

}  // namespace ph::httpauth
