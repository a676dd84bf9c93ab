// Purpose: ASCII and UTF-8 text as protocols need it: never locale-dependent.
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ph {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_alnum(char c) { return is_digit(c) || is_alpha(c); }
constexpr bool is_wsp(char c) { return c == ' ' || c == '\t'; }
constexpr char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
constexpr char to_upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }

std::string lower(std::string_view s);
std::string upper(std::string_view s);
bool iequals(std::string_view a, std::string_view b);
bool istarts_with(std::string_view s, std::string_view prefix);
std::string_view trim(std::string_view s);  // space, tab, CR, LF on both sides
std::vector<std::string_view> split(std::string_view s, char separator);  // keeps empty pieces
bool is_ascii(std::string_view s);
bool has_control(std::string_view s);  // C0, DEL, and the UTF-8 forms of C1, U+2028, U+2029
bool is_utf8(std::string_view s);      // RFC 3629: no surrogates, no overlong forms
inline constexpr size_t kUtf8Most = 4;   // octets of one code point (RFC 3629 §3)
size_t utf8_length(std::string_view s);  // code points of valid UTF-8

template <class T>
std::optional<T> parse_number(std::string_view s, int base = 10) {
  T value{};
  auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value, base);
  if (error != std::errc() || end != s.data() + s.size() || s.empty()) return std::nullopt;
  return value;
}

// Same time for every content of equal length: for secrets.
bool equal_constant_time(std::string_view a, std::string_view b);

}  // namespace ph
