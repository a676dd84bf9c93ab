#include "smtp/codes.h"

#include <fmt/format.h>

#include "base/text.h"

namespace ph::smtp {

std::string EnhancedStatus::text() const {
  if (klass == 0) return {};
  return fmt::format("{}.{}.{}", klass, subject, detail);
}

namespace {

// 1*3DIGIT without a leading zero (RFC 3463 §2).
std::optional<uint16_t> read_number(std::string_view& text) {
  size_t digits = 0;
  while (digits < text.size() && is_digit(text[digits])) ++digits;
  if (digits == 0 || digits > 3 || (digits > 1 && text[0] == '0')) return std::nullopt;
  auto value = parse_number<uint16_t>(text.substr(0, digits));
  text.remove_prefix(digits);
  return value;
}

}  // namespace

std::optional<EnhancedStatus> parse_enhanced(std::string_view text) {
  if (text.size() < 5 || text[1] != '.') return std::nullopt;
  if (text[0] != '2' && text[0] != '4' && text[0] != '5') return std::nullopt;
  EnhancedStatus found;
  found.klass = static_cast<uint16_t>(text[0] - '0');
  text.remove_prefix(2);
  auto subject = read_number(text);
  if (!subject || text.empty() || text[0] != '.') return std::nullopt;
  text.remove_prefix(1);
  auto detail = read_number(text);
  if (!detail || (!text.empty() && text[0] != ' ')) return std::nullopt;
  found.subject = *subject;
  found.detail = *detail;
  return found;
}

}  // namespace ph::smtp
