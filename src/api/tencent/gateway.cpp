#include "api/tencent/gateway.h"

#include <fmt/format.h>

#include <algorithm>

#include "api/tencent/refusal.h"
#include "base/encoding.h"
#include "base/text.h"
#include "crypto/hash.h"
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
    case malformed:
    case scope:
    case signed_headers:
    case not_signed:
      return {Code::invalid_authorization, httpauth::tc3_fault_name(given)};
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

// Who signed, and the mark of this very request.
struct Signer {
  core::SigningSecret secret;
  std::string mark;
};

// Wrong signatures are not throttled: 190 random bits are not guessed, and a throttle could only
// keep the owner out who sits behind the same address.
net::Task<Judged<Signer>> judge_signature(const TencentServices& services,
                                          const net::HttpRequest& request) {
  auto claim = httpauth::read_tc3(request);
  if (!claim) co_return std::unexpected(fault_of(claim.error()));
  if (!httpauth::fresh(*claim, services.context.clock.wall()))
    co_return fault(Code::signature_expire);
  auto secret = co_await services.keys.by_secret_id(claim->secret_id);
  if (!secret) {
    bool unknown = secret.error().reason == core::Reason::unauthenticated;
    co_return fault(unknown ? Code::secret_id_not_found : Code::unavailable);
  }
  if (!httpauth::matches(request, *claim, secret->secret_key))
    co_return fault(Code::signature_failure);
  std::string mark = claim->secret_id + '\n' + claim->signature;
  co_return Signer{std::move(*secret), std::move(mark)};
}

Judged<Asking> read_asking(const net::HttpRequest& request) {
  Asking out{.action = header_of(request, "X-TC-Action"),
             .version = header_of(request, "X-TC-Version"),
             .region = header_of(request, "X-TC-Region"),
             .language = header_of(request, "X-TC-Language"),
             .token = header_of(request, "X-TC-Token"),
             .parameters = json::Value::object()};
  return out;
}

Judged<> read_parameters(const net::HttpRequest& request, Asking& asking) {
  if (!iequals(media_type(request), "application/json")) return fault(Code::invalid_request);
  if (request.body.empty()) return {};
  auto body = json::parse(request.body, limits::kTencentBody);
  if (!body || !body->is_object()) return fault(Code::not_json);
  asking.parameters = std::move(*body);
  return {};
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
// it out.
core::Idempotency once_of(const net::HttpRequest& request, const std::string& mark) {
  std::string body(crypto::view(crypto::sha256(request.body)));
  std::string text = mark + '\n' + header_of(request, "X-TC-TraceId") + '\n' + body;
  return {.key = "tencent:" + hex_encode(crypto::view(crypto::sha256(text))), .body_hash = body};
}

}  // namespace

Language language_of(const net::HttpRequest& request, Language otherwise) {
  std::string asked = header_of(request, "X-TC-Language");
  if (asked == "zh-CN") return Language::chinese;
  if (asked == "en-US") return Language::english;
  return otherwise;
}

net::Task<Judged<Call>> judge_request(const TencentServices& services,
                                      const net::HttpRequest& request) {
  if (request.method != "POST" && request.method != "GET")
    co_return fault(Code::unsupported_protocol);
  if (request.body.size() > limits::kTencentBody) co_return fault(Code::request_too_large);
  Asking asking = CO_TRY(read_asking(request));
  if (asking.action.empty()) co_return fault(Code::missing_parameter, "Action");
  if (asking.version.empty()) co_return fault(Code::missing_parameter, "Version");
  Signer signer = CO_TRY(co_await judge_signature(services, request));
  CO_TRY(judge_names(services.options, asking));
  const Action& action = *find_action(asking.action);
  const core::SigningSecret& secret = signer.secret;
  // Sending counts by itself: core's steps say when.
  if (action.access != core::Action::send &&
      !services.context.request_rate.take(secret.actor.account, secret.requests_per_second))
    co_return fault(Code::request_rate);
  CO_TRY(read_parameters(request, asking));
  CO_TRY(check_parameters(action.parameters, asking.parameters));
  if (!core::allowed(secret.actor, action.access)) co_return fault(Code::unauthorized_operation);
  co_await services.keys.note_use(secret.row);
  co_return Call{.services = services,
                 .action = action,
                 .actor = secret.actor,
                 .app_id = secret.app_id,
                 .once = once_of(request, signer.mark),
                 .parameters = std::move(asking.parameters)};
}

}  // namespace ph::tencent
