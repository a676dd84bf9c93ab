#include "mailauth/spf_macro.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "base/check.h"
#include "base/limits.h"
#include "base/text.h"

namespace ph::mailauth {
namespace {

constexpr std::string_view kDelimiters = ".-+,/_=";
constexpr std::string_view kLetters = "slodiphv";
constexpr std::string_view kExplanationLetters = "crt";
constexpr size_t kNameOctets = limits::kDomain - 2;

struct Macro {
  char letter = 0;   // lower case
  bool escape = false;  // an upper-case letter: URL-escape the value
  size_t parts = 0;  // 0: all
  bool reverse = false;
  std::string_view delimiters;
};

// "%{" letter digits ["r"] delimiters "}" at the start of `text`; `used` becomes its length.
std::optional<Macro> read_macro(std::string_view text, size_t& used) {
  size_t close = text.find('}');
  if (close == std::string_view::npos || close < 3) return std::nullopt;
  std::string_view inner = text.substr(2, close - 2);
  used = close + 1;
  Macro macro;
  macro.letter = to_lower(inner[0]);
  macro.escape = inner[0] != macro.letter;
  inner.remove_prefix(1);
  auto digits = std::ranges::find_if_not(inner, is_digit) - inner.begin();
  if (digits > 0) {
    auto count = parse_number<uint32_t>(inner.substr(0, static_cast<size_t>(digits)));
    if (count && *count == 0) return std::nullopt;  // RFC 7208 §7.1: DIGIT MUST be nonzero
    macro.parts = count.value_or(UINT32_MAX);
  }
  inner.remove_prefix(static_cast<size_t>(digits));
  if (!inner.empty() && to_lower(inner[0]) == 'r') {
    macro.reverse = true;
    inner.remove_prefix(1);
  }
  if (inner.find_first_not_of(kDelimiters) != std::string_view::npos) return std::nullopt;
  macro.delimiters = inner.empty() ? "." : inner;
  return macro;
}

bool letter_allowed(char letter, SpfMacroPlace place) {
  return kLetters.find(letter) != std::string_view::npos ||
         (place == SpfMacroPlace::explanation &&
          kExplanationLetters.find(letter) != std::string_view::npos);
}

// RFC 7208 §7.3: %{i} of IPv6 is its nibbles with dots.
std::string dotted_ip(const IpAddress& ip) {
  if (ip.is_v4()) return ip.text();
  std::string out;
  for (uint8_t octet : ip.bytes()) out += fmt::format("{:X}.{:X}.", octet >> 4, octet & 15);
  out.pop_back();
  return out;
}

std::string value_of(char letter, const SpfMacroValues& v) {
  switch (letter) {
    case 's': return v.local_part + "@" + v.sender_domain;
    case 'l': return v.local_part;
    case 'o': return v.sender_domain;
    case 'd': return v.domain;
    case 'i': return dotted_ip(v.ip);
    case 'p': return v.validated_name;
    case 'v': return v.ip.is_v4() ? "in-addr" : "ip6";
    case 'h': return v.helo;
    case 'c': return v.ip.text();
    case 'r': return v.receiver;
    case 't': return std::to_string(v.now_seconds);
    default: PH_CHECK(false);
  }
}

std::string transformed(std::string value, const Macro& macro) {
  std::vector<std::string> parts;
  size_t start = 0;
  while (true) {
    size_t end = value.find_first_of(macro.delimiters, start);
    parts.push_back(value.substr(start, end - start));
    if (end == std::string::npos) break;
    start = end + 1;
  }
  if (macro.reverse) std::ranges::reverse(parts);
  size_t first = macro.parts == 0 || macro.parts > parts.size() ? 0 : parts.size() - macro.parts;
  std::string out;
  for (size_t i = first; i < parts.size(); ++i) {
    if (i > first) out += '.';
    out += parts[i];
  }
  return out;
}

std::string url_escaped(std::string_view text) {
  std::string out;
  for (char c : text) {
    bool unreserved = is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~';
    out += unreserved ? std::string(1, c) : fmt::format("%{:02X}", static_cast<uint8_t>(c));
  }
  return out;
}

bool valid_top_label(std::string_view label) {
  if (label.empty() || label.front() == '-' || label.back() == '-') return false;
  bool charset = std::ranges::all_of(label, [](char c) { return is_alnum(c) || c == '-'; });
  return charset && !std::ranges::all_of(label, is_digit);
}

bool ends_in_macro(std::string_view text) {
  // Of a valid macro-string only "%%", "%_", "%-" and "%{…}" end so.
  size_t at = 0, used = 0;
  bool last = false;
  while (at < text.size()) {
    last = text[at] == '%';
    used = 2;
    if (last && text[at + 1] == '{') read_macro(text.substr(at), used);
    at += last ? used : 1;
  }
  return last;
}

}  // namespace

bool valid_spf_macro_string(std::string_view text, SpfMacroPlace place) {
  for (size_t at = 0; at < text.size(); ++at) {
    char c = text[at];
    if (c == ' ' && place == SpfMacroPlace::explanation) continue;
    if (c < 0x21 || c > 0x7e) return false;
    if (c != '%') continue;
    char next = at + 1 < text.size() ? text[at + 1] : '\0';
    size_t used = 2;
    if (next == '{') {
      auto macro = read_macro(text.substr(at), used);
      if (!macro || !letter_allowed(macro->letter, place)) return false;
    } else if (next != '%' && next != '_' && next != '-') {
      return false;
    }
    at += used - 1;
  }
  return true;
}

bool valid_spf_domain_spec(std::string_view text) {
  if (text.empty() || !valid_spf_macro_string(text, SpfMacroPlace::domain)) return false;
  if (ends_in_macro(text)) return true;
  if (text.ends_with('.')) text.remove_suffix(1);
  size_t dot = text.rfind('.');
  return dot != std::string_view::npos && valid_top_label(text.substr(dot + 1));
}

bool spf_macro_wants_validated_name(std::string_view text) {
  for (size_t at = text.find('%'); at != std::string_view::npos && at + 2 < text.size();
       at = text.find('%', at + 2))
    if (text[at + 1] == '{' && to_lower(text[at + 2]) == 'p') return true;
  return false;
}

std::string expand_spf_macros(std::string_view text, const SpfMacroValues& values) {
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    if (out.size() > limits::kSpfExpansion) return {};
    if (text[at] != '%') {
      out += text[at];
      continue;
    }
    PH_CHECK(at + 1 < text.size());
    size_t used = 2;
    if (char next = text[at + 1]; next == '{') {
      auto macro = read_macro(text.substr(at), used);
      PH_CHECK(macro.has_value());
      std::string value = transformed(value_of(macro->letter, values), *macro);
      out += macro->escape ? url_escaped(value) : value;
    } else {
      out += next == '%' ? "%" : next == '_' ? " " : "%20";
    }
    at += used - 1;
  }
  return out;
}

std::string fit_spf_domain(std::string name) {
  if (name.ends_with('.')) name.pop_back();
  while (name.size() > kNameOctets) {
    size_t dot = name.find('.', name.size() - kNameOctets - 1);
    if (dot == std::string::npos) break;
    name.erase(0, dot + 1);
  }
  return name;
}

}  // namespace ph::mailauth
