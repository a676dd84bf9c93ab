#include "dns/zone_fake.h"

#include "base/limits.h"
#include "base/text.h"
#include "dns/wire_name.h"

namespace ph::dns {

ZoneFake& ZoneFake::add(std::string_view name, Type type, RecordData data, uint32_t ttl) {
  if (auto held = name_from_text(name))
    names_[*held].sets[type].push_back({*held, type, ttl, std::move(data)});
  return *this;
}

ZoneFake& ZoneFake::add_txt(std::string_view name, std::string_view text) {
  return add(name, Type::txt, Txt::of(text));
}

ZoneFake& ZoneFake::add_address(std::string_view name, std::string_view ip) {
  auto address = IpAddress::parse(ip);
  if (!address) return *this;
  // An IPv4-mapped text is IPv4 as a value and still belongs to AAAA.
  return add(name, ip.find(':') == std::string_view::npos ? Type::a : Type::aaaa, *address);
}

ZoneFake& ZoneFake::add_mx(std::string_view name, uint16_t preference, std::string_view host) {
  auto held = name_from_text(host.empty() ? "." : host);
  return held ? add(name, Type::mx, Mx{preference, *held}) : *this;
}

ZoneFake& ZoneFake::hold(std::string_view name) {
  if (auto held = name_from_text(name)) names_[*held];
  return *this;
}

ZoneFake& ZoneFake::fail(std::string_view name, Status status) {
  if (auto held = name_from_text(name)) names_[*held].failure = status;
  return *this;
}

ZoneFake& ZoneFake::secure(std::string_view name) {
  if (auto held = name_from_text(name)) names_[*held].secure = true;
  return *this;
}

Answer ZoneFake::lookup(const Question& question) const {
  Answer out;
  out.canonical = lower(question.name);
  out.ttl = INT32_MAX;
  out.secure = true;
  while (true) {
    auto found = names_.find(out.canonical);
    if (found == names_.end()) {
      out.secure = false;
      out.status = Status::nxdomain;
      break;
    }
    const Entry& entry = found->second;
    out.secure = out.secure && entry.secure;
    if (auto set = entry.sets.find(question.type); set != entry.sets.end()) {
      out.records = set->second;
      for (const Record& record : out.records) out.ttl = std::min(out.ttl, record.ttl);
      out.status = out.records.empty() ? Status::nodata : Status::ok;
      break;
    }
    auto alias = entry.sets.find(Type::cname);
    if (alias == entry.sets.end() || alias->second.empty()) {
      out.status = entry.failure.value_or(Status::nodata);
      break;
    }
    if (out.aliases.size() >= limits::kCnameChain)
      return Answer::failed(Status::servfail, "the CNAME chain is too long or a loop");
    out.aliases.push_back(std::move(out.canonical));
    out.canonical = std::get<Target>(alias->second.front().data).name;
  }
  if (!out.ok()) out.ttl = 0;
  return out;
}

net::Task<Answer> ZoneFake::query(Question question, Deadline) { co_return lookup(question); }

}  // namespace ph::dns
