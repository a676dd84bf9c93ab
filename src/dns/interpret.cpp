#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "dns/codec.h"

namespace ph::dns {
namespace {

const Record* alias_of(const std::vector<Record>& records, const std::string& name) {
  for (const Record& record : records)
    if (record.type == Type::cname && record.name == name) return &record;
  return nullptr;
}

// RFC 2308 §5: the lesser of the SOA's own TTL and its minimum field.
std::optional<uint32_t> negative_ttl(const Message& m) {
  for (const Record& record : m.authority)
    if (auto* soa = std::get_if<Soa>(&record.data)) return std::min(record.ttl, soa->minimum);
  return std::nullopt;
}

std::string rcode_text(Rcode rcode) {
  switch (rcode) {
    case Rcode::no_error: return "no error";
    case Rcode::format_error: return "FORMERR";
    case Rcode::server_failure: return "SERVFAIL";
    case Rcode::name_error: return "NXDOMAIN";
    case Rcode::not_implemented: return "NOTIMP";
    case Rcode::refused: return "REFUSED";
    case Rcode::bad_version: return "BADVERS";
  }
  return fmt::format("response code {}", static_cast<unsigned>(rcode));
}

// No records of the type at the end of the chain: is that an absence, or no answer at all?
void judge_absence(const Message& m, Answer& out, std::string* unfollowed) {
  auto negative = negative_ttl(m);
  bool open_end = !out.aliases.empty() && !negative && m.rcode == Rcode::no_error;
  if (open_end && unfollowed) {
    *unfollowed = out.canonical;
    return;
  }
  out.ttl = std::min(out.ttl, negative.value_or(0));
  if (m.rcode == Rcode::name_error) {
    out.status = Status::nxdomain;
    return;
  }
  bool referral = !negative && !m.authoritative && !m.recursion_available &&
                  std::ranges::any_of(m.authority,
                                      [](const Record& r) { return r.type == Type::ns; });
  out.status = referral ? Status::servfail : Status::nodata;
  out.bare = !referral && !negative;
  if (referral) out.detail = "the server only refers to others";
}

}  // namespace

Answer interpret(const Message& m, const Question& question, std::string* unfollowed) {
  Answer out;
  out.canonical = lower(question.name);
  out.ttl = INT32_MAX;
  if (m.rcode != Rcode::no_error && m.rcode != Rcode::name_error)
    return Answer::failed(Status::servfail, "the server says " + rcode_text(m.rcode));
  while (question.type != Type::cname) {
    const Record* alias = alias_of(m.answers, out.canonical);
    if (!alias) break;
    if (out.aliases.size() >= limits::kCnameChain)
      return Answer::failed(Status::servfail, "the CNAME chain is too long or a loop");
    out.ttl = std::min(out.ttl, alias->ttl);
    out.aliases.push_back(std::move(out.canonical));
    out.canonical = std::get<Target>(alias->data).name;
  }
  for (const Record& record : m.answers) {
    bool fits = record.name == out.canonical &&
                (record.type == question.type || question.type == Type::any);
    if (!fits) continue;
    out.ttl = std::min(out.ttl, record.ttl);
    out.records.push_back(record);
  }
  if (!out.records.empty()) {
    out.status = Status::ok;
    return out;
  }
  judge_absence(m, out, unfollowed);
  return out;
}

}  // namespace ph::dns
