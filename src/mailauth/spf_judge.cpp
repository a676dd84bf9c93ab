#include "mailauth/spf_judge.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/text.h"
#include "dns/wire_name.h"
#include "mailauth/spf_evaluation.h"

namespace ph::mailauth {
namespace {

using dns::Inquiry;

bool same_domain(std::string_view a, std::string_view b) {
  if (a.ends_with('.')) a.remove_suffix(1);
  if (b.ends_with('.')) b.remove_suffix(1);
  return iequals(a, b);
}

Inquiry<bool> count_terms(SpfMemo& memo, const SpfRecord& record, std::string_view include,
                          SpfJudgement& out);

// What include: or redirect= leads to; a name with macros cannot be followed from here.
Inquiry<bool> count_behind(SpfMemo& memo, const std::string& spec, std::string_view include,
                           SpfJudgement& out) {
  if (same_domain(spec, include)) out.includes = true;
  auto name = dns::name_from_text(spec);
  if (!name || spec.find('%') != std::string::npos || out.lookups > limits::kSpfLookups)
    co_return false;
  dns::Answer answer = co_await spf_ask(memo, {*name, dns::Type::txt});
  auto texts = spf_records_of(answer);
  if (texts.size() != 1) co_return false;
  auto record = parse_spf_record(texts[0]);
  if (!record) co_return false;
  co_return co_await count_terms(memo, *record, include, out);
}

// Every term that needs a look-up, as for a client that nothing matches.
Inquiry<bool> count_terms(SpfMemo& memo, const SpfRecord& record, std::string_view include,
                          SpfJudgement& out) {
  bool ends = false;
  for (const SpfMechanism& m : record.mechanisms) {
    if (spf_counts_as_lookup(m.kind)) ++out.lookups;
    if (m.kind == SpfMechanismKind::include)
      co_await count_behind(memo, m.domain_spec, include, out);
    ends = m.kind == SpfMechanismKind::all;
    if (ends) break;  // RFC 7208 §5.1: what follows is never tested
  }
  if (!ends && record.redirect) {
    ++out.lookups;
    co_await count_behind(memo, *record.redirect, include, out);
  }
  co_return true;
}

// One of our addresses against the record. False: the verdict is there.
Inquiry<bool> try_address(SpfMemo& memo, const SpfJudgeInput& input, const IpAddress& ip,
                          SpfJudgement& out) {
  SpfEvaluation e({.ip = ip, .helo = input.domain, .mail_from = "postmaster@" + input.domain},
                  memo);
  SpfResultCode result = co_await spf_check_host(e, input.domain, SpfExplain::no);
  if (result == SpfResultCode::pass) co_return true;
  out.not_authorised.push_back(ip);
  if (result == SpfResultCode::temperror) out.verdict = SpfVerdict::unknown;
  if (result == SpfResultCode::permerror) {
    bool limit = e.out.lookups > limits::kSpfLookups ||
                 e.out.void_lookups > limits::kSpfVoidLookups;
    out.verdict = limit ? SpfVerdict::too_many : SpfVerdict::invalid;
  }
  bool error = result == SpfResultCode::temperror || result == SpfResultCode::permerror;
  if (error) out.problem = e.out.problem;
  co_return !error;
}

Inquiry<bool> judge_record(SpfMemo& memo, const SpfJudgeInput& input, SpfJudgement& out) {
  auto record = parse_spf_record(out.records[0]);
  if (!record) {
    out.verdict = SpfVerdict::invalid;
    out.problem = record.error().message;
    co_return false;
  }
  co_await count_terms(memo, *record, input.include, out);
  for (const IpAddress& ip : input.addresses)
    if (!co_await try_address(memo, input, ip, out)) co_return false;
  bool ours = input.addresses.empty() ? out.includes : out.not_authorised.empty();
  if (out.lookups > limits::kSpfLookups) {
    out.verdict = SpfVerdict::too_many;
    out.problem = fmt::format("the record needs more than {} DNS look-ups", limits::kSpfLookups);
  } else {
    out.verdict = ours ? SpfVerdict::ok : SpfVerdict::not_ours;
    if (!ours) out.problem = "mail from our addresses would not pass";
  }
  co_return true;
}

}  // namespace

dns::Inquiry<SpfJudgement> spf_judge_inquiry(SpfJudgeInput input) {
  SpfJudgement out;
  SpfMemo memo;
  auto name = dns::name_from_text(input.domain);
  if (!name) {
    out.verdict = SpfVerdict::missing;
    out.problem = name.error().message;
    co_return out;
  }
  dns::Answer answer = co_await spf_ask(memo, {*name, dns::Type::txt});
  out.ttl = answer.ttl;
  out.secure = answer.secure;
  out.records = spf_records_of(answer);
  if (answer.temporary()) {
    out.verdict = SpfVerdict::unknown;
    out.problem = fmt::format("DNS look-up failed: {}", status_name(answer.status));
  } else if (out.records.empty()) {
    out.verdict = SpfVerdict::missing;
    out.problem = "there is no SPF record";
  } else if (out.records.size() > 1) {
    out.verdict = SpfVerdict::several;
    out.problem = fmt::format("there are {} SPF records; only one may be", out.records.size());
  } else {
    co_await judge_record(memo, input, out);
  }
  co_return out;
}

}  // namespace ph::mailauth
