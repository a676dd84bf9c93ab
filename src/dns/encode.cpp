#include <unordered_map>

#include "dns/codec.h"
#include "dns/wire_name.h"

namespace ph::dns {
namespace {

constexpr uint16_t kClassIn = 1;
constexpr size_t kPointerReach = 0x4000;  // RFC 1035 §4.1.4: offsets of 14 bits
constexpr size_t kStringOctets = 255;     // RFC 1035 §3.3

class Writer {
 public:
  void u8(uint8_t v) { out_ += static_cast<char>(v); }
  void u16(uint16_t v) { u8(static_cast<uint8_t>(v >> 8)), u8(static_cast<uint8_t>(v)); }
  void u32(uint32_t v) { u16(static_cast<uint16_t>(v >> 16)), u16(static_cast<uint16_t>(v)); }
  void bytes(std::string_view b) { out_ += b; }
  size_t size() const { return out_.size(); }
  std::string take() { return std::move(out_); }
  void patch_u16(size_t at, uint16_t v) {
    out_[at] = static_cast<char>(v >> 8);
    out_[at + 1] = static_cast<char>(v);
  }

  Result<> name(std::string_view text) {
    auto labels = TRY(name_labels(text));
    for (size_t i = 0; i < labels.size(); ++i) {
      std::string rest = name_from_labels(std::span(labels).subspan(i));
      if (auto known = seen_.find(rest); known != seen_.end()) {
        u16(static_cast<uint16_t>(0xc000 | known->second));
        return {};
      }
      if (size() < kPointerReach) seen_.emplace(std::move(rest), size());
      u8(static_cast<uint8_t>(labels[i].size()));
      bytes(labels[i]);
    }
    u8(0);
    return {};
  }

 private:
  std::string out_;
  std::unordered_map<std::string, size_t> seen_;
};

struct DataWriter {
  Writer& w;
  Type type;

  Result<> operator()(const IpAddress& ip) const {
    if (type == Type::a && !ip.is_v4())
      return fail(Errc::invalid, "an A record holds an IPv6 address");
    std::string_view octets(reinterpret_cast<const char*>(ip.bytes().data()), 16);
    if (ip.is_v4()) {
      octets = octets.substr(0, 4);
      if (type == Type::aaaa) w.bytes({"\0\0\0\0\0\0\0\0\0\0\xff\xff", 12});
    }
    w.bytes(octets);
    return {};
  }
  Result<> operator()(const Mx& mx) const {
    w.u16(mx.preference);
    return w.name(mx.host);
  }
  Result<> operator()(const Txt& txt) const {
    for (const std::string& s : txt.strings) {
      if (s.size() > kStringOctets)
        return fail(Errc::invalid, "a TXT string is longer than 255 octets");
      w.u8(static_cast<uint8_t>(s.size()));
      w.bytes(s);
    }
    return {};
  }
  Result<> operator()(const Target& target) const { return w.name(target.name); }
  Result<> operator()(const Soa& s) const {
    TRY(w.name(s.primary));
    TRY(w.name(s.mailbox));
    for (uint32_t v : {s.serial, s.refresh, s.retry, s.expire, s.minimum}) w.u32(v);
    return {};
  }
  Result<> operator()(const Tlsa& t) const {
    w.u8(t.usage), w.u8(t.selector), w.u8(t.matching);
    w.bytes(t.data);
    return {};
  }
  Result<> operator()(const Raw& raw) const {
    w.bytes(raw.bytes);
    return {};
  }
};

Result<> write_record(Writer& w, const Record& record) {
  TRY(w.name(record.name));
  w.u16(static_cast<uint16_t>(record.type));
  w.u16(kClassIn);
  w.u32(record.ttl);
  size_t length_at = w.size();
  w.u16(0);
  TRY(std::visit(DataWriter{w, record.type}, record.data));
  size_t length = w.size() - length_at - 2;
  if (length > UINT16_MAX) return fail(Errc::invalid, "a record is longer than 65535 octets");
  w.patch_u16(length_at, static_cast<uint16_t>(length));
  return {};
}

void write_edns(Writer& w, const Edns& edns, Rcode rcode) {
  w.u8(0);  // the root
  w.u16(static_cast<uint16_t>(Type::opt));
  w.u16(edns.payload);
  w.u8(static_cast<uint8_t>(static_cast<uint16_t>(rcode) >> 4));
  w.u8(edns.version);
  w.u16(edns.dnssec_ok ? 0x8000 : 0);
  w.u16(0);  // no options
}

uint16_t flags_of(const Message& m) {
  unsigned flags = (m.response ? 0x8000u : 0u) | ((m.opcode & 0xfu) << 11) |
                   (m.authoritative ? 0x0400u : 0u) | (m.truncated ? 0x0200u : 0u) |
                   (m.recursion_desired ? 0x0100u : 0u) |
                   (m.recursion_available ? 0x0080u : 0u) | (m.authentic_data ? 0x0020u : 0u) |
                   (m.checking_disabled ? 0x0010u : 0u) |
                   (static_cast<unsigned>(m.rcode) & 0xfu);
  return static_cast<uint16_t>(flags);
}

}  // namespace

Result<std::string> encode(const Message& m, size_t most) {
  if (static_cast<unsigned>(m.rcode) > 0xf && !m.edns)
    return fail(Errc::invalid, "this response code needs EDNS");
  Writer w;
  w.u16(m.id);
  w.u16(flags_of(m));
  size_t more = m.additional.size() + (m.edns ? 1 : 0);
  for (size_t count : {m.questions.size(), m.answers.size(), m.authority.size(), more}) {
    if (count > limits::kDnsRecords) return fail(Errc::invalid, "too many records for a message");
    w.u16(static_cast<uint16_t>(count));
  }
  for (const Question& q : m.questions) {
    TRY(w.name(q.name));
    w.u16(static_cast<uint16_t>(q.type));
    w.u16(kClassIn);
  }
  for (const auto* section : {&m.answers, &m.authority, &m.additional})
    for (const Record& record : *section) TRY(write_record(w, record));
  if (m.edns) write_edns(w, *m.edns, m.rcode);
  if (w.size() <= most) return w.take();
  if (m.answers.empty() && m.authority.empty() && m.additional.empty())
    return fail(Errc::invalid, "the message does not fit");
  Message shorter = m;
  shorter.truncated = true;
  shorter.answers.clear(), shorter.authority.clear(), shorter.additional.clear();
  return encode(shorter, most);
}

}  // namespace ph::dns
