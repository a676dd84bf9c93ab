// The verbs check spf, check dmarc, check domain, dkim verify and dkim sign: diagnosis, with the
// JSON shapes that scripts rely on.
#include <fmt/format.h>

#include "app/config.h"
#include "base/files.h"
#include "base/text.h"
#include "cli/administration.h"
#include "cli/dns_source.h"
#include "core/domain_check.h"
#include "dns/domain_name.h"
#include "json/json.h"
#include "mailauth/dkim_sign.h"
#include "mailauth/dkim_verify.h"
#include "mailauth/dmarc_check.h"
#include "mailauth/spf_check.h"

namespace ph::cli {
namespace {

using json::Value;
using K = OptionKind;

constexpr size_t kKeyFile = 64u << 10;

// --- check spf ---

int check_spf(const Invocation& i) {
  auto ip = IpAddress::parse(i.text("ip"));
  if (!ip) return usage("--ip: " + ip.error().message);
  auto source = dns_source(i);
  if (!source) return usage(source.error().message);
  mailauth::SpfInput input{.ip = *ip,
                           .helo = i.text("helo"),
                           .mail_from = i.text("mailfrom"),
                           .now_seconds = now_of(i).seconds()};
  auto loop = net::Loop::make();
  mailauth::SpfResult result =
      ask_dns(*loop, mailauth::check_spf(**source, std::move(input), loop->in(kDiagnosisWait)));
  return print_verdict(Value::object({{"result", mailauth::spf_result_name(result.result)},
                                      {"explanation", result.explanation},
                                      {"lookups", result.lookups},
                                      {"void_lookups", result.void_lookups},
                                      {"problem", result.problem}}));
}

// --- check dmarc ---

Value policy_json(const std::optional<mailauth::DmarcPolicy>& policy) {
  return policy ? Value(mailauth::dmarc_policy_name(*policy)) : Value("none");
}

Value aligned_json(const mailauth::DmarcAligned& aligned) {
  return Value::object({{"dkim", aligned.dkim}, {"spf", aligned.spf}});
}

int check_dmarc(const Invocation& i) {
  auto source = dns_source(i);
  if (!source) return usage(source.error().message);
  mailauth::DmarcInput input{.from_domain = i.text("from"), .spf_domain = i.text("spf")};
  for (const std::string& list : i.texts("dkim"))
    for (std::string_view domain : split(list, ','))
      if (!trim(domain).empty()) input.dkim_domains.emplace_back(trim(domain));
  auto loop = net::Loop::make();
  mailauth::DmarcResult result =
      ask_dns(*loop, mailauth::check_dmarc(**source, std::move(input), loop->in(kDiagnosisWait)));
  Value out = Value::object({{"result", mailauth::dmarc_result_name(result.result)},
                             {"policy", policy_json(result.policy)},
                             {"org_domain", result.org_domain},
                             {"aligned", aligned_json(result.aligned)},
                             {"record_domain", result.record_domain},
                             {"inherited", result.inherited},
                             {"testing", result.testing},
                             {"problem", result.problem}});
  if (result.rfc7489) {
    const mailauth::DmarcOldResult& old = *result.rfc7489;
    out.set("rfc7489", Value::object({{"result", mailauth::dmarc_result_name(old.result)},
                                      {"policy", policy_json(old.policy)},
                                      {"org_domain", old.org_domain},
                                      {"aligned", aligned_json(old.aligned)}}));
  }
  return print_verdict(out);
}

// --- check domain ---

struct Judged {
  core::DomainWants wants;
  std::string state = "pending";
  std::string mail_host, spf_name;  // of a stored domain: as its records name them
};

// SEL=PUBLICKEY.
Result<Judged> wants_from_option(const std::string& domain, const std::string& option) {
  size_t equals = option.find('=');
  if (equals == std::string::npos || equals == 0)
    return fail(Errc::invalid, "--dkim is SELECTOR=PUBLICKEY");
  Judged out;
  out.wants = {.name = domain,
               .selector = option.substr(0, equals),
               .dkim_public = option.substr(equals + 1),
               .ed_selector = {},
               .ed_public = {}};
  return out;
}

std::string text_of(const Value& object, std::string_view name) {
  const Value* value = object.find(name);
  return value != nullptr && value->is_string() ? value->as_string() : std::string();
}

std::string between(const std::string& text, std::string_view begin, std::string_view end) {
  size_t from = text.find(begin);
  if (from == std::string::npos) return {};
  from += begin.size();
  return text.substr(from, text.find(end, from) - from);
}

// A stored domain says itself what it wants: selector and key stand in its DKIM record.
Result<Judged> wants_from_store(const Invocation& i, const std::string& domain) {
  Value answer = TRY(run_operation(i.global, "domain.records", Value::object({{"name", domain}})));
  const Value* result = answer.find("result");
  const Value* records = result != nullptr ? result->find("records") : nullptr;
  if (records == nullptr)
    return fail(Errc::not_found, domain + " is not stored here: give --dkim SELECTOR=PUBLICKEY");
  Judged out;
  out.wants.name = domain;
  out.state = text_of(*result, "state");
  for (const Value& record : records->as_array()) {
    std::string check = text_of(record, "check");
    std::string host = text_of(record, "host"), expected = text_of(record, "expected");
    if (check == "mx") out.mail_host = expected.substr(expected.find(' ') + 1);
    if (check == "spf") out.spf_name = between(expected, "include:", " ");
    if (check != "dkim") continue;
    std::string selector = host.substr(0, host.find("._domainkey."));
    std::string key = expected.substr(expected.find("p=") + 2);
    bool ed25519 = expected.find("k=ed25519") != std::string::npos;
    (ed25519 ? out.wants.ed_selector : out.wants.selector) = selector;
    (ed25519 ? out.wants.ed_public : out.wants.dkim_public) = key;
  }
  return out;
}

core::Installation installation_of(const app::Config& config, const Judged& judged) {
  core::Installation out;
  out.mail_host = config.mail_host.empty() ? "localhost" : config.mail_host;
  out.spf_name = config.spf_name.empty() ? "spf." + out.mail_host : config.spf_name;
  out.sending_ips = config.sending_ips;
  out.allow_customer_mx = config.allow_customer_mx;
  if (!judged.mail_host.empty()) out.mail_host = judged.mail_host;
  if (!judged.spf_name.empty()) out.spf_name = judged.spf_name;
  return out;
}

// Without a DNS of the caller's own, a stored domain is checked as `domain check` does it.
bool asks_like_the_server(const Invocation& i) {
  return !i.has("dkim") && !i.has("dns") && !i.has("dns-server");
}

int check_domain(const Invocation& i) {
  auto name = dns::DomainName::parse(i.text("domain"));
  if (!name) return usage(name.error().message);
  if (asks_like_the_server(i)) {
    auto answer = run_operation(i.global, "domain.check",
                                Value::object({{"name", name->text()}}));
    const Value* result = answer ? answer->find("result") : nullptr;
    if (result == nullptr)
      return usage(name->text() + " is not stored here: give --dkim SELECTOR=PUBLICKEY");
    return print_verdict(*result);
  }
  auto source = dns_source(i);
  if (!source) return usage(source.error().message);
  auto config = app::load_config({.file = i.global.config, .sets = i.global.sets});
  if (!config) return usage(config.error().message);
  auto judged = i.has("dkim") ? wants_from_option(name->text(), i.text("dkim"))
                              : wants_from_store(i, name->text());
  if (!judged) return usage(judged.error().message);
  auto loop = net::Loop::make();
  core::Installation installation = installation_of(*config, *judged);
  core::DomainCheck check =
      ask_dns(*loop, core::check_domain(**source, system_clock(), judged->wants, installation,
                                        loop->in(kDiagnosisWait)));
  Value out = Value::object();
  json::Value whole = core::domain_check_json(name->text(), core::DomainState::pending, check);
  out.set("domain", name->text());
  out.set("state", judged->state);
  out.set("records", *whole.find("records"));
  return print_verdict(out);
}

// --- dkim ---

mailauth::TxtAnswer txt_answer(const dns::Answer& answer) {
  using State = mailauth::TxtAnswer::State;
  if (answer.ok()) return {State::found, answer.texts()};
  return {answer.absent() ? State::none : State::temporary, {}};
}

net::Task<std::vector<mailauth::TxtAnswer>> ask_texts(dns::Resolver& resolver,
                                                      std::vector<std::string> names,
                                                      Deadline deadline) {
  std::vector<mailauth::TxtAnswer> out;
  for (const std::string& name : names)
    out.push_back(txt_answer(co_await resolver.query({name, dns::Type::txt}, deadline)));
  co_return out;
}

Value verdict_json(const mailauth::DkimVerdict& v) {
  return Value::object({{"domain", v.domain},
                        {"selector", v.selector},
                        {"algorithm", v.algorithm},
                        {"result", mailauth::dkim_result_name(v.result)},
                        {"reason", v.reason}});
}

int dkim_verify(const Invocation& i) {
  auto source = dns_source(i);
  if (!source) return usage(source.error().message);
  auto input = read_stdin();
  if (!input) return usage(input.error().message);
  std::string message = mailauth::with_crlf_line_ends(std::exchange(*input, {}));
  mailauth::DkimOptions options{.now = now_of(i)};
  if (auto bits = i.number("min-rsa-bits")) {
    if (*bits < 0 || *bits > 16384) return usage("--min-rsa-bits is 0 to 16384");
    options.min_rsa_bits = static_cast<unsigned>(*bits);
  }
  Value signatures = Value::array();
  auto verifier = mailauth::DkimVerifier::parse(message, options);
  if (!verifier)
    return print_verdict(
        Value::object({{"signatures", signatures}, {"problem", verifier.error().message}}));
  auto loop = net::Loop::make();
  auto answers = ask_dns(*loop, ask_texts(**source, verifier->names(), loop->in(kDiagnosisWait)));
  for (const mailauth::DkimVerdict& verdict : verifier->judge(answers))
    signatures.push(verdict_json(verdict));
  return print_verdict(Value::object({{"signatures", signatures}}));
}

Result<mailauth::Canonical> canonical_of(std::string_view word) {
  if (word == "relaxed") return mailauth::Canonical::relaxed;
  if (word == "simple") return mailauth::Canonical::simple;
  return fail(Errc::invalid, "--canon is relaxed or simple, or both as HEADER/BODY");
}

Result<mailauth::DkimSignRequest> sign_request(const Invocation& i) {
  std::string pem = TRY(read_file(i.text("key"), kKeyFile));
  auto domain = TRY(dns::DomainName::parse(i.text("domain")));
  std::string canon = i.text("canon", "relaxed/relaxed");
  size_t slash = canon.find('/');
  // RFC 6376 §3.5: without a second word the body is simple.
  std::string body = slash == std::string::npos ? "simple" : canon.substr(slash + 1);
  mailauth::DkimSignRequest request{.domain = domain.text(),
                                    .selector = i.text("selector"),
                                    .key = TRY(crypto::PrivateKey::from_pem(pem)),
                                    .header = TRY(canonical_of(canon.substr(0, slash))),
                                    .body = TRY(canonical_of(body)),
                                    .names = {},
                                    .time = system_clock().wall(),
                                    .expires = std::nullopt};
  if (auto time = i.number("time")) request.time = WallTime::from_seconds(*time);
  if (i.has("headers"))
    for (std::string_view name : split(i.text("headers"), ':')) request.names.emplace_back(name);
  return request;
}

int dkim_sign(const Invocation& i) {
  auto request = sign_request(i);
  if (!request) return usage(request.error().message);
  auto input = read_stdin();
  if (!input) return usage(input.error().message);
  std::string message = mailauth::with_crlf_line_ends(std::exchange(*input, {}));
  auto field = mailauth::dkim_sign(message, *request);
  if (!field) return usage(field.error().message);
  std::fwrite(field->data(), 1, field->size(), stdout);
  std::fwrite(message.data(), 1, message.size(), stdout);
  return kDone;
}

std::vector<Command> make_commands() {
  auto with_dns = [](std::vector<Option> options) {
    options.push_back(kDnsOption);
    options.push_back(kDnsServerOption);
    options.push_back(kNowOption);
    return options;
  };
  constexpr Need kMust = Need::required;
  constexpr Need kMay = Need::optional;
  return {
      {"check spf", "check_host() of RFC 7208",
       with_dns({{"ip", K::text, kMust, "client address"},
                 {"helo", K::text, kMay, "HELO name"},
                 {"mailfrom", K::text, kMay, "reverse-path; empty: HELO is checked"}}),
       check_spf},
      {"check dmarc", "policy and alignment of RFC 9989",
       with_dns({{"from", K::text, kMust, "domain of From"},
                 {"dkim", K::texts, kMay, "domains whose signatures passed, with commas"},
                 {"spf", K::text, kMay, "domain whose SPF passed"}}),
       check_dmarc},
      {"check domain", "the four records of a sender domain",
       with_dns({{"domain", K::positional, kMust, "domain name"},
                 {"dkim", K::text, kMay, "SELECTOR=PUBLICKEY; a stored domain needs none"}}),
       check_domain},
      {"dkim verify", "verifies the message on standard input",
       with_dns({{"min-rsa-bits", K::number, kMay, "shorter keys fail (1024)"}}), dkim_verify},
      {"dkim sign",
       "signs the message on standard input",
       {{"key", K::text, kMust, "PEM file"},
        {"domain", K::text, kMust, "d="},
        {"selector", K::text, kMust, "s="},
        {"canon", K::text, kMay, "relaxed/relaxed"},
        {"headers", K::text, kMay, "From:To:…; default: what Posthouse signs"},
        {"time", K::number, kMay, "t=, seconds since 1970"}},
       dkim_sign},
  };
}

}  // namespace

std::span<const Command> check_commands() {
  static const std::vector<Command> commands = make_commands();
  return commands;
}

}  // namespace ph::cli
