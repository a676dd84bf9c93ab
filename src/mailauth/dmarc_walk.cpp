#include "mailauth/dmarc_walk.h"

#include <fmt/format.h>

#include "base/limits.h"

namespace ph::mailauth {

using dns::DomainName;
using dns::Inquiry;

Inquiry<DmarcAt> dmarc_at(DmarcMemo& memo, DomainName name) {
  if (auto known = memo.find(name); known != memo.end()) co_return known->second;
  DmarcAt out;
  std::string owner = "_dmarc." + name.text();
  // A name with no room for the label _dmarc can have no record.
  if (owner.size() <= limits::kDomain - 2) {
    dns::Answer answer = co_await dns::ask({owner, dns::Type::txt});
    auto texts = dmarc_records_of(answer);
    out.ttl = answer.ttl;
    if (answer.temporary()) {
      out.find = DmarcFind::temporary;
      out.problem = fmt::format("DNS look-up of {} failed: {}", owner, status_name(answer.status));
    } else if (texts.size() > 1) {  // RFC 9989 §4.10 step 2: then all are discarded
      out.problem = fmt::format("{} has {} DMARC records", owner, texts.size());
    } else if (texts.size() == 1) {
      auto record = parse_dmarc_record(texts[0]);
      out.find = record ? DmarcFind::found : DmarcFind::invalid;
      if (record) {
        out.record = std::move(*record);
      } else {
        out.problem = fmt::format("the record at {} is wrong: {}", owner, record.error().message);
      }
    }
  }
  memo.emplace(std::move(name), out);
  co_return out;
}

std::vector<DomainName> dmarc_walk_names(const DomainName& start) {
  std::vector<DomainName> out{start};
  size_t labels = start.label_count();
  // RFC 9989 §4.10 step 4: from eight labels on, the second name asked has seven.
  size_t next = labels < limits::kDmarcTreeQueries ? labels - 1 : limits::kDmarcTreeQueries - 1;
  for (; next > 0 && labels > 0; --next) out.push_back(start.suffix(next));
  return out;
}

Inquiry<DmarcWalk> dmarc_walk(DmarcMemo& memo, DomainName start) {
  DmarcWalk out;
  out.org_domain = start;
  for (const DomainName& name : dmarc_walk_names(start)) {
    DmarcAt at = co_await dmarc_at(memo, name);
    if (at.find == DmarcFind::temporary) {
      out.temporary = true;
      out.problem = at.problem;
      co_return out;
    }
    if (at.find != DmarcFind::found) continue;
    out.with_record.push_back(name);
    // RFC 9989 §4.10.2: psd=n is the organizational domain itself, psd=y the domain above it,
    // and otherwise the name with the fewest labels, which is the last that is found.
    out.org_domain = name;
    if (at.record.psd == DmarcPsd::yes && name != start)
      out.org_domain = start.suffix(name.label_count() + 1);
    if (at.record.psd != DmarcPsd::unknown) co_return out;
  }
  co_return out;
}

}  // namespace ph::mailauth
