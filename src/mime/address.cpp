#include "mime/address.h"

#include <array>

#include "base/limits.h"
#include "base/text.h"
#include "mime/address_scan.h"
#include "mime/encoded_word.h"

namespace ph::mime {
namespace {

// The groups of an IPv6 address by RFC 5321 §4.1.3, which is narrower than RFC 4291: "::" stands
// for two groups at least.
struct Groups {
  size_t count = 0;  // 16-bit groups written
  bool compressed = false;
  bool valid = true;
};

Groups count_groups(std::string_view text) {
  Groups groups;
  if (text.ends_with(':') && !text.ends_with("::")) return {.valid = false};
  if (text.starts_with(':') && !text.starts_with("::")) return {.valid = false};
  if (size_t at = text.find("::"); at != std::string_view::npos) {
    groups.compressed = true;
    if (text.find("::", at + 1) != std::string_view::npos) return {.valid = false};
  }
  for (std::string_view piece : split(text, ':')) {
    if (piece.empty()) continue;
    ++groups.count;
    if (piece.size() > 4 || !parse_number<uint32_t>(piece, 16)) groups.valid = false;
  }
  return groups;
}

bool is_snum_address(std::string_view text) {
  auto pieces = split(text, '.');
  if (pieces.size() != 4) return false;
  for (std::string_view piece : pieces) {
    auto number = parse_number<unsigned>(piece);
    if (!number || piece.size() > 3 || *number > 255) return false;
  }
  return true;
}

std::optional<IpAddress> parse_v4_literal(std::string_view text) {
  if (!is_snum_address(text)) return std::nullopt;
  uint32_t value = 0;
  for (std::string_view piece : split(text, '.'))
    value = value << 8 | parse_number<uint32_t>(piece).value_or(0);
  return IpAddress::v4(value);
}

std::optional<IpAddress> parse_v6_literal(std::string_view text) {
  size_t most = 8;
  std::string_view groups_text = text;
  if (size_t dot = text.find('.'); dot != std::string_view::npos) {
    size_t colon = text.rfind(':');
    if (colon == std::string_view::npos || !is_snum_address(text.substr(colon + 1)))
      return std::nullopt;
    most = 6;
    groups_text = text.substr(0, colon);
    if (groups_text.ends_with(':') || groups_text.empty()) groups_text = text.substr(0, colon + 1);
  }
  Groups groups = count_groups(groups_text);
  if (!groups.valid) return std::nullopt;
  if (groups.compressed ? groups.count > most - 2 : groups.count != most) return std::nullopt;
  auto address = IpAddress::parse(text);
  if (!address) return std::nullopt;
  return *address;
}

Result<> check_label(std::string_view label) {
  if (label.empty()) return fail(Errc::invalid, "the domain has an empty label");
  if (label.front() == '-' || label.back() == '-')
    return fail(Errc::invalid, "a label of the domain begins or ends with a hyphen");
  if (is_ascii(label) && label.size() > limits::kLabel)
    return fail(Errc::limit, "a label of the domain is longer than 63 characters");
  for (char c : label) {
    if (!is_alnum(c) && c != '-' && static_cast<uint8_t>(c) < 0x80)
      return fail(Errc::invalid, "the domain has a character that no domain name has");
  }
  // Full stops that IDNA maps to "." would make two readers see two domains.
  for (std::string_view dot : {"\u3002", "\uff0e", "\uff61"}) {
    if (label.find(dot) != std::string_view::npos)
      return fail(Errc::invalid, "the domain has a full stop that is not an ASCII dot");
  }
  return {};
}

Result<> check_local(std::string_view local) {
  if (quote_local(local).size() > limits::kLocalPart)
    return fail(Errc::limit, "the local part is longer than 64 octets");
  if (!is_utf8(local) || has_control(local))
    return fail(Errc::invalid, "the local part has a control character or is not UTF-8");
  if (has_encoded_word(local))
    return fail(Errc::invalid, "the local part holds an encoded-word, which only names may");
  return {};
}

}  // namespace

std::string quote_local(std::string_view local) {
  if (is_dot_atom(local)) return std::string(local);
  std::string out = "\"";
  for (char c : local) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out += '"';
}

std::string Mailbox::address() const {
  return quote_local(local) + "@" + domain;
}

bool needs_smtputf8(const Mailbox& mailbox) {
  return mailbox.ascii.empty() && !(is_ascii(mailbox.local) && is_ascii(mailbox.domain));
}

void set_ascii_domain(Mailbox& mailbox, std::string_view a_labels) {
  mailbox.domain = lower(a_labels);
  constexpr std::string_view kV6 = "[IPv6:";  // RFC 5321 §4.1.3 writes it so
  if (istarts_with(mailbox.domain, kV6)) mailbox.domain.replace(0, kV6.size(), kV6);
  mailbox.ascii.clear();
  if (is_ascii(mailbox.local) && is_ascii(mailbox.domain)) mailbox.ascii = mailbox.address();
}

std::optional<IpAddress> literal_address(std::string_view domain) {
  if (domain.size() < 2 || !domain.starts_with('[') || !domain.ends_with(']')) return std::nullopt;
  std::string_view inside = domain.substr(1, domain.size() - 2);
  if (istarts_with(inside, "IPv6:")) return parse_v6_literal(inside.substr(5));
  return parse_v4_literal(inside);
}

Result<> check_domain(std::string_view domain) {
  if (domain.empty()) return fail(Errc::invalid, "the domain is missing");
  if (domain.size() > limits::kDomain)
    return fail(Errc::limit, "the domain is longer than 255 octets");
  if (domain.front() == '[') {
    if (literal_address(domain)) return {};
    return fail(Errc::invalid, "the address literal is not [1.2.3.4] or [IPv6:…]");
  }
  if (domain.size() > limits::kDomain - 2)  // a length octet in front, the root label behind
    return fail(Errc::limit, "the domain is longer than 253 octets");
  if (!is_utf8(domain) || has_control(domain))
    return fail(Errc::invalid, "the domain has a control character or is not UTF-8");
  for (std::string_view label : split(domain, '.')) TRY(check_label(label));
  return {};
}

Result<> check_mailbox(const Mailbox& mailbox) {
  if (!is_utf8(mailbox.name) || has_control(mailbox.name))
    return fail(Errc::invalid, "the name has a control character or is not UTF-8");
  if (mailbox.name.size() > limits::kDisplayName)
    return fail(Errc::limit, "the name is longer than 512 octets");
  TRY(check_local(mailbox.local));
  TRY(check_domain(mailbox.domain));
  if (mailbox.address().size() > limits::kPath - 2)
    return fail(Errc::limit, "the address is longer than 254 octets");
  // Who fills `ascii` may change the domain's form, nothing else.
  if (mailbox.ascii.empty()) return {};
  std::string front = quote_local(mailbox.local) + "@";
  if (!is_ascii(mailbox.ascii) || !mailbox.ascii.starts_with(front))
    return fail(Errc::invalid, "the ASCII form is another address");
  return check_domain(std::string_view(mailbox.ascii).substr(front.size()));
}

Result<Mailbox> make_mailbox(std::string_view name, std::string_view local,
                             std::string_view domain) {
  Mailbox mailbox{
      .name = std::string(name), .local = std::string(local), .domain = {}, .ascii = {}};
  set_ascii_domain(mailbox, domain);
  TRY(check_mailbox(mailbox));
  return mailbox;
}

}  // namespace ph::mime
