#include "api/tencent/gateway.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "api/tencent/form.h"
#include "api/tencent/refusal.h"
#include "base/encoding.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "httpauth/signature_v1.h"
#include "httpauth/tc3.h"

namespace ph::tencent {
namespace {

constexpr std::string_view kVersion = "2020-10-02";
constexpr size_t kShown = 64;  // octets of a word of the request in a message

std::string header_of(const net::HttpRequest& request, std::string_view name) {
  return std::string(trim(request.header(name).value_or("")));
}

std::string_view media_type(const net::HttpRequest& request) {
  std::string_view type = request.header("Content-Type").value_or("");
  return trim(type.substr(0, type.find(';')));
}

Fault fault_of(httpauth::Tc3Fault given) {
  using enum httpauth::Tc3Fault;
  switch (given) {
    case absent:
      return {Code::missing_parameter, "Authorization"};
    case timestamp:
      return {Code::missing_parameter, "X-TC-Timestamp"};
    case algorithm:
      return {Code::invalid_authorization, "TC3-HMAC-SHA256"};
    case malformed:
      return {Code::invalid_authorization, "Credential, SignedHeaders, Signature"};
    case scope:
      return {Code::invalid_authorization, "Credential=SecretId/Date/Service/tc3_request"};
    case signed_headers:
    case not_signed:
      return {Code::invalid_authorization, "SignedHeaders=content-type;host"};
    case header_missing:
    case header_repeated:
    case header_value:
    case date:
    case payload:
    case path:
      break;
  }
  return {Code::signature_failure, {}};
}

Fault fault_of(httpauth::V1Fault given) {
  using enum httpauth::V1Fault;
  switch (given) {
    case absent:
    case missing:
      return {Code::missing_parameter, "SecretId, Timestamp, Nonce, Signature"};
    case timestamp:
      return {Code::missing_parameter, "Timestamp"};
    case form:
    case repeated:
      return {Code::not_form, {}};
    case algorithm:
      return {Code::invalid_value, "SignatureMethod"};
    case path:
      break;
  }
  return {Code::signature_failure, {}};
}

// The parameters that every request has, and those of its action as they came.
struct Asking {
  std::string action;
  std::string version;
  std::string region;
  std::string language;
  std::string token;
  std::string trace;
  FormPairs form;  // of GET and of version 1; a body of JSON is read later
};

// What a request says of who signed it, before that is found to be right.
struct Claim {
  std::string secret_id;
  std::string signature;
  std::string unsigned_body;  // of an action's parameters that the signature leaves out
  bool fresh = false;
  std::function<bool(std::string_view secret)> matches;
};

struct Opened {
  Asking asking;
  Claim claim;
};

// Of signatures of version 1: what is no parameter of the action.
constexpr std::string_view kV1Words[] = {
    "Action", "Version",  "Nonce",           "Timestamp", "SecretId",     "Region",
    "Token",  "Language", "SignatureMethod", "Signature", "RequestClient"};

bool is_v1(const net::HttpRequest& request) {
  return !request.header("X-TC-Action") && !request.header("Authorization");
}

Judged<Opened> open_tc3(const net::HttpRequest& request, WallTime now) {
  Opened out;
  out.asking = {.action = header_of(request, "X-TC-Action"),
                .version = header_of(request, "X-TC-Version"),
                .region = header_of(request, "X-TC-Region"),
                .language = header_of(request, "X-TC-Language"),
                .token = header_of(request, "X-TC-Token"),
                .trace = header_of(request, "X-TC-TraceId"),
                .form = {}};
  if (out.asking.action.empty()) return fault(Code::missing_parameter, "Action");
  if (out.asking.version.empty()) return fault(Code::missing_parameter, "Version");
  auto claim = httpauth::read_tc3(request);
  if (!claim) return std::unexpected(fault_of(claim.error()));
  if (request.method == "GET") {
    auto pairs = net::parse_query(request.query);
    if (!pairs) return fault(Code::not_form);
    out.asking.form = std::move(*pairs);
  }
  bool leaves_out = claim->payload == httpauth::Tc3Payload::none && request.method != "GET";
  out.claim = {.secret_id = claim->secret_id,
               .signature = claim->signature,
               .unsigned_body = leaves_out ? request.body : std::string(),
               .fresh = httpauth::fresh(*claim, now),
               .matches = [&request, claim = *claim](std::string_view secret) {
                 return httpauth::matches(request, claim, secret);
               }};
  return out;
}

Judged<Opened> open_v1(const net::HttpRequest& request, WallTime now) {
  auto claim = httpauth::read_v1(request);
  if (!claim && claim.error() == httpauth::V1Fault::absent)
    return fault(Code::missing_parameter, "Action");
  if (!claim) return std::unexpected(fault_of(claim.error()));
  auto word = [&](std::string_view name) {
    return std::string(claim->parameter(name).value_or(""));
  };
  Opened out;
  out.asking = {.action = word("Action"),
                .version = word("Version"),
                .region = word("Region"),
                .language = word("Language"),
                .token = word("Token"),
                .trace = {},
                .form = {}};
  if (out.asking.action.empty()) return fault(Code::missing_parameter, "Action");
  if (out.asking.version.empty()) return fault(Code::missing_parameter, "Version");
  for (const auto& pair : claim->parameters)
    if (std::ranges::find(kV1Words, pair.first) == std::end(kV1Words))
      out.asking.form.push_back(pair);
  out.claim = {.secret_id = claim->secret_id,
               .signature = claim->signature,
               .unsigned_body = {},
               .fresh = httpauth::fresh(*claim, now),
               .matches = [&request, claim = *claim](std::string_view secret) {
                 return httpauth::matches(request, claim, secret);
               }};
  return out;
}

// Wrong signatures are not throttled: 190 random bits are not guessed, and a throttle could only
// keep the owner out who sits behind the same address.
net::Task<Judged<core::SigningSecret>> judge_signature(const TencentServices& services,
                                                       const Claim& claim) {
  if (!claim.fresh) co_return fault(Code::signature_expire);
  auto secret = co_await services.keys.by_secret_id(claim.secret_id);
  if (!secret) {
    bool unknown = secret.error().reason == core::Reason::unauthenticated;
    co_return fault(unknown ? Code::secret_id_not_found : Code::unavailable);
  }
  if (!claim.matches(secret->secret_key)) co_return fault(Code::signature_failure);
  co_return std::move(*secret);
}

Judged<json::Value> read_parameters(const net::HttpRequest& request, const Action& action,
                                    const Asking& asking) {
  if (request.method == "GET" || is_v1(request)) return read_form(action.parameters, asking.form);
  if (!iequals(media_type(request), "application/json")) return fault(Code::invalid_request);
  if (request.body.empty()) return json::Value::object();
  auto body = json::parse(request.body, limits::kTencentBody);
  if (!body || !body->is_object()) return fault(Code::not_json);
  return std::move(*body);
}

Judged<> judge_names(const TencentOptions& options, const Asking& asking) {
  if (!asking.token.empty()) return fault(Code::token_failure);
  if (asking.version != kVersion)
    return fault(Code::no_such_version, printable(asking.version, kShown));
  if (find_action(asking.action) == nullptr)
    return fault(Code::invalid_action, printable(asking.action, kShown));
  bool known = asking.region.empty() ||
               std::ranges::find(options.regions, asking.region) != options.regions.end();
  if (!known) return fault(Code::unsupported_region, printable(asking.region, kShown));
  return {};
}

// What makes two requests the same one: signature, trace id, and the body where a signature leaves
// it out. Of one that is signed nothing more: a form says the same in other escapes and orders.
core::Idempotency once_of(const Opened& opened) {
  std::string body(crypto::view(crypto::sha256(opened.claim.unsigned_body)));
  std::string text = fmt::format("{}\n{}\n{}\n{}", opened.claim.secret_id, opened.claim.signature,
                                 opened.asking.trace, body);
  return {.key = "tencent:" + hex_encode(crypto::view(crypto::sha256(text))), .body_hash = body};
}

void choose_language(std::string_view asked, Language& language) {
  if (asked == "zh-CN") language = Language::chinese;
  if (asked == "en-US") language = Language::english;
}

}  // namespace

net::Task<Judged<Call>> judge_request(const TencentServices& services,
                                      const net::HttpRequest& request, Language& language) {
  choose_language(header_of(request, "X-TC-Language"), language);
  if (request.method != "POST" && request.method != "GET")
    co_return fault(Code::unsupported_protocol);
  bool older = is_v1(request);
  if (request.body.size() > (older ? limits::kTencentForm : limits::kTencentBody))
    co_return fault(Code::request_too_large);
  WallTime now = services.context.clock.wall();
  Opened opened = CO_TRY(older ? open_v1(request, now) : open_tc3(request, now));
  const Asking& asking = opened.asking;
  choose_language(asking.language, language);
  core::SigningSecret secret = CO_TRY(co_await judge_signature(services, opened.claim));
  CO_TRY(judge_names(services.options, asking));
  const Action& action = *find_action(asking.action);
  // Sending counts by itself: core's steps say when.
  if (action.access != core::Action::send &&
      !services.context.request_rate.take(secret.actor.account, secret.requests_per_second))
    co_return fault(Code::request_rate);
  json::Value parameters = CO_TRY(read_parameters(request, action, asking));
  CO_TRY(check_parameters(action.parameters, parameters));
  if (!core::allowed(secret.actor, action.access)) co_return fault(Code::unauthorized_operation);
  co_await services.keys.note_use(secret.row);
  secret.actor.from = request.peer.address.text();
  co_return Call{.services = services,
                 .action = action,
                 .actor = secret.actor,
                 .app_id = secret.app_id,
                 .once = once_of(opened),
                 .parameters = std::move(parameters)};
}

}  // namespace ph::tencent
