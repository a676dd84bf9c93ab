#include "mailauth/spf_evaluation.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "dns/domain_name.h"
#include "dns/wire_name.h"

namespace ph::mailauth {
namespace {

using dns::Answer;
using dns::Inquiry;
using dns::Question;
using dns::Type;

enum class Match : uint8_t { no, yes, temperror, permerror };
enum class Void : uint8_t { uncounted, counts };

Type address_type(const SpfEvaluation& e) { return e.input.ip.is_v4() ? Type::a : Type::aaaa; }

void stop(SpfEvaluation& e, std::string why) {
  e.stopped = true;
  if (e.out.problem.empty()) e.out.problem = std::move(why);
}

void count_lookup(SpfEvaluation& e) {
  if (++e.out.lookups > limits::kSpfLookups)
    stop(e, fmt::format("the record needs more than {} DNS look-ups", limits::kSpfLookups));
}

// RFC 7208 §4.6.4: a term's look-up that finds nothing is void, and only two may be.
Inquiry<Answer> look_up(SpfEvaluation& e, Question question, Void counting) {
  Answer answer = co_await spf_ask(e.memo, question);
  if (counting == Void::counts && answer.absent() &&
      ++e.out.void_lookups > limits::kSpfVoidLookups)
    stop(e, fmt::format("more than {} DNS look-ups of the record find nothing",
                        limits::kSpfVoidLookups));
  if (answer.temporary() && e.out.problem.empty())
    e.out.problem = fmt::format("DNS look-up of {} {} failed: {}", question.name,
                                type_name(question.type), status_name(answer.status));
  co_return answer;
}

std::optional<Match> error_of(const SpfEvaluation& e, const Answer& answer) {
  if (e.stopped) return Match::permerror;
  if (answer.temporary()) return Match::temperror;
  return std::nullopt;
}

// RFC 7208 §5.5: the names that the client's PTR records give and whose addresses confirm it.
// Whatever fails on the way is left out, nothing of it is the record's fault.
Inquiry<std::vector<std::string>> validated_names(SpfEvaluation& e, Void counting) {
  if (e.validated) co_return *e.validated;
  std::vector<std::string> names;
  auto reverse = dns::name_from_text(e.input.ip.reverse_name());
  Answer pointers = co_await look_up(e, {*reverse, Type::ptr}, counting);
  auto targets = pointers.targets();
  if (targets.size() > limits::kSpfMxAddresses) targets.resize(limits::kSpfMxAddresses);
  for (const std::string& target : targets) {
    Answer found = co_await spf_ask(e.memo, {target, address_type(e)});
    auto addresses = found.addresses();
    if (std::ranges::find(addresses, e.input.ip) != addresses.end()) names.push_back(target);
  }
  e.validated = names;
  co_return names;
}

// RFC 7208 §7.3, %{p}: the domain itself, or else a name below it, or else any.
std::string best_validated(const std::vector<std::string>& names, std::string_view domain) {
  auto held = dns::name_from_text(domain);
  if (held) {
    if (std::ranges::find(names, *held) != names.end()) return *held;
    for (const std::string& name : names)
      if (dns::name_within(name, *held)) return name;
  }
  return names.empty() ? "unknown" : names.front();
}

Inquiry<std::string> expand(SpfEvaluation& e, std::string_view text, const std::string& domain,
                            Void counting) {
  SpfMacroValues values{.ip = e.input.ip,
                        .local_part = e.local_part,
                        .sender_domain = e.sender_domain,
                        .domain = domain,
                        .helo = e.input.helo,
                        .validated_name = "unknown",
                        .receiver = e.input.receiver,
                        .now_seconds = e.input.now_seconds};
  if (spf_macro_wants_validated_name(text)) {
    if (counting == Void::counts && !e.validated) count_lookup(e);
    values.validated_name = best_validated(co_await validated_names(e, counting), domain);
  }
  co_return expand_spf_macros(text, values);
}

// The name that a domain-spec means, as raw text; the current domain where there is none.
Inquiry<std::string> target_of(SpfEvaluation& e, std::string_view spec, const std::string& domain) {
  if (spec.empty()) co_return domain;
  co_return fit_spf_domain(co_await expand(e, spec, domain, Void::counts));
}

Inquiry<Match> match_addresses(SpfEvaluation& e, std::string name, const SpfMechanism& m) {
  Answer answer = co_await look_up(e, {std::move(name), address_type(e)}, Void::counts);
  if (auto error = error_of(e, answer)) co_return *error;
  unsigned bits = e.input.ip.is_v4() ? m.v4_prefix : m.v6_prefix;
  for (const IpAddress& ip : answer.addresses())
    if (ip.is_v4() == e.input.ip.is_v4() && spf_network_contains(ip.bytes(), bits, e.input.ip))
      co_return Match::yes;
  co_return Match::no;
}

Inquiry<Match> match_mx(SpfEvaluation& e, std::string name, const SpfMechanism& m) {
  Answer answer = co_await look_up(e, {std::move(name), Type::mx}, Void::counts);
  if (auto error = error_of(e, answer)) co_return *error;
  auto hosts = answer.exchanges();
  if (hosts.size() > limits::kSpfMxAddresses) {
    stop(e, fmt::format("'{}' leads to more than {} MX hosts", m.text, limits::kSpfMxAddresses));
    co_return Match::permerror;
  }
  for (const dns::Mx& mx : hosts) {
    if (mx.host == ".") continue;  // RFC 7505: no host
    Match match = co_await match_addresses(e, mx.host, m);
    if (match != Match::no) co_return match;
  }
  co_return Match::no;
}

Inquiry<Match> match_ptr(SpfEvaluation& e, std::string name) {
  auto names = co_await validated_names(e, Void::counts);
  if (e.stopped) co_return Match::permerror;
  bool within = std::ranges::any_of(
      names, [&](const std::string& n) { return dns::name_within(n, name); });
  co_return within ? Match::yes : Match::no;
}

Inquiry<Match> match_exists(SpfEvaluation& e, std::string name) {
  // RFC 7208 §5.7: the type is A, also for an IPv6 client.
  Answer answer = co_await look_up(e, {std::move(name), Type::a}, Void::counts);
  if (auto error = error_of(e, answer)) co_return *error;
  co_return answer.ok() ? Match::yes : Match::no;
}

// RFC 7208 §5.2, the table.
Inquiry<Match> match_include(SpfEvaluation& e, std::string domain, const SpfMechanism& m) {
  SpfResultCode inner = co_await spf_check_host(e, std::move(domain), SpfExplain::no);
  switch (inner) {
    case SpfResultCode::pass:
      co_return Match::yes;
    case SpfResultCode::fail:
    case SpfResultCode::softfail:
    case SpfResultCode::neutral:
      co_return Match::no;
    case SpfResultCode::temperror:
      co_return Match::temperror;
    case SpfResultCode::none:
      stop(e, fmt::format("'{}' leads to a domain without SPF record", m.text));
      break;
    case SpfResultCode::permerror:
      break;
  }
  co_return Match::permerror;
}

Inquiry<Match> match(SpfEvaluation& e, const SpfMechanism& m, const std::string& domain) {
  const IpAddress& ip = e.input.ip;
  if (m.kind == SpfMechanismKind::all) co_return Match::yes;
  if (m.kind == SpfMechanismKind::ip4 || m.kind == SpfMechanismKind::ip6) {
    bool four = m.kind == SpfMechanismKind::ip4;
    bool within = four == ip.is_v4() &&
                  spf_network_contains(m.network, four ? m.v4_prefix : m.v6_prefix, ip);
    co_return within ? Match::yes : Match::no;
  }
  count_lookup(e);
  if (e.stopped) co_return Match::permerror;
  std::string target = co_await target_of(e, m.domain_spec, domain);
  if (e.stopped) co_return Match::permerror;
  if (m.kind == SpfMechanismKind::include)
    co_return co_await match_include(e, std::move(target), m);
  // RFC 7208 §4.3, §5: what no DNS query can hold does not exist.
  auto name = dns::name_from_text(target);
  if (!name) co_return Match::no;
  if (m.kind == SpfMechanismKind::a) co_return co_await match_addresses(e, *name, m);
  if (m.kind == SpfMechanismKind::mx) co_return co_await match_mx(e, *name, m);
  if (m.kind == SpfMechanismKind::ptr) co_return co_await match_ptr(e, *name);
  co_return co_await match_exists(e, *name);
}

// RFC 7208 §6.2: whatever goes wrong here, there is just no explanation.
Inquiry<std::string> explanation_of(SpfEvaluation& e, const std::string& spec,
                                    const std::string& domain) {
  std::string target = fit_spf_domain(co_await expand(e, spec, domain, Void::uncounted));
  auto name = dns::name_from_text(target);
  if (!name) co_return std::string();
  Answer answer = co_await spf_ask(e.memo, {*name, Type::txt});
  auto texts = answer.texts();
  bool usable = texts.size() == 1 && texts[0].size() <= limits::kSpfRecordBytes &&
                valid_spf_macro_string(texts[0], SpfMacroPlace::explanation);
  if (!usable) co_return std::string();
  std::string text = co_await expand(e, texts[0], domain, Void::uncounted);
  bool plain = std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
  co_return plain ? text : std::string();
}

Inquiry<std::optional<SpfResultCode>> try_mechanisms(SpfEvaluation& e, const SpfRecord& record,
                                                     const std::string& domain) {
  for (const SpfMechanism& m : record.mechanisms) {
    Match found = co_await match(e, m, domain);
    if (found == Match::temperror) co_return SpfResultCode::temperror;
    if (found == Match::permerror) co_return SpfResultCode::permerror;
    if (found == Match::no) continue;
    e.out.matched = m.text;
    co_return m.result;
  }
  co_return std::nullopt;
}

// RFC 7208 §6.1.
Inquiry<SpfResultCode> redirected(SpfEvaluation& e, const std::string& spec,
                                  const std::string& domain, SpfExplain explain) {
  count_lookup(e);
  if (e.stopped) co_return SpfResultCode::permerror;
  std::string target = co_await target_of(e, spec, domain);
  if (e.stopped) co_return SpfResultCode::permerror;
  SpfResultCode result = co_await spf_check_host(e, std::move(target), explain);
  if (result == SpfResultCode::none) {
    stop(e, "redirect= leads to a domain without SPF record");
    co_return SpfResultCode::permerror;
  }
  co_return result;
}

// RFC 7208 §4.3: a name that can be asked for and has more than one label.
std::optional<std::string> checkable_name(const std::string& domain) {
  std::string ascii = domain;
  if (!is_ascii(domain)) {
    auto parsed = dns::DomainName::parse(domain, dns::NameRule::owner);
    if (!parsed) return std::nullopt;
    ascii = parsed->text();
  }
  auto name = dns::name_from_text(ascii);
  if (!name || name->find('.') == std::string::npos || name->starts_with('[')) return std::nullopt;
  return std::move(*name);
}

}  // namespace

SpfEvaluation::SpfEvaluation(SpfInput given, SpfMemo& answers)
    : input(std::move(given)), memo(answers) {
  std::string sender = input.mail_from.empty() ? "postmaster@" + input.helo : input.mail_from;
  size_t at = sender.rfind('@');
  local_part = at == std::string::npos || at == 0 ? "postmaster" : sender.substr(0, at);
  sender_domain = at == std::string::npos ? sender : sender.substr(at + 1);
  if (sender_domain.ends_with('.')) sender_domain.pop_back();
  out.domain = sender_domain;
}

Inquiry<Answer> spf_ask(SpfMemo& memo, Question question) {
  if (auto known = memo.find(question); known != memo.end()) co_return known->second;
  Answer answer = co_await dns::ask(question);
  memo.emplace(std::move(question), answer);
  co_return answer;
}

Inquiry<SpfResultCode> spf_check_host(SpfEvaluation& e, std::string domain, SpfExplain explain) {
  auto name = checkable_name(domain);
  if (!name) co_return SpfResultCode::none;
  Answer answer = co_await look_up(e, {*name, Type::txt}, Void::uncounted);
  if (answer.temporary()) co_return SpfResultCode::temperror;
  auto texts = spf_records_of(answer);
  if (texts.empty()) co_return SpfResultCode::none;
  if (texts.size() > 1) {
    stop(e, fmt::format("{} has {} SPF records", domain, texts.size()));
    co_return SpfResultCode::permerror;
  }
  auto record = parse_spf_record(texts[0]);
  if (!record) {
    stop(e, fmt::format("the SPF record of {} is wrong: {}", domain, record.error().message));
    co_return SpfResultCode::permerror;
  }
  auto decided = co_await try_mechanisms(e, *record, domain);
  if (!decided && record->redirect)
    co_return co_await redirected(e, *record->redirect, domain, explain);
  SpfResultCode result = decided.value_or(SpfResultCode::neutral);
  if (result == SpfResultCode::fail && explain == SpfExplain::yes && record->explanation)
    e.out.explanation = co_await explanation_of(e, *record->explanation, domain);
  co_return result;
}

}  // namespace ph::mailauth
