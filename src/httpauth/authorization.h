// Purpose: what TC3 and AWS Signature Version 4 share: the Authorization header's three fields, the
//   credential scope, and headers as a signature takes them.
// Shapes: views into the text that was given.
// Threads: any.
// Not here: what is signed (tc3.h, sigv4.h).
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/http.h"

namespace ph::httpauth {

struct Authorization {
  std::string_view credential;
  std::string_view signed_headers;
  std::string_view signature;
};

// `Credential=…, SignedHeaders=…, Signature=…` after the scheme: in any order, each once.
std::optional<Authorization> read_fields(std::string_view fields);

// The parts of `a/b/c`, when there are that many, none empty, and each is visible ASCII of at most
// limits::kCredentialPart octets.
std::optional<std::vector<std::string_view>> credential_parts(std::string_view credential,
                                                              size_t parts);

// Names of a SignedHeaders list: lower case, in ASCII order, each once, without authorization
// itself; limits::kSignedHeaders.
std::optional<std::vector<std::string_view>> signed_header_names(std::string_view list);

bool is_signature(std::string_view text);  // 64 lower-case hex digits

size_t count_headers(std::span<const net::HttpHeader> headers, std::string_view name);

}  // namespace ph::httpauth
