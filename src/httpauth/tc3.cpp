#include "httpauth/tc3.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "httpauth/authorization.h"
#include "httpauth/tencent_request.h"

namespace ph::httpauth {
namespace {

using std::unexpected;

constexpr std::string_view kScheme = "TC3-HMAC-SHA256";
constexpr std::string_view kTerminator = "tc3_request";
constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

constexpr size_t kScopeParts = 4;  // SecretId, date, service, terminator

std::string hex_sha256(std::string_view bytes) {
  return hex_encode(crypto::view(crypto::sha256(bytes)));
}

// The server folds nothing and trims values; what is read from a file may have both.
bool is_header_value(std::string_view value) {
  return std::ranges::none_of(
      value, [](char c) { return (static_cast<uint8_t>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

// A second X-TC-Action or X-TC-Timestamp could mean one thing to us and another to who signed.
bool repeats_a_header(const net::HttpRequest& request, const std::vector<std::string>& names) {
  for (const net::HttpHeader& header : request.headers) {
    bool matters = istarts_with(header.name, "x-tc-") || iequals(header.name, "authorization") ||
                   std::ranges::find(names, lower(header.name)) != names.end();
    if (matters && count_headers(request.headers, header.name) > 1) return true;
  }
  return false;
}

std::expected<void, Tc3Fault> read_credential(std::string_view credential, Tc3Claim& claim) {
  auto parts = credential_parts(credential, kScopeParts);
  if (!parts || (*parts)[3] != kTerminator) return unexpected(Tc3Fault::scope);
  claim.secret_id = (*parts)[0];
  claim.date = (*parts)[1];
  claim.service = (*parts)[2];
  return {};
}

std::expected<void, Tc3Fault> read_signed_headers(const net::HttpRequest& request,
                                                  std::string_view list, Tc3Claim& claim) {
  auto names = signed_header_names(list);
  if (!names) return unexpected(Tc3Fault::signed_headers);
  claim.signed_headers.assign(names->begin(), names->end());
  if (!claim.signs("content-type") || !claim.signs("host")) return unexpected(Tc3Fault::not_signed);
  for (const std::string& name : claim.signed_headers) {
    auto value = request.header(name);
    if (!value) return unexpected(Tc3Fault::header_missing);
    if (!is_header_value(*value)) return unexpected(Tc3Fault::header_value);
  }
  if (repeats_a_header(request, claim.signed_headers)) return unexpected(Tc3Fault::header_repeated);
  return {};
}

std::expected<void, Tc3Fault> read_time(const net::HttpRequest& request, Tc3Claim& claim) {
  auto timestamp = read_timestamp(trim(request.header("x-tc-timestamp").value_or("")));
  if (!timestamp) return unexpected(Tc3Fault::timestamp);
  claim.timestamp = *timestamp;
  std::string day = format_iso8601(WallTime::from_seconds(*timestamp)).substr(0, 10);
  if (day != claim.date) return unexpected(Tc3Fault::date);
  return {};
}

std::expected<void, Tc3Fault> read_payload(const net::HttpRequest& request, Tc3Claim& claim) {
  auto said = request.header("x-tc-content-sha256");
  if (!said) return {};
  std::string_view value = trim(*said);
  if (value == kUnsignedPayload)
    claim.payload = Tc3Payload::none;
  else if (value != hex_sha256(request.body))
    return unexpected(Tc3Fault::payload);
  return {};
}

// How a client wrote the headers that it signed.
enum class ValueCase : uint8_t { as_sent, action_lower, all_lower };
enum class HostForm : uint8_t { as_sent, no_port };
struct Manner {
  ValueCase values;
  HostForm host;
};
constexpr std::array<Manner, 6> kManners{{
    {ValueCase::as_sent, HostForm::as_sent},
    {ValueCase::as_sent, HostForm::no_port},
    {ValueCase::action_lower, HostForm::as_sent},
    {ValueCase::action_lower, HostForm::no_port},
    {ValueCase::all_lower, HostForm::as_sent},
    {ValueCase::all_lower, HostForm::no_port},
}};

std::string canonical_headers(const net::HttpRequest& request, const Tc3Claim& claim,
                              Manner manner) {
  std::string out;
  for (const std::string& name : claim.signed_headers) {
    std::string_view value = trim(request.header(name).value_or(""));
    if (name == "host" && manner.host == HostForm::no_port) value = without_port(value);
    bool lowered = manner.values == ValueCase::all_lower ||
                   (manner.values == ValueCase::action_lower && name == "x-tc-action");
    out += fmt::format("{}:{}\n", name, lowered ? lower(value) : std::string(value));
  }
  return out;
}

std::string joined(const std::vector<std::string>& names) {
  return fmt::format("{}", fmt::join(names, ";"));
}

// What every manner of one request has in common.
struct Signing {
  std::string key;  // of that day and service
  std::string before;
  std::string after;
  std::string scope;
};

Signing begin_signing(const net::HttpRequest& request, const Tc3Claim& claim,
                      std::string_view secret_key) {
  Signing out;
  crypto::Digest day = crypto::hmac_sha256(fmt::format("TC3{}", secret_key), claim.date);
  crypto::Digest service = crypto::hmac_sha256(crypto::view(day), claim.service);
  out.key = crypto::view(crypto::hmac_sha256(crypto::view(service), kTerminator));
  std::string_view payload =
      claim.payload == Tc3Payload::none ? kUnsignedPayload : std::string_view(request.body);
  out.before = fmt::format("{}\n/\n{}\n", request.method, request.query);
  out.after = fmt::format("\n{}\n{}", joined(claim.signed_headers), hex_sha256(payload));
  out.scope = fmt::format("{}\n{}\n{}/{}/{}\n", kScheme, claim.timestamp, claim.date, claim.service,
                          kTerminator);
  return out;
}

}  // namespace

const char* tc3_fault_name(Tc3Fault fault) {
  switch (fault) {
    case Tc3Fault::absent:
      return "there is no Authorization header";
    case Tc3Fault::algorithm:
      return "Authorization is not TC3-HMAC-SHA256";
    case Tc3Fault::malformed:
      return "Authorization is not Credential, SignedHeaders, Signature";
    case Tc3Fault::scope:
      return "the credential is not SecretId/date/service/tc3_request";
    case Tc3Fault::signed_headers:
      return "SignedHeaders is not a list of lower-case names in order, each once";
    case Tc3Fault::not_signed:
      return "content-type and host must be signed";
    case Tc3Fault::header_missing:
      return "a signed header is not in the request";
    case Tc3Fault::header_repeated:
      return "a header that may stand once stands twice";
    case Tc3Fault::header_value:
      return "a signed header is folded or has a control character";
    case Tc3Fault::timestamp:
      return "X-TC-Timestamp is missing or not a number of seconds";
    case Tc3Fault::date:
      return "the date of the credential is not that of X-TC-Timestamp";
    case Tc3Fault::payload:
      return "X-TC-Content-SHA256 is not the hash of the body";
    case Tc3Fault::path:
      return "the path is not /";
  }
  return "";
}

bool Tc3Claim::signs(std::string_view header) const {
  return std::ranges::find(signed_headers, header) != signed_headers.end();
}

std::expected<Tc3Claim, Tc3Fault> read_tc3(const net::HttpRequest& request) {
  auto authorization = request.header("authorization");
  if (!authorization) return unexpected(Tc3Fault::absent);
  if (count_headers(request.headers, "authorization") > 1)
    return unexpected(Tc3Fault::header_repeated);
  std::string_view text = trim(*authorization);
  size_t blank = text.find(' ');
  if (text.substr(0, blank) != kScheme) return unexpected(Tc3Fault::algorithm);
  if (blank == std::string_view::npos) return unexpected(Tc3Fault::malformed);
  auto fields = read_fields(text.substr(blank));
  if (!fields || !is_signature(fields->signature)) return unexpected(Tc3Fault::malformed);
  if (request.path != "/") return unexpected(Tc3Fault::path);

  Tc3Claim claim;
  claim.signature = fields->signature;
  if (auto ok = read_credential(fields->credential, claim); !ok) return unexpected(ok.error());
  if (auto ok = read_signed_headers(request, fields->signed_headers, claim); !ok)
    return unexpected(ok.error());
  if (auto ok = read_time(request, claim); !ok) return unexpected(ok.error());
  if (auto ok = read_payload(request, claim); !ok) return unexpected(ok.error());
  return claim;
}

bool matches(const net::HttpRequest& request, const Tc3Claim& claim, std::string_view secret_key) {
  Signing signing = begin_signing(request, claim, secret_key);
  std::string tried;
  for (Manner manner : kManners) {
    std::string headers = canonical_headers(request, claim, manner);
    if (headers == tried) continue;
    std::string wanted = hex_encode(crypto::view(crypto::hmac_sha256(
        signing.key, signing.scope + hex_sha256(signing.before + headers + signing.after))));
    if (equal_constant_time(wanted, claim.signature)) return true;
    tried = std::move(headers);
  }
  return false;
}

bool fresh(const Tc3Claim& claim, WallTime now) {
  WallTime signed_at = WallTime::from_seconds(claim.timestamp);
  return signed_at - limits::kSignatureWindow <= now && now <= signed_at + limits::kSignatureWindow;
}

}  // namespace ph::httpauth
