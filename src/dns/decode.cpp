#include <array>

#include "base/text.h"
#include "dns/codec.h"
#include "dns/wire_name.h"

namespace ph::dns {
namespace {

constexpr uint16_t kClassIn = 1;
constexpr size_t kHeaderOctets = 12;
constexpr unsigned kPointerMark = 0xc0;

std::unexpected<Error> bad(std::string_view why) {
  return fail(Errc::invalid, std::string(why));
}

enum class Case : uint8_t { kept, folded };

class Reader {
 public:
  explicit Reader(std::string_view packet) : packet_(packet), end_(packet.size()) {}

  Result<uint8_t> u8() {
    if (at_ >= end_) return bad("the packet ends too early");
    return static_cast<uint8_t>(packet_[at_++]);
  }
  Result<uint16_t> u16() {
    unsigned high = TRY(u8());
    return static_cast<uint16_t>(high << 8 | TRY(u8()));
  }
  Result<uint32_t> u32() {
    uint32_t high = TRY(u16());
    return high << 16 | TRY(u16());
  }
  Result<std::string_view> bytes(size_t count) {
    if (end_ - at_ < count) return bad("the packet ends too early");
    std::string_view out = packet_.substr(at_, count);
    at_ += count;
    return out;
  }
  std::string_view rest() {
    std::string_view out = packet_.substr(at_, end_ - at_);
    at_ = end_;
    return out;
  }
  size_t left() const { return end_ - at_; }

  // Everything until `narrow`'s end is read as one record's data.
  struct Span {
    size_t end;
  };
  Result<Span> narrow(size_t count) {
    if (end_ - at_ < count) return bad("a record is longer than the packet");
    Span outer{end_};
    end_ = at_ + count;
    return outer;
  }
  Result<> widen(Span outer) {
    if (at_ != end_) return bad("a record's data is longer than its type allows");
    end_ = outer.end;
    return {};
  }

  // RFC 1035 §4.1.4. Every pointer must lead further back than all before it, which ends loops.
  Result<std::string> name(Case wanted) {
    std::vector<std::string> labels;
    size_t wire = 1, pos = at_, limit = at_;
    unsigned jumps = 0;
    bool jumped = false;
    while (true) {
      // Before a jump the name ends inside its record, after it anywhere in front.
      size_t border = jumped ? packet_.size() : end_;
      if (pos >= border) return bad("a name ends too early");
      unsigned octet = static_cast<uint8_t>(packet_[pos]);
      if ((octet & kPointerMark) == kPointerMark) {
        if (pos + 1 >= border) return bad("a name ends too early");
        size_t target = (octet & 0x3fu) << 8 | static_cast<uint8_t>(packet_[pos + 1]);
        if (!jumped) at_ = pos + 2;
        jumped = true;
        if (target >= limit || target < kHeaderOctets) return bad("a compression pointer loops");
        if (++jumps > limits::kDnsPointers) return bad("a name has too many compression pointers");
        pos = limit = target;
        continue;
      }
      if (octet & kPointerMark) return bad("a label has an unknown type");
      ++pos;
      if (octet == 0) break;
      if (border - pos < octet) return bad("a name ends too early");
      wire += octet + 1;
      if (wire > limits::kDomain) return bad("a name is longer than 255 octets");
      std::string_view label = packet_.substr(pos, octet);
      labels.push_back(wanted == Case::folded ? lower(label) : std::string(label));
      pos += octet;
    }
    if (!jumped) at_ = pos;
    return name_from_labels(labels);
  }

 private:
  std::string_view packet_;
  size_t at_ = 0;
  size_t end_;
};

Result<RecordData> read_txt(Reader& r) {
  Txt txt;
  while (r.left() > 0) {
    size_t length = TRY(r.u8());
    txt.strings.emplace_back(TRY(r.bytes(length)));
  }
  return txt;
}

Result<RecordData> read_soa(Reader& r) {
  Soa soa;
  soa.primary = TRY(r.name(Case::folded));
  soa.mailbox = TRY(r.name(Case::folded));
  for (uint32_t* field : {&soa.serial, &soa.refresh, &soa.retry, &soa.expire, &soa.minimum})
    *field = TRY(r.u32());
  return soa;
}

Result<RecordData> read_tlsa(Reader& r) {
  Tlsa tlsa;
  tlsa.usage = TRY(r.u8());
  tlsa.selector = TRY(r.u8());
  tlsa.matching = TRY(r.u8());
  tlsa.data = r.rest();
  return tlsa;
}

Result<RecordData> read_aaaa(Reader& r) {
  std::array<uint8_t, 16> octets;
  for (uint8_t& octet : octets) octet = TRY(r.u8());
  return IpAddress::v6(octets);
}

Result<RecordData> read_data(Reader& r, Type type) {
  switch (type) {
    case Type::a:
      return IpAddress::v4(TRY(r.u32()));
    case Type::aaaa:
      return read_aaaa(r);
    case Type::mx: {
      uint16_t preference = TRY(r.u16());
      return Mx{preference, TRY(r.name(Case::folded))};
    }
    case Type::txt:
      return read_txt(r);
    case Type::ns:
    case Type::cname:
    case Type::ptr:
      return Target{TRY(r.name(Case::folded))};
    case Type::soa:
      return read_soa(r);
    case Type::tlsa:
      return read_tlsa(r);
    case Type::opt:
    case Type::rrsig:
    case Type::dnskey:
    case Type::any:
      break;
  }
  return Raw{std::string(r.rest())};
}

// RFC 6891 §6.1.2: the class is the payload size, the TTL holds code, version and DO.
Result<> read_edns(Reader& r, Message& m, std::string_view owner, uint16_t size, uint32_t ttl) {
  if (m.edns) return bad("the packet has two OPT records");
  if (owner != ".") return bad("an OPT record does not belong to the root");
  m.edns = Edns{size, static_cast<uint8_t>(ttl >> 16), (ttl & 0x8000) != 0};
  unsigned code = static_cast<unsigned>(m.rcode) | (ttl >> 24) << 4;
  m.rcode = static_cast<Rcode>(code);
  r.rest();
  return {};
}

enum class Section : uint8_t { answer, authority, additional };

Result<> read_record(Reader& r, Message& m, Section section) {
  Record record;
  record.name = TRY(r.name(Case::folded));
  record.type = static_cast<Type>(TRY(r.u16()));
  uint16_t klass = TRY(r.u16());
  uint32_t ttl = TRY(r.u32());
  size_t length = TRY(r.u16());
  auto outer = TRY(r.narrow(length));
  if (record.type == Type::opt && section == Section::additional) {
    TRY(read_edns(r, m, record.name, klass, ttl));
    return r.widen(outer);
  }
  record.ttl = ttl > INT32_MAX ? 0 : ttl;  // RFC 2181 §8
  if (klass != kClassIn) {
    r.rest();
    return r.widen(outer);  // other classes are nobody's business here (TSIG is class ANY)
  }
  record.data = TRY(read_data(r, record.type));
  TRY(r.widen(outer));
  auto& list = section == Section::answer      ? m.answers
               : section == Section::authority ? m.authority
                                               : m.additional;
  list.push_back(std::move(record));
  return {};
}

Result<Question> read_question(Reader& r) {
  Question q;
  q.name = TRY(r.name(Case::kept));
  q.type = static_cast<Type>(TRY(r.u16()));
  if (TRY(r.u16()) != kClassIn) return bad("the question is not of class IN");
  return q;
}

void read_flags(Message& m, unsigned flags) {
  m.response = flags & 0x8000;
  m.opcode = static_cast<uint8_t>(flags >> 11 & 0xf);
  m.authoritative = flags & 0x0400;
  m.truncated = flags & 0x0200;
  m.recursion_desired = flags & 0x0100;
  m.recursion_available = flags & 0x0080;
  m.authentic_data = flags & 0x0020;
  m.checking_disabled = flags & 0x0010;
  m.rcode = static_cast<Rcode>(flags & 0xf);
}

}  // namespace

Result<Message> decode(std::string_view packet) {
  if (packet.size() > limits::kDnsMessage) return bad("the packet is longer than 65535 octets");
  Reader r(packet);
  Message m;
  m.id = TRY(r.u16());
  read_flags(m, TRY(r.u16()));
  std::array<uint16_t, 4> counts;
  unsigned total = 0;
  for (uint16_t& count : counts) total += count = TRY(r.u16());
  if (total > limits::kDnsRecords) return bad("the packet has too many records");
  for (unsigned i = 0; i < counts[0]; ++i) m.questions.push_back(TRY(read_question(r)));
  constexpr std::array kSections = {Section::answer, Section::authority, Section::additional};
  for (size_t s = 0; s < kSections.size(); ++s)
    for (unsigned i = 0; i < counts[s + 1]; ++i) TRY(read_record(r, m, kSections[s]));
  if (r.left() != 0) return bad("octets follow the packet's last record");
  return m;
}

}  // namespace ph::dns
