// Requests as strangers sign them: whatever TC3 claim is read, the same request signed anew by the
// documents' rules must match, and with another body must not; a canonical query is its own.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/limits.h"
#include "base/text.h"
#include "httpauth/signature_v1.h"
#include "httpauth/sigv4.h"
#include "httpauth/sigv4_canonical.h"
#include "httpauth/tc3.h"
#include "httpauth/tc3_signer_test.h"

namespace {

using namespace ph;
using namespace ph::httpauth;

constexpr std::string_view kSecret = "a secret";

std::string_view take(std::string_view& text, char end) {
  size_t at = text.find(end);
  std::string_view out = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return out;
}

// METHOD, PATH, QUERY, headers and body, a line each; an empty line before the body.
net::HttpRequest request_of(std::string_view text) {
  net::HttpRequest out;
  out.method = take(text, '\n');
  out.path = take(text, '\n');
  out.query = take(text, '\n');
  while (!text.empty() && out.headers.size() < limits::kHttpHeaders) {
    std::string_view line = take(text, '\n');
    if (line.empty()) break;
    std::string_view name = take(line, ':');
    out.headers.push_back({std::string(name), std::string(trim(line))});
  }
  out.body = text;
  return out;
}

void check_tc3(net::HttpRequest request) {
  auto claim = read_tc3(request);
  if (!claim) {
    PH_CHECK(*tc3_fault_name(claim.error()) != '\0');
    return;
  }
  PH_CHECK(claim->signs("host") && claim->signs("content-type"));
  PH_CHECK(!matches(request, *claim, kSecret));
  Tc3Signer how{.service = claim->service, .names = claim->signed_headers};
  if (claim->payload == Tc3Payload::none) how.payload = "UNSIGNED-PAYLOAD";
  std::erase_if(request.headers, [](const auto& h) { return iequals(h.name, "authorization"); });
  sign_tc3(request, claim->secret_id, kSecret, how);
  auto again = read_tc3(request);
  PH_CHECK(again && again->timestamp == claim->timestamp);
  PH_CHECK(matches(request, *again, kSecret));
  PH_CHECK(!matches(request, *again, "another secret"));
  request.body += "x";
  PH_CHECK(matches(request, *again, kSecret) == (claim->payload == Tc3Payload::none));
}

void check_sigv4(const net::HttpRequest& request) {
  if (auto claim = read_sigv4(request)) {
    PH_CHECK(claim->signs("host"));
    PH_CHECK(!matches(request, *claim, kSecret));
  }
  if (auto fields = read_query(request.query)) {
    std::string canonical = canonical_query(*fields);
    auto again = read_query(canonical);
    PH_CHECK(again && canonical_query(*again) == canonical);
  }
  for (const std::string& path : canonical_paths(request.path)) PH_CHECK(!path.contains('\n'));
}

void check_v1(const net::HttpRequest& request) {
  auto claim = read_v1(request);
  if (!claim) return;
  PH_CHECK(!claim->secret_id.empty() && !claim->parameter("Signature"));
  PH_CHECK(!matches(request, *claim, kSecret));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  net::HttpRequest request = request_of({reinterpret_cast<const char*>(data), size});
  check_sigv4(request);
  check_v1(request);
  check_tc3(std::move(request));
  return 0;
}
