#include "dns/wire_name.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/text.h"

namespace ph::dns {
namespace {

constexpr size_t kWireOctets = limits::kDomain;  // with every length octet and the root's

void append_escaped(std::string& out, std::string_view label) {
  for (char c : label) {
    auto octet = static_cast<uint8_t>(c);
    if (c == '.' || c == '\\') {
      out += '\\';
      out += c;
    } else if (octet < 0x21 || octet > 0x7e) {
      out += fmt::format("\\{:03}", octet);
    } else {
      out += c;
    }
  }
}

Result<> check_label(std::string_view label, size_t& wire) {
  if (label.empty()) return fail(Errc::invalid, "a name has an empty label");
  if (label.size() > limits::kLabel) return fail(Errc::invalid, "a label is longer than 63 octets");
  wire += label.size() + 1;
  if (wire > kWireOctets) return fail(Errc::invalid, "a name is longer than 255 octets");
  return {};
}

// What follows a backslash at `at`; moves `at` behind it.
Result<char> unescape(std::string_view name, size_t& at) {
  if (at < name.size() && !is_digit(name[at])) return name[at++];
  auto number = at + 3 <= name.size() ? parse_number<unsigned>(name.substr(at, 3)) : std::nullopt;
  if (!number || *number > 255) return fail(Errc::invalid, "a name has a bad escape");
  at += 3;
  return static_cast<char>(*number);
}

}  // namespace

Result<std::string> name_from_text(std::string_view text) {
  if (text.empty()) return fail(Errc::invalid, "a name is empty");
  if (text == ".") return std::string(".");
  if (text.ends_with('.')) text.remove_suffix(1);
  std::string out;
  size_t wire = 1;
  for (std::string_view label : split(text, '.')) {
    TRY(check_label(label, wire));
    if (!out.empty()) out += '.';
    append_escaped(out, lower(label));
  }
  return out;
}

Result<std::vector<std::string>> name_labels(std::string_view name) {
  std::vector<std::string> out;
  if (name == ".") return out;
  size_t wire = 1, at = 0;
  std::string label;
  while (at < name.size()) {
    char c = name[at++];
    if (c == '.') {
      TRY(check_label(label, wire));
      out.push_back(std::exchange(label, {}));
    } else {
      label += c == '\\' ? TRY(unescape(name, at)) : c;
    }
  }
  TRY(check_label(label, wire));
  out.push_back(std::move(label));
  return out;
}

std::string name_from_labels(std::span<const std::string> labels) {
  if (labels.empty()) return ".";
  std::string out;
  for (const std::string& label : labels) {
    if (!out.empty()) out += '.';
    append_escaped(out, label);
  }
  return out;
}

bool name_within(std::string_view name, std::string_view ancestor) {
  if (ancestor == "." || name == ancestor) return true;
  if (name.size() <= ancestor.size() + 1 || !name.ends_with(ancestor)) return false;
  size_t dot = name.size() - ancestor.size() - 1;
  if (name[dot] != '.') return false;
  size_t slashes = 0;  // an escaped dot is no separator
  while (slashes < dot && name[dot - 1 - slashes] == '\\') ++slashes;
  return slashes % 2 == 0;
}

}  // namespace ph::dns
