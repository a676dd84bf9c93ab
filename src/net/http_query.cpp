#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "net/http.h"

namespace ph::net {
namespace {

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  c = to_lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum class Plus : uint8_t { literal, space };

Result<std::string> decode(std::string_view text, Plus plus) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus == Plus::space) {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      int high = text.size() - i > 2 ? hex_digit(text[i + 1]) : -1;
      int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
      if (low < 0) return fail(Errc::invalid, "a % is not followed by two hex digits");
      out += static_cast<char>(high * 16 + low);
      i += 2;
    }
  }
  return out;
}

}  // namespace

std::optional<std::string_view> find_header(std::span<const HttpHeader> headers,
                                            std::string_view name) {
  for (const auto& header : headers) {
    if (iequals(header.name, name)) return header.value;
  }
  return std::nullopt;
}

std::optional<std::string_view> HttpRequest::header(std::string_view name) const {
  return find_header(headers, name);
}

Result<std::string> percent_decode(std::string_view text) { return decode(text, Plus::literal); }

Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> out;
  for (std::string_view field : split(query, '&')) {
    if (field.empty()) continue;
    if (out.size() >= limits::kHttpQueryFields)
      return fail(Errc::limit, "the query has too many fields");
    size_t equals = field.find('=');
    std::string name = TRY(decode(field.substr(0, equals), Plus::space));
    std::string_view value = equals == field.npos ? "" : field.substr(equals + 1);
    out.emplace_back(std::move(name), TRY(decode(value, Plus::space)));
  }
  return out;
}

}  // namespace ph::net
