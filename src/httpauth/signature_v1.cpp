#include "httpauth/signature_v1.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "httpauth/authorization.h"
#include "httpauth/tencent_request.h"

namespace ph::httpauth {
namespace {

using std::unexpected;
using Parameters = decltype(V1Claim::parameters);

bool is_form(const net::HttpRequest& request) {
  std::string_view type = request.header("content-type").value_or("");
  return iequals(trim(type.substr(0, type.find(';'))), "application/x-www-form-urlencoded");
}

// Where the parameters stand; absent where the request has none of its kind.
std::expected<std::string_view, V1Fault> parameter_text(const net::HttpRequest& request) {
  if (request.method == "GET") {
    if (!request.body.empty()) return unexpected(V1Fault::form);
    return request.query;
  }
  if (request.method != "POST" || !is_form(request)) return unexpected(V1Fault::absent);
  if (!request.query.empty()) return unexpected(V1Fault::form);
  return request.body;
}

// In ASCII order of names, each once.
std::expected<Parameters, V1Fault> read_parameters(std::string_view text) {
  auto fields = net::parse_query(text);
  if (!fields) return unexpected(V1Fault::form);
  Parameters out = std::move(*fields);
  std::ranges::sort(out);
  bool repeated = std::ranges::adjacent_find(out, {}, &Parameters::value_type::first) != out.end();
  if (repeated) return unexpected(V1Fault::repeated);
  return out;
}

std::expected<V1Hash, V1Fault> read_hash(const V1Claim& claim) {
  std::string_view method = claim.parameter("SignatureMethod").value_or("HmacSHA1");
  if (method == "HmacSHA1") return V1Hash::sha1;
  if (method == "HmacSHA256") return V1Hash::sha256;
  return unexpected(V1Fault::algorithm);
}

enum class Empty : uint8_t { signed_too, left_out };

// `METHODhost/?a=1&b=2`, values as they are, unescaped.
std::string string_to_sign(const net::HttpRequest& request, const V1Claim& claim,
                           std::string_view host, Empty empty) {
  std::string out = fmt::format("{}{}/?", request.method, host);
  bool first = true;
  for (const auto& [name, value] : claim.parameters) {
    if (value.empty() && empty == Empty::left_out) continue;
    out += fmt::format("{}{}={}", first ? "" : "&", name, value);
    first = false;
  }
  return out;
}

std::string signature_of(const V1Claim& claim, std::string_view secret, std::string_view text) {
  if (claim.hash == V1Hash::sha1) {
    crypto::Sha1Digest digest = crypto::hmac_sha1(secret, text);
    return base64_encode(crypto::view(digest));
  }
  crypto::Digest digest = crypto::hmac_sha256(secret, text);
  return base64_encode(crypto::view(digest));
}

bool has_empty(const V1Claim& claim) {
  return std::ranges::any_of(claim.parameters, [](const auto& p) { return p.second.empty(); });
}

}  // namespace

const char* v1_fault_name(V1Fault fault) {
  switch (fault) {
    case V1Fault::absent:
      return "there is no Signature in a query or a form";
    case V1Fault::form:
      return "the parameters are malformed, too many, or in two places";
    case V1Fault::repeated:
      return "a parameter that may stand once stands twice";
    case V1Fault::missing:
      return "SecretId, Timestamp or Nonce is missing";
    case V1Fault::algorithm:
      return "SignatureMethod is neither HmacSHA1 nor HmacSHA256";
    case V1Fault::timestamp:
      return "Timestamp is not a number of seconds";
    case V1Fault::path:
      return "the path is not /";
  }
  return "";
}

std::optional<std::string_view> V1Claim::parameter(std::string_view name) const {
  auto at = std::ranges::find(parameters, name, &Parameters::value_type::first);
  if (at == parameters.end()) return std::nullopt;
  return at->second;
}

std::expected<V1Claim, V1Fault> read_v1(const net::HttpRequest& request) {
  auto text = parameter_text(request);
  if (!text) return unexpected(text.error());
  auto parameters = read_parameters(*text);
  if (!parameters) return unexpected(parameters.error());
  V1Claim claim{.secret_id = {}, .signature = {}, .parameters = std::move(*parameters)};
  claim.signature = claim.parameter("Signature").value_or("");
  if (claim.signature.empty()) return unexpected(V1Fault::absent);
  std::erase_if(claim.parameters, [](const auto& p) { return p.first == "Signature"; });
  if (request.path != "/") return unexpected(V1Fault::path);
  if (count_headers(request.headers, "host") != 1) return unexpected(V1Fault::repeated);
  for (std::string_view name : {"SecretId", "Timestamp", "Nonce"})
    if (claim.parameter(name).value_or("").empty()) return unexpected(V1Fault::missing);
  claim.secret_id = *claim.parameter("SecretId");
  auto timestamp = read_timestamp(*claim.parameter("Timestamp"));
  if (!timestamp) return unexpected(V1Fault::timestamp);
  claim.timestamp = *timestamp;
  auto hash = read_hash(claim);
  if (!hash) return unexpected(hash.error());
  claim.hash = *hash;
  return claim;
}

bool matches(const net::HttpRequest& request, const V1Claim& claim, std::string_view secret_key) {
  std::string_view host = trim(request.header("host").value_or(""));
  auto signs = [&](std::string_view name, Empty empty) {
    std::string wanted =
        signature_of(claim, secret_key, string_to_sign(request, claim, name, empty));
    return equal_constant_time(wanted, claim.signature);
  };
  for (std::string_view name : {host, without_port(host)}) {
    if (signs(name, Empty::signed_too)) return true;
    if (has_empty(claim) && signs(name, Empty::left_out)) return true;
  }
  return false;
}

bool fresh(const V1Claim& claim, WallTime now) {
  WallTime signed_at = WallTime::from_seconds(claim.timestamp);
  return signed_at - limits::kSignatureWindow <= now && now <= signed_at + limits::kSignatureWindow;
}

}  // namespace ph::httpauth
