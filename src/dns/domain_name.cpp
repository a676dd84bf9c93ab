#include "dns/domain_name.h"

#include <fmt/format.h>
#include <idn2.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace ph::dns {
namespace {

constexpr size_t kNameOctets = limits::kDomain - 2;  // without the final dot and length octet
constexpr size_t kTypedOctets = 4 * limits::kDomain;  // UTF-8, before it becomes A-labels

std::unexpected<Error> bad(std::string_view why) {
  return fail(Errc::invalid, std::string(why));
}

// RFC 5891 §4.2.3.1: no hyphens in third and fourth place, none at either end.
bool hyphens_wrong(std::string_view u_label) {
  size_t place = 0;  // of the next character
  for (size_t i = 0; i < u_label.size() && place < 3; ++i) {
    if ((static_cast<unsigned char>(u_label[i]) & 0xc0) == 0x80) continue;
    if (++place == 3 && u_label.substr(i).starts_with("--")) return true;
  }
  return u_label.starts_with('-') || u_label.ends_with('-');
}

// One label as U-label; empty where it is no valid A-label.
std::string decoded_label(std::string_view label) {
  char* out = nullptr;
  std::string in(label);
  if (idn2_to_unicode_8z8z(in.c_str(), &out, 0) != IDN2_OK) return {};
  std::string text(out);
  idn2_free(out);
  bool wrong = text.empty() || is_ascii(text) || has_control(text) || hyphens_wrong(text);
  return wrong ? std::string() : text;
}

// What UTS #46 §4 maps to nothing: soft hyphen, zero-width space, variation selectors, … Another
// reader would see another name, so they are refused, as RFC 5891 §5.4 has it.
bool is_ignored(uint32_t c) {
  struct Range {
    uint32_t first, last;
  };
  constexpr Range kIgnored[] = {
      {0xad, 0xad},     {0x34f, 0x34f},   {0x180b, 0x180d}, {0x180f, 0x180f},   {0x200b, 0x200b},
      {0x2060, 0x2064}, {0xfe00, 0xfe0f}, {0xfeff, 0xfeff}, {0x1bca0, 0x1bca3}, {0xe0100, 0xe01ef}};
  return std::ranges::any_of(kIgnored, [c](Range r) { return c >= r.first && c <= r.last; });
}

// Of valid UTF-8.
bool has_ignored(std::string_view text) {
  uint32_t point = 0;
  size_t left = 0;
  for (char c : text) {
    auto byte = static_cast<uint8_t>(c);
    if (byte < 0x80) continue;
    bool first = byte >= 0xc0;
    if (first) left = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
    point = first ? byte & (0x3fU >> left) : point << 6 | (byte & 0x3fU);
    if (!first && --left == 0 && is_ignored(point)) return true;
  }
  return false;
}

Result<std::string> to_a_labels(std::string_view text) {
  if (!is_utf8(text)) return bad("the name is not UTF-8");
  if (has_ignored(text)) return bad("the name has a character that cannot be seen");
  char* out = nullptr;
  std::string in(text);
  int code = idn2_to_ascii_8z(in.c_str(), &out, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
  if (code != IDN2_OK)
    return fail(Errc::invalid, fmt::format("no valid internationalized name: {}",
                                           idn2_strerror(code)));
  std::string ascii(out);
  idn2_free(out);
  return ascii;
}

Result<> check_label(std::string_view label, NameRule rule) {
  if (label.empty()) return bad("the name has an empty label");
  if (label.size() > limits::kLabel)
    return fail(Errc::invalid, fmt::format("a label is longer than {} octets", limits::kLabel));
  if (label.front() == '-' || label.back() == '-')
    return bad("a label begins or ends with a hyphen");
  for (char c : label) {
    bool fine = is_alnum(c) || c == '-' || (c == '_' && rule == NameRule::owner);
    if (!fine) return bad("the name has a character other than letters, digits and hyphens");
  }
  if (label.starts_with("xn--") && decoded_label(label).empty())
    return bad("a label that begins with xn-- is no valid A-label");
  return {};
}

bool all_digits(std::string_view s) { return std::ranges::all_of(s, is_digit); }

}  // namespace

Result<DomainName> DomainName::parse(std::string_view text, NameRule rule) {
  if (text.empty()) return bad("the name is empty");
  if (text.size() > kTypedOctets) return bad("the name is too long");
  if (has_control(text) || text.find(' ') != std::string_view::npos)
    return bad("the name has a space or control character");
  std::string name = is_ascii(text) ? lower(text) : TRY(to_a_labels(text));
  if (name.ends_with('.')) name.pop_back();
  if (name.empty()) return bad("the name is empty");
  if (name.size() > kNameOctets)
    return fail(Errc::invalid, fmt::format("the name is longer than {} octets", kNameOctets));
  auto pieces = split(name, '.');
  for (std::string_view label : pieces) TRY(check_label(label, rule));
  // RFC 3696 §2: no top-level domain is all digits, so this is an address in disguise.
  if (rule == NameRule::host && all_digits(pieces.back()))
    return bad("the last label is a number");
  return DomainName(std::move(name));
}

std::string DomainName::to_unicode() const {
  std::string out;
  for (std::string_view label : labels()) {
    if (!out.empty()) out += '.';
    std::string decoded = label.starts_with("xn--") ? decoded_label(label) : std::string();
    out += decoded.empty() ? label : decoded;
  }
  return out;
}

std::vector<std::string_view> DomainName::labels() const {
  if (empty()) return {};
  return split(text_, '.');
}

size_t DomainName::label_count() const {
  if (empty()) return 0;
  return static_cast<size_t>(std::ranges::count(text_, '.')) + 1;
}

std::optional<DomainName> DomainName::parent() const {
  size_t dot = text_.find('.');
  if (dot == std::string::npos) return std::nullopt;
  return DomainName(text_.substr(dot + 1));
}

bool DomainName::is_subdomain_of(const DomainName& other) const {
  size_t longer = text_.size(), shorter = other.text_.size();
  return shorter > 0 && longer > shorter + 1 && text_.ends_with(other.text_) &&
         text_[longer - shorter - 1] == '.';
}

bool DomainName::is_within(const DomainName& other) const {
  return *this == other || is_subdomain_of(other);
}

DomainName DomainName::suffix(size_t count) const {
  if (count == 0 || empty()) return {};
  size_t dot = text_.size();
  for (size_t i = 0; i < count; ++i) {
    dot = text_.rfind('.', dot - 1);
    if (dot == std::string::npos) return *this;
  }
  return DomainName(text_.substr(dot + 1));
}

}  // namespace ph::dns
