#include <fmt/format.h>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/text.h"
#include "dns/wire_name.h"
#include "dns/zone_fake.h"
#include "json/json.h"

namespace ph::dns {
namespace {

using json::Reader;

Result<std::string> read_name(const Reader& at) {
  std::string text = TRY(at.string(limits::kDomain));
  auto name = name_from_text(text.empty() ? "." : text);
  if (!name) return at.error(name.error().message);
  return *name;
}

Result<RecordData> read_txt(const Reader& at) {
  if (at.value().is_string()) return Txt::of(TRY(at.string(limits::kDnsMessage)));
  Txt txt;
  for (const Reader& piece : TRY(at.items(limits::kDnsRecords)))
    txt.strings.push_back(TRY(piece.string(limits::kDnsMessage)));
  return txt;
}

Result<RecordData> read_mx(const Reader& at) {
  auto pair = TRY(at.items(2));
  if (pair.size() != 2) return at.error("an MX record is [preference, host]");
  auto preference = static_cast<uint16_t>(TRY(pair[0].integer(0, UINT16_MAX)));
  return Mx{preference, TRY(read_name(pair[1]))};
}

Result<RecordData> read_address(const Reader& at, Type type) {
  std::string text = TRY(at.string(limits::kDomain));
  auto ip = IpAddress::parse(text);
  bool six = text.find(':') != std::string::npos;
  if (!ip || six != (type == Type::aaaa)) return at.error("not an address of this type");
  return *ip;
}

// "3 1 1 HEX"; white space inside the octets is allowed.
Result<RecordData> read_tlsa(const Reader& at) {
  std::string text = TRY(at.string(limits::kDnsMessage));
  std::vector<std::string_view> words;
  for (std::string_view word : split(text, ' '))
    if (!word.empty()) words.push_back(word);
  if (words.size() < 4) return at.error("a TLSA record is \"usage selector matching hex\"");
  Tlsa tlsa;
  uint8_t* numbers[] = {&tlsa.usage, &tlsa.selector, &tlsa.matching};
  for (size_t i = 0; i < 3; ++i) {
    auto number = parse_number<uint8_t>(words[i]);
    if (!number) return at.error("a TLSA number is 0 to 255");
    *numbers[i] = *number;
  }
  std::string hex;
  for (size_t i = 3; i < words.size(); ++i) hex += words[i];
  auto data = hex_decode(lower(hex));
  if (!data) return at.error("the TLSA data is not hexadecimal");
  tlsa.data = std::move(*data);
  return tlsa;
}

Result<RecordData> read_data(const Reader& at, Type type) {
  switch (type) {
    case Type::a:
    case Type::aaaa:
      return read_address(at, type);
    case Type::mx:
      return read_mx(at);
    case Type::txt:
      return read_txt(at);
    case Type::ns:
    case Type::cname:
    case Type::ptr:
      return Target{TRY(read_name(at))};
    case Type::tlsa:
      return read_tlsa(at);
    case Type::soa:
    case Type::opt:
    case Type::rrsig:
    case Type::dnskey:
    case Type::any:
      break;
  }
  return at.error("this record type cannot be given here");
}

Result<> read_failure(const Reader& at, std::string_view name, ZoneFake& zone) {
  std::string word = upper(TRY(at.string(limits::kLabel)));
  Status status = Status::nxdomain;
  if (word == "SERVFAIL") {
    status = Status::servfail;
  } else if (word == "TIMEOUT") {
    status = Status::timeout;
  } else if (word != "NXDOMAIN") {
    return at.error("must be an object, \"SERVFAIL\", \"TIMEOUT\" or \"NXDOMAIN\"");
  }
  zone.fail(name, status);
  return {};
}

Result<> read_entry(const Reader& at, std::string_view name, ZoneFake& zone) {
  if (at.value().is_string()) return read_failure(at, name, zone);
  if (!at.value().is_object()) return at.error("must be an object or a word");
  zone.hold(name);
  for (const json::Member& member : at.value().as_object()) {
    Reader set(member.value, at.path() + "." + member.name);
    auto type = type_from_name(member.name);
    if (!type) return set.error("an unknown record type");
    for (const Reader& item : TRY(set.items(limits::kDnsRecords)))
      zone.add(name, *type, TRY(read_data(item, *type)));
  }
  return {};
}

}  // namespace

Result<ZoneFake> ZoneFake::from_json(std::string_view text) {
  json::Value document = TRY(json::parse(text, limits::kDnsFileBytes));
  Reader root(document);
  if (!document.is_object()) return root.error("a DNS file is one JSON object");
  ZoneFake zone;
  for (const json::Member& member : document.as_object()) {
    Reader at(member.value, member.name);
    if (!name_from_text(member.name)) return at.error("not a domain name");
    TRY(read_entry(at, member.name, zone));
  }
  return zone;
}

}  // namespace ph::dns
