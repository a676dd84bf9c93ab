#include "mailauth/dmarc_check.h"

#include <algorithm>

#include "base/limits.h"
#include "mailauth/dmarc_walk.h"

namespace ph::mailauth {
namespace {

using dns::DomainName;
using dns::Inquiry;

struct Identifiers {
  DomainName from;
  std::vector<DomainName> dkim;
  std::optional<DomainName> spf;
};

// How two names are compared in relaxed mode: same organizational domain, by either standard.
enum class Aligned : uint8_t { no, yes, unknown };

std::optional<DomainName> parsed(const std::string& text) {
  auto name = DomainName::parse(text, dns::NameRule::owner);
  return name ? std::optional(std::move(*name)) : std::nullopt;
}

// Names that are no names align with nothing.
std::optional<Identifiers> identifiers_of(const DmarcInput& input) {
  auto from = parsed(input.from_domain);
  if (!from) return std::nullopt;
  Identifiers out{.from = std::move(*from)};
  for (const std::string& domain : input.dkim_domains) {
    if (out.dkim.size() >= limits::kDkimSignatures) break;
    if (auto name = parsed(domain)) out.dkim.push_back(std::move(*name));
  }
  out.spf = parsed(input.spf_domain);
  return out;
}

struct Applied {
  DomainName at;
  DmarcAt found;
};

// RFC 9989 §4.10.1: the From domain's own record, or that of its organizational domain, or that of
// its public suffix.
Inquiry<std::optional<Applied>> applied_record(DmarcMemo& memo, const DomainName& from,
                                               const DmarcWalk& walk) {
  std::optional<DomainName> at;
  for (const DomainName& name : walk.with_record) {
    DmarcAt found = co_await dmarc_at(memo, name);
    if (name == from || name == walk.org_domain) {
      at = name;
      break;
    }
    if (found.record.psd == DmarcPsd::yes) at = name;
  }
  if (!at) co_return std::nullopt;
  co_return Applied{*at, co_await dmarc_at(memo, *at)};
}

// RFC 9989 §4.7: sp is for subdomains that exist, np for those that do not (RFC 8020).
Inquiry<std::optional<DmarcPolicy>> policy_for(const DomainName& from, const Applied& applied,
                                               DmarcResult& out) {
  const DmarcRecord& record = applied.found.record;
  if (!record.invalid.empty()) co_return DmarcPolicy::none;
  DmarcPolicy own = record.p.value_or(DmarcPolicy::none);
  if (applied.at == from) co_return own;
  if (record.np) {
    dns::Answer answer = co_await dns::ask({from.text(), dns::Type::a});
    if (answer.status == dns::Status::nxdomain) co_return *record.np;
    if (answer.temporary()) {
      out.problem = "whether the From domain exists is not known now";
      co_return std::nullopt;
    }
  }
  co_return record.sp.value_or(own);
}

// The From domain, and what its tree walk told.
struct Author {
  DomainName domain;
  DmarcWalk walk;
};

Inquiry<Aligned> aligns(DmarcMemo& memo, const Author& author, DomainName other,
                        DmarcAlignment mode) {
  if (other == author.domain) co_return Aligned::yes;
  if (mode == DmarcAlignment::strict) co_return Aligned::no;
  if (author.walk.temporary) {  // the organizational domain is one of the names above it
    bool related = other.suffix(1) == author.domain.suffix(1);
    co_return related ? Aligned::unknown : Aligned::no;
  }
  const DomainName& org = author.walk.org_domain;
  // An organizational domain is the name itself or above it.
  if (!other.is_within(org)) co_return Aligned::no;
  DmarcWalk walk = co_await dmarc_walk(memo, std::move(other));
  if (walk.temporary) co_return Aligned::unknown;
  co_return walk.org_domain == org ? Aligned::yes : Aligned::no;
}

// Fills aligned; true when a name's alignment could not be told.
Inquiry<bool> align(DmarcMemo& memo, const Identifiers& ids, const Author& author,
                    DmarcResult& out) {
  bool unknown = false;
  for (const DomainName& domain : ids.dkim) {
    Aligned a = co_await aligns(memo, author, domain, out.record->adkim);
    out.aligned.dkim = out.aligned.dkim || a == Aligned::yes;
    unknown = unknown || a == Aligned::unknown;
  }
  if (ids.spf) {
    Aligned a = co_await aligns(memo, author, *ids.spf, out.record->aspf);
    out.aligned.spf = a == Aligned::yes;
    unknown = unknown || a == Aligned::unknown;
  }
  co_return unknown;
}

DmarcResultCode judged(const DmarcAligned& aligned) {
  return aligned.dkim || aligned.spf ? DmarcResultCode::pass : DmarcResultCode::fail;
}

Inquiry<bool> evaluate(DmarcMemo& memo, const Identifiers& ids, DmarcResult& out) {
  auto error = [&](DmarcResultCode code, std::string problem) {
    out.result = code;
    out.problem = std::move(problem);
    return false;
  };
  DmarcAt own = co_await dmarc_at(memo, ids.from);
  Author author{ids.from, co_await dmarc_walk(memo, ids.from)};
  DmarcWalk& walk = author.walk;
  bool own_record = own.find == DmarcFind::found;
  if (walk.temporary && !own_record) co_return error(DmarcResultCode::temperror, walk.problem);
  // RFC 9989 §4.10.2: beside a record of its own, names equal to the From domain or strict
  // alignment need no organizational domain; the From domain stands for it.
  if (walk.temporary) walk.org_domain = ids.from;
  out.org_domain = walk.org_domain.text();
  if (own.find == DmarcFind::invalid) co_return error(DmarcResultCode::permerror, own.problem);
  auto applied = co_await applied_record(memo, ids.from, walk);
  if (!applied) {
    out.problem = own.problem;
    co_return false;
  }
  out.record = applied->found.record;
  out.record_domain = applied->at.text();
  out.inherited = applied->at != ids.from;
  out.testing = out.record->testing;
  out.ttl = applied->found.ttl;
  if (!out.record->usable())
    co_return error(DmarcResultCode::permerror,
                    "the tag " + out.record->invalid.front() + " of the record is wrong");
  out.policy = co_await policy_for(ids.from, *applied, out);
  if (!out.policy) co_return error(DmarcResultCode::temperror, std::move(out.problem));
  bool unknown = co_await align(memo, ids, author, out);
  out.result = judged(out.aligned);
  if (unknown && out.result == DmarcResultCode::fail)
    co_return error(DmarcResultCode::temperror,
                    "the organizational domain of an authenticated domain is not known now");
  co_return true;
}

DomainName old_org(const dns::PublicSuffix& suffixes, const DomainName& name) {
  return suffixes.organizational_domain(name).value_or(name);
}

bool old_aligns(const dns::PublicSuffix& suffixes, const DomainName& from, const DomainName& other,
                DmarcAlignment mode) {
  if (mode == DmarcAlignment::strict) return from == other;
  return old_org(suffixes, from) == old_org(suffixes, other);
}

// RFC 7489 §6.6.3: the From domain's record, else its organizational domain's by suffix list. A
// record without a usable p counts only with rua.
Inquiry<DmarcOldResult> evaluate_old(DmarcMemo& memo, const Identifiers& ids,
                                     const dns::PublicSuffix& suffixes) {
  DmarcOldResult out;
  DomainName org = old_org(suffixes, ids.from);
  out.org_domain = org.text();
  DomainName at = ids.from;
  DmarcAt found = co_await dmarc_at(memo, at);
  if (found.find == DmarcFind::absent && org != ids.from) {
    at = org;
    found = co_await dmarc_at(memo, at);
  }
  if (found.find == DmarcFind::temporary) {
    out.result = DmarcResultCode::temperror;
    co_return out;
  }
  if (found.find != DmarcFind::found) co_return out;
  const DmarcRecord& record = found.record;
  out.record_domain = at.text();
  bool inherited = at != ids.from;
  std::ranges::for_each(ids.dkim, [&](const DomainName& d) {
    out.aligned.dkim = out.aligned.dkim || old_aligns(suffixes, ids.from, d, record.adkim);
  });
  out.aligned.spf = ids.spf && old_aligns(suffixes, ids.from, *ids.spf, record.aspf);
  bool wrong = !record.p || !record.invalid.empty();
  if (wrong && record.rua.empty()) {
    out.aligned = {};
    co_return out;
  }
  DmarcPolicy own = wrong ? DmarcPolicy::none : *record.p;
  out.policy = inherited && !wrong ? record.sp.value_or(own) : own;
  out.result = judged(out.aligned);
  co_return out;
}

}  // namespace

const char* dmarc_result_name(DmarcResultCode code) {
  switch (code) {
    case DmarcResultCode::none: return "none";
    case DmarcResultCode::pass: return "pass";
    case DmarcResultCode::fail: return "fail";
    case DmarcResultCode::temperror: return "temperror";
    case DmarcResultCode::permerror: return "permerror";
  }
  return "none";
}

dns::Inquiry<DmarcResult> dmarc_inquiry(DmarcInput input, const dns::PublicSuffix& suffixes) {
  DmarcResult out;
  auto ids = identifiers_of(input);
  if (!ids) {
    out.result = DmarcResultCode::permerror;
    out.problem = "the From domain is no domain name";
    co_return out;
  }
  DmarcMemo memo;
  co_await evaluate(memo, *ids, out);
  DmarcOldResult old = co_await evaluate_old(memo, *ids, suffixes);
  if (old.result != out.result || old.policy != out.policy || old.org_domain != out.org_domain)
    out.rfc7489 = std::move(old);
  co_return out;
}

net::Task<DmarcResult> check_dmarc(dns::Resolver& resolver, DmarcInput input, Deadline deadline) {
  co_return co_await dns::inquire(dmarc_inquiry(std::move(input), dns::PublicSuffix::system()),
                                  resolver, deadline);
}

}  // namespace ph::mailauth
