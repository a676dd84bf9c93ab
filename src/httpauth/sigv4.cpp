#include "httpauth/sigv4.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "httpauth/authorization.h"
#include "httpauth/sigv4_canonical.h"

namespace ph::httpauth {
namespace {

using std::unexpected;
using Step = std::expected<void, Sigv4Fault>;

constexpr std::string_view kScheme = "AWS4-HMAC-SHA256";
constexpr std::string_view kTerminator = "aws4_request";
constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
constexpr std::string_view kPayloadHeader = "x-amz-content-sha256";
constexpr std::string_view kToken = "X-Amz-Security-Token";

constexpr size_t kScopeParts = 5;  // key, date, region, service, terminator

std::string hex_sha256(std::string_view bytes) {
  return hex_encode(crypto::view(crypto::sha256(bytes)));
}

// Parameters of the query form; AWS writes them in this case only.
std::optional<std::string_view> parameter(const QueryFields& query, std::string_view name) {
  auto at = std::ranges::find(query, name, &QueryFields::value_type::first);
  if (at == query.end()) return std::nullopt;
  return at->second;
}

Step read_scope(std::string_view credential, Sigv4Claim& claim) {
  auto parts = credential_parts(credential, kScopeParts);
  if (!parts || (*parts)[4] != kTerminator) return unexpected(Sigv4Fault::scope);
  claim.access_key = (*parts)[0];
  claim.date = (*parts)[1];
  claim.region = (*parts)[2];
  claim.service = (*parts)[3];
  return {};
}

// 20150830T123600Z, and nothing else: it is signed as it stands.
Step read_time(std::string_view stamp, Sigv4Claim& claim) {
  constexpr std::string_view kForm = "ddddddddTddddddZ";
  bool fits = stamp.size() == kForm.size() && std::ranges::equal(stamp, kForm, [](char a, char b) {
                return b == 'd' ? is_digit(a) : a == b;
              });
  if (!fits) return unexpected(Sigv4Fault::time);
  auto part = [&](size_t at, size_t size) { return stamp.substr(at, size); };
  auto time = parse_iso8601(fmt::format("{}-{}-{}T{}:{}:{}Z", part(0, 4), part(4, 2), part(6, 2),
                                        part(9, 2), part(11, 2), part(13, 2)));
  if (!time) return unexpected(Sigv4Fault::time);
  claim.stamp = stamp;
  claim.timestamp = time->micros / 1'000'000;
  if (claim.date != part(0, 8)) return unexpected(Sigv4Fault::date);
  return {};
}

bool is_header_value(std::string_view value) {
  return std::ranges::none_of(value, [](char c) {
    return (static_cast<uint8_t>(c) < 0x20 && c != '\t' && c != '\r' && c != '\n') || c == 0x7f;
  });
}

// Headers that stand outside the signature: the signature itself, what says the time that is signed
// anyway, and the token that a client may add after signing.
bool may_be_unsigned(std::string_view name) {
  return !istarts_with(name, "x-amz-") || iequals(name, "x-amz-date") || iequals(name, kToken);
}

Step read_signed_headers(const net::HttpRequest& request, std::string_view list,
                         Sigv4Claim& claim) {
  auto names = signed_header_names(list);
  if (!names) return unexpected(Sigv4Fault::signed_headers);
  claim.signed_headers.assign(names->begin(), names->end());
  for (const std::string& name : claim.signed_headers)
    if (!request.header(name) && name != kPayloadHeader)
      return unexpected(Sigv4Fault::header_missing);
  if (!claim.signs("host")) return unexpected(Sigv4Fault::not_signed);
  for (const net::HttpHeader& header : request.headers) {
    bool is_signed = claim.signs(lower(header.name));
    if (!is_signed && !may_be_unsigned(header.name)) return unexpected(Sigv4Fault::not_signed);
    if (is_signed && !is_header_value(header.value)) return unexpected(Sigv4Fault::header_value);
    bool once = istarts_with(header.name, "x-amz-") || iequals(header.name, "host") ||
                iequals(header.name, "authorization");
    if (once && count_headers(request.headers, header.name) > 1)
      return unexpected(Sigv4Fault::header_repeated);
  }
  return {};
}

Step read_payload(const net::HttpRequest& request, Sigv4Claim& claim) {
  std::string hash = hex_sha256(request.body);
  std::string_view said = trim(request.header(kPayloadHeader).value_or(hash));
  if (said != kUnsignedPayload && said != hash) return unexpected(Sigv4Fault::payload);
  claim.payload = said;
  return {};
}

std::expected<Sigv4Claim, Sigv4Fault> read_header_form(const net::HttpRequest& request,
                                                       std::string_view text) {
  Sigv4Claim claim;
  size_t blank = text.find(' ');
  if (text.substr(0, blank) != kScheme) return unexpected(Sigv4Fault::algorithm);
  if (blank == std::string_view::npos) return unexpected(Sigv4Fault::malformed);
  auto fields = read_fields(text.substr(blank));
  if (!fields || !is_signature(fields->signature)) return unexpected(Sigv4Fault::malformed);
  claim.signature = fields->signature;
  if (auto ok = read_scope(fields->credential, claim); !ok) return unexpected(ok.error());
  if (auto ok = read_signed_headers(request, fields->signed_headers, claim); !ok)
    return unexpected(ok.error());
  if (auto ok = read_time(trim(request.header("x-amz-date").value_or("")), claim); !ok)
    return unexpected(ok.error());
  if (auto ok = read_payload(request, claim); !ok) return unexpected(ok.error());
  return claim;
}

Step read_expires(std::string_view text, Sigv4Claim& claim) {
  auto seconds = parse_number<int64_t>(text);
  bool fits = seconds && std::ranges::all_of(text, is_digit) && *seconds > 0 &&
              std::chrono::seconds(*seconds) <= limits::kPresignedMost;
  if (!fits) return unexpected(Sigv4Fault::expires);
  claim.expires = *seconds;
  return {};
}

// A second X-Amz-Date could mean one thing to us and another to who signed.
bool repeats_a_parameter(const QueryFields& query) {
  return std::ranges::any_of(query, [&](const auto& field) {
    return istarts_with(field.first, "x-amz-") &&
           std::ranges::count_if(
               query, [&](const auto& other) { return iequals(other.first, field.first); }) > 1;
  });
}

std::expected<Sigv4Claim, Sigv4Fault> read_query_form(const net::HttpRequest& request,
                                                      const QueryFields& query) {
  Sigv4Claim claim;
  claim.form = Sigv4Form::query;
  if (repeats_a_parameter(query)) return unexpected(Sigv4Fault::parameter_repeated);
  if (parameter(query, "X-Amz-Algorithm") != kScheme) return unexpected(Sigv4Fault::algorithm);
  auto credential = parameter(query, "X-Amz-Credential");
  auto names = parameter(query, "X-Amz-SignedHeaders");
  auto signature = parameter(query, "X-Amz-Signature");
  if (!credential || !names || !is_signature(*signature)) return unexpected(Sigv4Fault::malformed);
  claim.signature = *signature;
  if (auto ok = read_scope(*credential, claim); !ok) return unexpected(ok.error());
  if (auto ok = read_signed_headers(request, *names, claim); !ok) return unexpected(ok.error());
  if (auto ok = read_time(parameter(query, "X-Amz-Date").value_or(""), claim); !ok)
    return unexpected(ok.error());
  if (auto expires = parameter(query, "X-Amz-Expires"))
    if (auto ok = read_expires(*expires, claim); !ok) return unexpected(ok.error());
  if (auto ok = read_payload(request, claim); !ok) return unexpected(ok.error());
  return claim;
}

// The queries that may have been signed: without the signature; and without the token, which may
// have been added after it.
std::vector<std::string> canonical_queries(const net::HttpRequest& request,
                                           const Sigv4Claim& claim) {
  QueryFields query = read_query(request.query).value_or(QueryFields{});
  if (claim.form == Sigv4Form::header) return {canonical_query(query)};
  std::erase_if(query, [](const auto& field) { return field.first == "X-Amz-Signature"; });
  std::vector<std::string> out{canonical_query(query)};
  if (std::erase_if(query, [](const auto& field) { return field.first == kToken; }) > 0)
    out.push_back(canonical_query(query));
  return out;
}

struct Signing {
  std::string key;  // of that day, region and service
  std::string scope;
};

Signing begin_signing(const Sigv4Claim& claim, std::string_view secret) {
  Signing out;
  out.key = fmt::format("AWS4{}", secret);
  for (std::string_view part : {std::string_view(claim.date), std::string_view(claim.region),
                                std::string_view(claim.service), kTerminator})
    out.key = crypto::view(crypto::hmac_sha256(out.key, part));
  out.scope = fmt::format("{}\n{}\n{}/{}/{}/{}\n", kScheme, claim.stamp, claim.date, claim.region,
                          claim.service, kTerminator);
  return out;
}

bool has_folds(std::span<const net::HttpHeader> headers) {
  return std::ranges::any_of(headers,
                             [](const auto& header) { return header.value.contains('\n'); });
}

// A signer may list the header of the body's hash and not send it: it says what the body says.
std::vector<net::HttpHeader> headers_of(const net::HttpRequest& request, const Sigv4Claim& claim) {
  std::vector<net::HttpHeader> out = request.headers;
  if (claim.signs(kPayloadHeader) && !request.header(kPayloadHeader))
    out.push_back({std::string(kPayloadHeader), claim.payload});
  return out;
}

}  // namespace

const char* sigv4_fault_name(Sigv4Fault fault) {
  switch (fault) {
    case Sigv4Fault::absent:
      return "there is no signature in a header or in the query";
    case Sigv4Fault::ambiguous:
      return "there are signatures in a header and in the query";
    case Sigv4Fault::algorithm:
      return "the algorithm is not AWS4-HMAC-SHA256";
    case Sigv4Fault::malformed:
      return "credential, signed headers or signature is malformed";
    case Sigv4Fault::scope:
      return "the credential is not key/date/region/service/aws4_request";
    case Sigv4Fault::signed_headers:
      return "the list of signed headers is not of lower-case names in order, each once";
    case Sigv4Fault::not_signed:
      return "host and every X-Amz-* header must be signed";
    case Sigv4Fault::header_missing:
      return "a signed header is not in the request";
    case Sigv4Fault::header_repeated:
      return "a header that may stand once stands twice";
    case Sigv4Fault::parameter_repeated:
      return "a parameter that may stand once stands twice";
    case Sigv4Fault::header_value:
      return "a signed header has a control character";
    case Sigv4Fault::time:
      return "X-Amz-Date is missing or not yyyymmddThhmmssZ";
    case Sigv4Fault::date:
      return "the date of the credential is not that of X-Amz-Date";
    case Sigv4Fault::expires:
      return "X-Amz-Expires is not 1 to 604800 seconds";
    case Sigv4Fault::payload:
      return "X-Amz-Content-SHA256 is not the hash of the body";
    case Sigv4Fault::query:
      return "the query has a broken escape or too many parameters";
  }
  return "";
}

bool Sigv4Claim::signs(std::string_view header) const {
  return std::ranges::find(signed_headers, header) != signed_headers.end();
}

std::expected<Sigv4Claim, Sigv4Fault> read_sigv4(const net::HttpRequest& request) {
  auto query = read_query(request.query);
  if (!query) return unexpected(Sigv4Fault::query);
  auto authorization = request.header("authorization");
  bool presigned = parameter(*query, "X-Amz-Signature").has_value();
  if (authorization && presigned) return unexpected(Sigv4Fault::ambiguous);
  if (presigned) return read_query_form(request, *query);
  if (authorization) return read_header_form(request, trim(*authorization));
  return unexpected(Sigv4Fault::absent);
}

bool matches(const net::HttpRequest& request, const Sigv4Claim& claim, std::string_view secret) {
  Signing signing = begin_signing(claim, secret);
  std::vector<net::HttpHeader> sent = headers_of(request, claim);
  std::vector<std::string> tails;
  auto add_tails = [&](Folds folds) {
    std::string headers = canonical_headers(sent, claim.signed_headers, folds);
    for (const std::string& query : canonical_queries(request, claim))
      tails.push_back(fmt::format("\n{}\n{}\n{}\n{}", query, headers,
                                  fmt::join(claim.signed_headers, ";"), claim.payload));
  };
  add_tails(Folds::blank);
  if (has_folds(sent)) add_tails(Folds::comma);
  for (const std::string& path : canonical_paths(request.path)) {
    for (const std::string& tail : tails) {
      std::string text = signing.scope + hex_sha256(request.method + "\n" + path + tail);
      std::string wanted = hex_encode(crypto::view(crypto::hmac_sha256(signing.key, text)));
      if (equal_constant_time(wanted, claim.signature)) return true;
    }
  }
  return false;
}

bool fresh(const Sigv4Claim& claim, WallTime now) {
  WallTime signed_at = WallTime::from_seconds(claim.timestamp);
  Duration kept =
      claim.expires > 0 ? Duration(std::chrono::seconds(claim.expires)) : limits::kSignatureWindow;
  return signed_at - limits::kSignatureWindow <= now && now <= signed_at + kept;
}

}  // namespace ph::httpauth
