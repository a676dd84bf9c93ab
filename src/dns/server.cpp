#include "dns/server.h"

#include <algorithm>

#include "base/text.h"
#include "dns/codec.h"

namespace ph::dns {
namespace {

constexpr size_t kHeaderOctets = 12;
constexpr size_t kPlainUdp = 512;  // RFC 1035 §4.2.1
constexpr uint8_t kResponseBit = 0x80;

// A header that only says what is wrong with the query, for one that cannot be read.
std::string refuse_unread(std::string_view query, Rcode rcode) {
  std::string out(kHeaderOctets, '\0');
  out[0] = query[0], out[1] = query[1];
  out[2] = static_cast<char>(kResponseBit | (query[2] & 0x79));  // opcode and RD come back
  out[3] = static_cast<char>(rcode);
  return out;
}

std::shared_ptr<Zone> zone_of(std::span<const std::shared_ptr<Zone>> zones,
                              const std::string& name) {
  std::shared_ptr<Zone> best;
  for (const auto& zone : zones)
    if (zone->holds(name) && (!best || zone->origin().size() > best->origin().size())) best = zone;
  return best;
}

// RFC 1034 §4.3.2, without delegations and wildcards.
void answer_from(const Zone& zone, const Question& asked, Message& out) {
  Question question{lower(asked.name), asked.type};
  for (unsigned step = 0; step <= limits::kCnameChain; ++step) {
    ZoneFind found = zone.find(question);
    bool alias = !found.records.empty() && found.records.front().type == Type::cname &&
                 question.type != Type::cname && question.type != Type::any;
    if (found.status != Status::ok) {
      if (found.status == Status::nxdomain) out.rcode = Rcode::name_error;
      Record soa = zone.soa();
      soa.ttl = std::min(soa.ttl, std::get<Soa>(soa.data).minimum);  // RFC 2308 §3
      out.authority.push_back(std::move(soa));
      return;
    }
    std::ranges::move(found.records, std::back_inserter(out.answers));
    if (!alias) return;
    question.name = std::get<Target>(out.answers.back().data).name;
    if (!zone.holds(question.name)) return;
  }
}

void fill(std::span<const std::shared_ptr<Zone>> zones, const Message& query, Message& out) {
  if (query.edns) out.edns = Edns{};
  if (query.opcode != 0) {
    out.rcode = Rcode::not_implemented;
  } else if (query.edns && query.edns->version != 0) {
    out.rcode = Rcode::bad_version;  // RFC 6891 §6.1.3
  } else if (query.questions.size() != 1) {
    out.rcode = Rcode::format_error;
  } else if (auto zone = zone_of(zones, lower(query.questions[0].name))) {
    out.authoritative = true;
    answer_from(*zone, query.questions[0], out);
  } else {
    out.rcode = Rcode::refused;
  }
}

}  // namespace

std::optional<std::string> respond(std::span<const std::shared_ptr<Zone>> zones,
                                   std::string_view query, Transport transport) {
  if (query.size() < kHeaderOctets) return std::nullopt;
  if (static_cast<uint8_t>(query[2]) & kResponseBit) return std::nullopt;
  auto asked = decode(query);
  if (!asked) return refuse_unread(query, Rcode::format_error);
  Message out;
  out.id = asked->id;
  out.response = true;
  out.opcode = asked->opcode;
  out.recursion_desired = asked->recursion_desired;
  out.questions = asked->questions;
  fill(zones, *asked, out);
  size_t room = limits::kDnsMessage;
  if (transport == Transport::udp)
    room = asked->edns ? std::clamp<size_t>(asked->edns->payload, kPlainUdp,
                                            limits::kDnsUdpPayload)
                       : kPlainUdp;
  auto bytes = encode(out, room);
  return bytes ? std::move(*bytes) : refuse_unread(query, Rcode::server_failure);
}

}  // namespace ph::dns
