#include "core/domain_check.h"

#include <fmt/format.h>

#include "base/text.h"
#include "dns/domain_name.h"
#include "dns/public_suffix.h"
#include "mailauth/dkim_key_record.h"
#include "mailauth/dmarc_check.h"
#include "mailauth/spf_judge.h"
#include "net/gather.h"

namespace ph::core {
namespace {

constexpr size_t kFoundKept = 10;     // values of one record that are shown
constexpr size_t kFoundBytes = 1024;  // of each

RecordFinding finding(std::string check, std::string host, std::string type, std::string expected) {
  RecordFinding f;
  f.check = std::move(check);
  f.host = std::move(host);
  f.type = std::move(type);
  f.expected = std::move(expected);
  return f;
}

void judge(RecordFinding& f, RecordState state, std::string advice) {
  f.state = state;
  f.advice = std::move(advice);
}

void set_found(RecordFinding& f, const std::vector<std::string>& values, uint32_t ttl) {
  for (const std::string& value : values) {
    if (f.found.size() == kFoundKept) break;
    f.found.push_back(value.substr(0, kFoundBytes));
  }
  f.ttl = ttl;
}

void judge_unknown(RecordFinding& f, const dns::Answer& answer) {
  judge(f, RecordState::unknown,
        fmt::format("The DNS gave no answer ({}). Nothing is wrong yet: check again in a while.",
                    dns::status_name(answer.status)));
}

void judge_missing(RecordFinding& f) {
  judge(f, RecordState::missing,
        fmt::format("No {} record at {}. Publish the expected value there.", f.type, f.host));
}

// --- MX ---

void judge_mx(RecordFinding& f, const dns::Answer& answer, const std::string& mail_host) {
  std::vector<std::string> found;
  bool ours = false;
  for (const dns::Mx& mx : answer.exchanges()) {
    found.push_back(fmt::format("{} {}", mx.preference, mx.host.empty() ? "." : mx.host));
    ours = ours || iequals(mx.host, mail_host);
  }
  set_found(f, found, answer.ttl);
  f.secure = answer.secure;
  if (answer.temporary()) return judge_unknown(f, answer);
  if (ours) return judge(f, RecordState::ok, "Bounces come here.");
  if (found.empty()) return judge_missing(f);
  judge(f, RecordState::wrong,
        fmt::format("The MX of {} is another server. Add {} as an MX record, or use a sub-domain "
                    "for sending.",
                    f.host, mail_host));
}

net::Task<RecordFinding> check_mx(dns::Resolver& resolver, DomainWants wants, Installation in,
                                  Deadline deadline, std::string* return_path_host) {
  RecordFinding f = finding("mx", wants.name, "MX", "10 " + in.mail_host);
  dns::Answer answer = co_await resolver.query({wants.name, dns::Type::mx}, deadline);
  judge_mx(f, answer, in.mail_host);
  if (f.state == RecordState::ok || f.state == RecordState::unknown || !in.allow_customer_mx)
    co_return f;
  // The customer keeps its own MX; bounces come to bounce.D instead.
  std::string bounce = "bounce." + wants.name;
  RecordFinding other = finding("mx", bounce, "MX", "10 " + in.mail_host);
  dns::Answer second = co_await resolver.query({bounce, dns::Type::mx}, deadline);
  judge_mx(other, second, in.mail_host);
  if (other.state != RecordState::ok) co_return f;
  *return_path_host = bounce;
  other.advice = fmt::format("{} keeps its own MX; bounces come to {}.", wants.name, bounce);
  co_return other;
}

// --- SPF ---

std::string addresses_text(const std::vector<IpAddress>& addresses) {
  std::string out;
  for (const IpAddress& ip : addresses) out += (out.empty() ? "" : ", ") + ip.text();
  return out;
}

void judge_spf(RecordFinding& f, const mailauth::SpfJudgement& j, const std::string& spf_name) {
  set_found(f, j.records, j.ttl);
  f.secure = j.secure;
  std::string include = "include:" + spf_name;
  switch (j.verdict) {
    case mailauth::SpfVerdict::ok:
      return judge(f, RecordState::ok,
                   fmt::format("Our sending addresses pass ({} look-ups of 10).", j.lookups));
    case mailauth::SpfVerdict::missing:
      return judge_missing(f);
    case mailauth::SpfVerdict::several:
      return judge(f, RecordState::conflicting,
                   fmt::format("There are several SPF records; receivers take that for an error. "
                               "Keep one and put {} into it.",
                               include));
    case mailauth::SpfVerdict::invalid:
      return judge(f, RecordState::wrong,
                   fmt::format("The SPF record is not valid: {}", j.problem));
    case mailauth::SpfVerdict::too_many:
      return judge(f, RecordState::wrong,
                   fmt::format("The SPF record needs too many DNS look-ups: {}", j.problem));
    case mailauth::SpfVerdict::not_ours:
      return judge(f, RecordState::wrong,
                   fmt::format("The SPF record does not let us send{}{}. Put {} before its all.",
                               j.not_authorised.empty() ? "" : " from ",
                               addresses_text(j.not_authorised), include));
    case mailauth::SpfVerdict::unknown:
      break;
  }
  judge(f, RecordState::unknown, "The DNS gave no answer. Check again in a while.");
}

net::Task<RecordFinding> check_spf_record(dns::Resolver& resolver, DomainWants wants,
                                          Installation in, Deadline deadline) {
  RecordFinding f =
      finding("spf", wants.name, "TXT", fmt::format("v=spf1 include:{} -all", in.spf_name));
  mailauth::SpfJudgeInput input{
      .domain = wants.name, .include = in.spf_name, .addresses = in.sending_ips};
  mailauth::SpfJudgement judgement =
      co_await dns::inquire(mailauth::spf_judge_inquiry(std::move(input)), resolver, deadline);
  judge_spf(f, judgement, in.spf_name);
  co_return f;
}

// --- DKIM ---

struct WantedKey {
  std::string selector;
  std::string public_key;  // base64; empty: any
  crypto::KeyKind kind;
};

std::string dkim_text(const WantedKey& key) {
  return fmt::format("v=DKIM1; k={}; p={}", key.kind == crypto::KeyKind::rsa ? "rsa" : "ed25519",
                     key.public_key);
}

void judge_dkim(RecordFinding& f, const dns::Answer& answer, const WantedKey& key) {
  std::vector<std::string> texts = answer.texts();
  set_found(f, texts, answer.ttl);
  f.secure = answer.secure;
  if (answer.temporary()) return judge_unknown(f, answer);
  if (texts.empty()) return judge_missing(f);
  if (texts.size() > 1)  // RFC 6376 §3.6.2.2: with several records the result is undefined
    return judge(f, RecordState::conflicting,
                 "There are several TXT records at this name. Keep only the expected one.");
  auto record = mailauth::parse_dkim_key_record(texts[0]);
  if (!record)
    return judge(f, RecordState::wrong,
                 fmt::format("The DKIM record cannot be read: {}", record.error().message));
  if (record->revoked())
    return judge(f, RecordState::wrong, "The DKIM record's p= is empty: the key is revoked.");
  auto wanted = mailauth::parse_dkim_key_record(dkim_text(key));
  bool any = key.public_key.empty();
  if (!any && (!wanted || !mailauth::same_dkim_key(*record, *wanted->key)))
    return judge(f, RecordState::wrong,
                 "Another key is published at this name. Replace it by the expected value.");
  if (!record->for_sha256 || !record->for_email)
    return judge(f, RecordState::wrong,
                 "The record's h= or s= forbids our signatures. Publish the expected value.");
  judge(f, RecordState::ok,
        fmt::format("The key is published ({} bits){}.", record->bits(),
                    record->testing ? "; remove t=y, which marks it as a test" : ""));
}

net::Task<RecordFinding> check_dkim_record(dns::Resolver& resolver, std::string domain,
                                           WantedKey key, Deadline deadline) {
  std::string name = mailauth::dkim_record_name(key.selector, domain);
  RecordFinding f = finding("dkim", name, "TXT", dkim_text(key));
  f.optional = key.kind == crypto::KeyKind::ed25519;
  dns::Answer answer = co_await resolver.query({name, dns::Type::txt}, deadline);
  judge_dkim(f, answer, key);
  co_return f;
}

// --- DMARC ---

void judge_dmarc(RecordFinding& f, const mailauth::DmarcResult& d, const std::string& domain) {
  using C = mailauth::DmarcResultCode;
  if (d.result == C::temperror)
    return judge(f, RecordState::unknown, "The DNS gave no answer. Check again in a while.");
  if (d.result == C::permerror)
    return judge(f, RecordState::wrong,
                 fmt::format("The DMARC record cannot be used: {}", d.problem));
  if (!d.record) {
    if (f.found.empty()) return judge_missing(f);
    return judge(f, RecordState::wrong, "This is no DMARC record: it begins with v=DMARC1.");
  }
  if (f.found.empty()) f.found.push_back(d.record->text.substr(0, kFoundBytes));
  f.ttl = d.ttl;
  if (!d.record->usable() || !d.record->p)
    return judge(f, RecordState::wrong,
                 "The DMARC record needs a valid p= (none, quarantine or reject).");
  const char* policy = d.policy ? mailauth::dmarc_policy_name(*d.policy) : "none";
  if (!d.inherited) return judge(f, RecordState::ok, fmt::format("The policy is p={}.", policy));
  judge(
      f, RecordState::ok,
      fmt::format("Inherited from {}: its policy for {} is {}.", d.record_domain, domain, policy));
}

// RFC 9989 §4.10.1: a record of the domain itself is the one that applies, and no name above it is
// asked: whoever serves those names cannot keep a right record from being seen.
mailauth::DmarcResult own_dmarc(const std::string& text, uint32_t ttl) {
  mailauth::DmarcResult out;
  out.ttl = ttl;
  auto record = mailauth::parse_dmarc_record(text);
  if (record) {
    out.policy = record->p;
    out.record = std::move(*record);
  } else {
    out.result = mailauth::DmarcResultCode::permerror;
    out.problem = record.error().message;
  }
  return out;
}

// Nobody but a registry could have published a policy that such a domain inherits.
bool only_suffixes_above(const std::string& domain) {
  auto name = dns::DomainName::parse(domain);
  if (!name) return false;
  auto organization = dns::PublicSuffix::system().organizational_domain(*name);
  return organization && organization->text() == name->text();
}

net::Task<RecordFinding> check_dmarc_record(dns::Resolver& resolver, DomainWants wants,
                                            Deadline deadline) {
  RecordFinding f = finding("dmarc", "_dmarc." + wants.name, "TXT", "v=DMARC1; p=none");
  dns::Answer own = co_await resolver.query({f.host, dns::Type::txt}, deadline);
  set_found(f, own.texts(), own.ttl);
  f.secure = own.secure;
  if (own.temporary()) {
    judge_unknown(f, own);
    co_return f;
  }
  std::vector<std::string> records = mailauth::dmarc_records_of(own);
  if (records.size() > 1) {  // RFC 9989 §4.10: then none of them counts
    judge(f, RecordState::conflicting,
          "There are several DMARC records; receivers ignore them all. Keep one.");
    co_return f;
  }
  if (records.size() == 1) {
    judge_dmarc(f, own_dmarc(records[0], own.ttl), wants.name);
    co_return f;
  }
  mailauth::DmarcInput input{.from_domain = wants.name};
  auto inquiry = mailauth::dmarc_inquiry(std::move(input), dns::PublicSuffix::system());
  mailauth::DmarcResult result = co_await dns::inquire(std::move(inquiry), resolver, deadline);
  if (result.result == mailauth::DmarcResultCode::temperror && only_suffixes_above(wants.name))
    result = {};
  judge_dmarc(f, result, wants.name);
  co_return f;
}

WantedKey rsa_key(const DomainWants& wants) {
  return {wants.selector, wants.dkim_public, crypto::KeyKind::rsa};
}

WantedKey ed_key(const DomainWants& wants) {
  return {wants.ed_selector, wants.ed_public, crypto::KeyKind::ed25519};
}

}  // namespace

std::string_view record_state_name(RecordState state) {
  switch (state) {
    case RecordState::ok:
      return "ok";
    case RecordState::missing:
      return "missing";
    case RecordState::wrong:
      return "wrong";
    case RecordState::conflicting:
      return "conflicting";
    case RecordState::unknown:
      return "unknown";
  }
  return "unknown";
}

DnsVerdict DomainCheck::verdict() const {
  DnsVerdict out = DnsVerdict::good;
  for (const RecordFinding& f : records) {
    if (f.optional || f.state == RecordState::ok) continue;
    if (f.state != RecordState::unknown) return DnsVerdict::absent;
    out = DnsVerdict::unknown;
  }
  return out;
}

bool DomainCheck::ed25519_found() const {
  return std::ranges::any_of(records, [](const RecordFinding& f) {
    return f.optional && f.check == "dkim" && f.state == RecordState::ok;
  });
}

DomainCheck wanted_records(const DomainWants& wants, const Installation& in) {
  DomainCheck check;
  const char* kNever = "Not checked yet.";
  auto add = [&](RecordFinding f) {
    f.advice = kNever;
    check.records.push_back(std::move(f));
  };
  add(finding("mx", wants.name, "MX", "10 " + in.mail_host));
  add(finding("spf", wants.name, "TXT", fmt::format("v=spf1 include:{} -all", in.spf_name)));
  add(finding("dkim", mailauth::dkim_record_name(wants.selector, wants.name), "TXT",
              dkim_text(rsa_key(wants))));
  add(finding("dmarc", "_dmarc." + wants.name, "TXT", "v=DMARC1; p=none"));
  if (!wants.ed_public.empty()) {
    RecordFinding ed = finding("dkim", mailauth::dkim_record_name(wants.ed_selector, wants.name),
                               "TXT", dkim_text(ed_key(wants)));
    ed.optional = true;
    add(std::move(ed));
  }
  return check;
}

net::Task<DomainCheck> check_domain(dns::Resolver& resolver, Clock&, DomainWants wants,
                                    Installation in, Deadline deadline) {
  DomainCheck check;
  std::vector<net::Task<RecordFinding>> tasks;
  tasks.push_back(check_mx(resolver, wants, in, deadline, &check.return_path_host));
  tasks.push_back(check_spf_record(resolver, wants, in, deadline));
  tasks.push_back(check_dkim_record(resolver, wants.name, rsa_key(wants), deadline));
  tasks.push_back(check_dmarc_record(resolver, wants, deadline));
  if (!wants.ed_public.empty())
    tasks.push_back(check_dkim_record(resolver, wants.name, ed_key(wants), deadline));
  check.records = co_await net::gather(std::move(tasks));
  co_return check;
}

}  // namespace ph::core
