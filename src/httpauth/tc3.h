// Purpose: verifies Tencent Cloud's TC3-HMAC-SHA256 signature of an HTTP request. A door reads the
//   claim, finds the SecretKey of its SecretId, then asks whether the signature matches and is
//   fresh.
// Shapes: names and values as received; timestamp in Unix seconds; the signature is 64 lower-case
//   hex digits. A header that signs() denies (X-TC-Action with most SDKs) is not protected.
// Threads: any.
// Errors: a fault is a request that no secret can make right; a wrong secret is matches() == false.
// Not here: who owns a SecretId, replay, the signatures of version 1 (signature_v1.h).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "net/http.h"

namespace ph::httpauth {

enum class Tc3Fault : uint8_t {
  absent,           // no Authorization header
  algorithm,        // Authorization of another scheme
  malformed,        // not `Credential=…, SignedHeaders=…, Signature=…`
  scope,            // the credential is not SecretId/date/service/tc3_request
  signed_headers,   // the list is not lower case, in order, each name once
  not_signed,       // content-type or host is not in the list
  header_missing,   // a listed header is not in the request
  header_repeated,  // a listed header, Authorization or an X-TC-* header is there twice
  header_value,     // a listed header has a control byte in it, or was folded
  timestamp,        // X-TC-Timestamp is missing or not a plain number
  date,             // the scope's date is not the timestamp's date in UTC
  payload,          // X-TC-Content-SHA256 is neither UNSIGNED-PAYLOAD nor the body's hash
  path,             // the path is not "/", which is all that TC3 signs of it
};

const char* tc3_fault_name(Tc3Fault fault);  // one phrase for a person

enum class Tc3Payload : uint8_t { body, none };  // none: UNSIGNED-PAYLOAD

struct Tc3Claim {
  std::string secret_id;
  std::string date;     // yyyy-mm-dd
  std::string service;  // the client's own word: "ses", "127", "localhost:8080"
  std::vector<std::string> signed_headers;
  std::string signature;
  int64_t timestamp = 0;
  Tc3Payload payload = Tc3Payload::body;

  bool signs(std::string_view header) const;  // its name in lower case
};

std::expected<Tc3Claim, Tc3Fault> read_tc3(const net::HttpRequest& request);

// Whether the request was signed with that key. Also true for what SDKs sign differently from what
// they send: Host without its port, header values in lower case.
bool matches(const net::HttpRequest& request, const Tc3Claim& claim, std::string_view secret_key);

// Whether the timestamp is within limits::kSignatureWindow of now, before or after.
bool fresh(const Tc3Claim& claim, WallTime now);

}  // namespace ph::httpauth
