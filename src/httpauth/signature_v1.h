// Purpose: verifies Tencent Cloud's signatures of version 1 (HmacSHA1, HmacSHA256), of parameters
//   in the query of a GET or in the form of a POST. Used as tc3.h is.
// Shapes: parameters are decoded, without Signature, in order of their names; timestamp in Unix
//   seconds. All parameters are signed; headers are not, but for Host.
// Threads: any.
// Errors: a fault is a request that no secret can make right; a wrong secret is matches() == false.
// Not here: who owns a SecretId, replay, what the parameters mean.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "net/http.h"

namespace ph::httpauth {

enum class V1Fault : uint8_t {
  absent,     // neither a GET nor a form, or without Signature
  form,       // a broken escape, too many parameters, or parameters in query and body both
  repeated,   // a parameter, or the Host header, is there twice
  missing,    // SecretId, Timestamp or Nonce is missing or empty
  algorithm,  // SignatureMethod is neither HmacSHA1 nor HmacSHA256
  timestamp,  // Timestamp is not a plain number
  path,       // the path is not "/"
};

const char* v1_fault_name(V1Fault fault);  // one phrase for a person

enum class V1Hash : uint8_t { sha1, sha256 };

struct V1Claim {
  std::string secret_id;
  std::string signature;  // base64, as received
  int64_t timestamp = 0;
  V1Hash hash = V1Hash::sha1;
  std::vector<std::pair<std::string, std::string>> parameters;

  std::optional<std::string_view> parameter(std::string_view name) const;
};

std::expected<V1Claim, V1Fault> read_v1(const net::HttpRequest& request);

// Whether the request was signed with that key. Also true for what SDKs sign differently from what
// they send: Host without its port, parameters without those that are empty.
bool matches(const net::HttpRequest& request, const V1Claim& claim, std::string_view secret_key);

// Whether the timestamp is within limits::kSignatureWindow of now, before or after.
bool fresh(const V1Claim& claim, WallTime now);

}  // namespace ph::httpauth
