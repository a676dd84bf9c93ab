// Purpose: verifies AWS Signature Version 4 of an HTTP request, in its header and in its query
//   (presigned) form. A door reads the claim, finds the secret of its access key, then asks whether
//   the signature matches and is fresh.
// Shapes: names and values as received; times in Unix seconds; the signature is 64 lower-case hex
//   digits. X-Amz-Security-Token may be added after signing, as AWS allows.
// Threads: any.
// Errors: a fault is a request that no secret can make right; a wrong secret is matches() == false.
// Spec: Signature Version 4 of the AWS General Reference.
// Not here: who owns an access key, session tokens, payloads signed in chunks, Signature 4A.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "net/http.h"

namespace ph::httpauth {

enum class Sigv4Fault : uint8_t {
  absent,          // neither an Authorization header nor X-Amz-Signature in the query
  ambiguous,       // both of them
  algorithm,       // not AWS4-HMAC-SHA256
  malformed,       // not `Credential=…, SignedHeaders=…, Signature=…`, or a parameter of it missing
  scope,           // the credential is not key/date/region/service/aws4_request
  signed_headers,  // the list is not lower case, in order, each name once
  not_signed,      // host, or an X-Amz-* header that is there, is not in the list
  header_missing,  // a listed header is not in the request
  header_repeated,     // Host, Authorization or an X-Amz-* header is there twice
  parameter_repeated,  // an X-Amz-* parameter of a presigned query is there twice
  header_value,        // a listed header has a control character in it
  time,                // X-Amz-Date is missing or not yyyymmddThhmmssZ
  date,                // the scope's date is not that of X-Amz-Date
  expires,             // X-Amz-Expires is not a number of seconds, or above limits::kPresignedMost
  payload,             // X-Amz-Content-SHA256 is neither UNSIGNED-PAYLOAD nor the body's hash
  query,               // a broken percent escape, or too many parameters
};

const char* sigv4_fault_name(Sigv4Fault fault);  // one phrase for a person

enum class Sigv4Form : uint8_t { header, query };

struct Sigv4Claim {
  Sigv4Form form = Sigv4Form::header;
  std::string access_key;
  std::string date;  // yyyymmdd
  std::string region;
  std::string service;
  std::vector<std::string> signed_headers;
  std::string signature;
  std::string stamp;      // X-Amz-Date as received
  int64_t timestamp = 0;  // the same
  int64_t expires = 0;    // of the query form; 0: as the header form
  std::string payload;    // what the canonical request ends with

  bool signs(std::string_view header) const;  // its name in lower case
};

std::expected<Sigv4Claim, Sigv4Fault> read_sigv4(const net::HttpRequest& request);

// Whether the request was signed with that secret. Paths are tried as services differ: normalised
// or as received, escaped once or twice. A header given several times, or folded, is one list.
bool matches(const net::HttpRequest& request, const Sigv4Claim& claim, std::string_view secret);

// Whether the request may be used now: limits::kSignatureWindow around its time; a presigned one
// until it expires.
bool fresh(const Sigv4Claim& claim, WallTime now);

}  // namespace ph::httpauth
