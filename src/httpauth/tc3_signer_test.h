// Purpose: signs requests as clients of Tencent Cloud do, for tests: written from the documents,
//   apart from the verifier.
// Threads: any.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/encoding.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "net/http.h"

namespace ph::httpauth {

enum class Tc3Lower : uint8_t { none, action, all };

struct Tc3Signer {
  std::string service = "ses";
  std::vector<std::string> names = {"content-type", "host"};
  Tc3Lower lowered = Tc3Lower::none;
  std::optional<std::string> host;     // signed instead of what is sent
  std::optional<std::string> payload;  // hashed instead of the body
};

inline std::string tc3_hex(std::string_view bytes) {
  return hex_encode(crypto::view(crypto::sha256(bytes)));
}

// Sets Authorization by the request's X-TC-Timestamp.
inline void sign_tc3(net::HttpRequest& request, std::string_view secret_id, std::string_view secret,
                     const Tc3Signer& how = {}) {
  std::erase_if(request.headers, [](const auto& h) { return iequals(h.name, "authorization"); });
  std::string canonical = request.method + "\n/\n" + request.query + "\n";
  std::string list;
  for (const std::string& name : how.names) {
    std::string value(request.header(name).value_or(""));
    if (name == "host" && how.host) value = *how.host;
    if (how.lowered == Tc3Lower::all || (how.lowered == Tc3Lower::action && name == "x-tc-action"))
      value = lower(value);
    canonical += name + ":" + value + "\n";
    list += (list.empty() ? "" : ";") + name;
  }
  canonical += "\n" + list + "\n" + tc3_hex(how.payload.value_or(request.body));
  std::string timestamp(request.header("x-tc-timestamp").value_or(""));
  auto seconds = parse_number<int64_t>(timestamp).value_or(0);
  std::string date = format_iso8601(WallTime::from_seconds(seconds)).substr(0, 10);
  std::string scope = date + "/" + how.service + "/tc3_request";
  std::string text = "TC3-HMAC-SHA256\n" + timestamp + "\n" + scope + "\n" + tc3_hex(canonical);
  std::string key = "TC3" + std::string(secret);
  for (std::string_view part : {std::string_view(date), std::string_view(how.service),
                                std::string_view("tc3_request"), std::string_view(text)})
    key = crypto::view(crypto::hmac_sha256(key, part));
  request.headers.push_back(
      {"Authorization", "TC3-HMAC-SHA256 Credential=" + std::string(secret_id) + "/" + scope +
                            ", SignedHeaders=" + list + ", Signature=" + hex_encode(key)});
}

}  // namespace ph::httpauth
