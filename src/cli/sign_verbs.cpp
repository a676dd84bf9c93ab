// The verb sign verify: whether a stored HTTP request was signed with a secret.
#include "base/files.h"
#include "cli/dns_source.h"
#include "cli/request_file.h"
#include "httpauth/sigv4.h"
#include "httpauth/tc3.h"
#include "json/json.h"

namespace ph::cli {
namespace {

using json::Value;
using K = OptionKind;

// A stored request is old: its age counts only where --now says what time it is.
struct Check {
  net::HttpRequest request;
  std::string secret;
  std::optional<WallTime> now;
};

template <class Claim>
std::string why_not(const Check& check, const Claim& claim) {
  if (!httpauth::matches(check.request, claim, check.secret))
    return "the signature is not that of this request and this secret";
  if (check.now && !httpauth::fresh(claim, *check.now)) return "the signature has expired";
  return {};
}

std::string why_not_tc3(const Check& check) {
  auto claim = httpauth::read_tc3(check.request);
  return claim ? why_not(check, *claim) : httpauth::tc3_fault_name(claim.error());
}

std::string why_not_sigv4(const Check& check) {
  auto claim = httpauth::read_sigv4(check.request);
  return claim ? why_not(check, *claim) : httpauth::sigv4_fault_name(claim.error());
}

int print(std::string why) {
  return print_verdict(Value::object({{"valid", why.empty()}, {"reason", std::move(why)}}));
}

int sign_verify(const Invocation& i) {
  std::string scheme = i.text("scheme");
  if (scheme != "tc3" && scheme != "sigv4") return usage("--scheme: tc3 or sigv4");
  auto text = read_file(i.text("request"), limits::kHttpHeaderBytes + limits::kHttpBodyBytes);
  if (!text) return usage("--request: " + text.error().message);
  auto request = parse_request_file(*text);
  if (!request) return print(request.error().message);
  Check check{.request = std::move(*request), .secret = i.text("secret"), .now = std::nullopt};
  if (i.has("now")) check.now = now_of(i);
  return print(scheme == "tc3" ? why_not_tc3(check) : why_not_sigv4(check));
}

std::vector<Command> make_commands() {
  constexpr Need kMust = Need::required;
  return {
      {"sign verify",
       "whether a stored HTTP request is signed with a secret",
       {{"scheme", K::text, kMust, "tc3 or sigv4"},
        {"request", K::text, kMust, "file: the raw request, lines ended by LF or CRLF"},
        {"secret", K::text, kMust, "SecretKey or secret access key"},
        {"now", K::number, Need::optional,
         "seconds since 1970: refuses what is not fresh then; without it age is not judged"}},
       sign_verify},
  };
}

}  // namespace

std::span<const Command> sign_commands() {
  static const std::vector<Command> commands = make_commands();
  return commands;
}

}  // namespace ph::cli
