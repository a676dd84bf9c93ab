#include "dns/record.h"

#include <fmt/format.h>

#include <array>

#include "base/encoding.h"
#include "base/text.h"

namespace ph::dns {
namespace {

struct NamedType {
  Type type;
  std::string_view name;
};

constexpr std::array kTypes = {
    NamedType{Type::a, "A"},         NamedType{Type::ns, "NS"},
    NamedType{Type::cname, "CNAME"}, NamedType{Type::soa, "SOA"},
    NamedType{Type::ptr, "PTR"},     NamedType{Type::mx, "MX"},
    NamedType{Type::txt, "TXT"},     NamedType{Type::aaaa, "AAAA"},
    NamedType{Type::opt, "OPT"},     NamedType{Type::rrsig, "RRSIG"},
    NamedType{Type::dnskey, "DNSKEY"}, NamedType{Type::tlsa, "TLSA"},
    NamedType{Type::any, "ANY"},
};

std::string absolute(const std::string& name) { return name == "." ? name : name + "."; }

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (char c : text) {
    auto octet = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (octet < 0x20 || octet > 0x7e) {
      out += fmt::format("\\{:03}", octet);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

struct DataText {
  std::string operator()(const IpAddress& ip) const { return ip.text(); }
  std::string operator()(const Mx& mx) const {
    return fmt::format("{} {}", mx.preference, absolute(mx.host));
  }
  std::string operator()(const Txt& txt) const {
    std::string out;
    for (const std::string& s : txt.strings) out += (out.empty() ? "" : " ") + quoted(s);
    return out;
  }
  std::string operator()(const Target& target) const { return absolute(target.name); }
  std::string operator()(const Soa& s) const {
    return fmt::format("{} {} {} {} {} {} {}", absolute(s.primary), absolute(s.mailbox), s.serial,
                       s.refresh, s.retry, s.expire, s.minimum);
  }
  std::string operator()(const Tlsa& t) const {
    return fmt::format("{} {} {} {}", t.usage, t.selector, t.matching, hex_encode(t.data));
  }
  std::string operator()(const Raw& raw) const {  // RFC 3597 §5
    return fmt::format("\\# {} {}", raw.bytes.size(), hex_encode(raw.bytes));
  }
};

}  // namespace

std::string type_name(Type type) {
  for (const NamedType& t : kTypes)
    if (t.type == type) return std::string(t.name);
  return fmt::format("TYPE{}", static_cast<unsigned>(type));
}

std::optional<Type> type_from_name(std::string_view name) {
  for (const NamedType& t : kTypes)
    if (iequals(t.name, name)) return t.type;
  return std::nullopt;
}

std::string Txt::joined() const {
  std::string out;
  for (const std::string& s : strings) out += s;
  return out;
}

Txt Txt::of(std::string_view text) {
  constexpr size_t kStringOctets = 255;  // RFC 1035 §3.3
  Txt out;
  do {
    out.strings.emplace_back(text.substr(0, kStringOctets));
    text.remove_prefix(std::min(text.size(), kStringOctets));
  } while (!text.empty());
  return out;
}

Record a_record(std::string name, const IpAddress& address, uint32_t ttl) {
  return {std::move(name), address.is_v4() ? Type::a : Type::aaaa, ttl, address};
}

Record mx_record(std::string name, Mx mx, uint32_t ttl) {
  return {std::move(name), Type::mx, ttl, std::move(mx)};
}

Record txt_record(std::string name, Txt txt, uint32_t ttl) {
  return {std::move(name), Type::txt, ttl, std::move(txt)};
}

Record cname_record(std::string name, std::string target, uint32_t ttl) {
  return {std::move(name), Type::cname, ttl, Target{std::move(target)}};
}

std::string data_text(const Record& record) { return std::visit(DataText{}, record.data); }

}  // namespace ph::dns
