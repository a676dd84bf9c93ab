// Purpose: Content-Type and Content-Disposition fields with their parameters.
// Shapes: type, kind and parameter names in lower case; values decoded to UTF-8, in order of first
//   appearance; of two parameters with one name the first counts.
// Threads: any.
// Errors: invalid for a value without a type; limit for too many or too long parameters. A broken
//   parameter is skipped and is not an error: real mail has them.
// Spec: RFC 2045 §5.1, RFC 2183 §2, RFC 2231 §3 and §4.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ph::mime {

struct Parameter {
  std::string name;
  std::string value;
  bool operator==(const Parameter&) const = default;
};

struct ContentType {
  std::string type = "text";
  std::string subtype = "plain";
  std::vector<Parameter> parameters;

  std::string full() const { return type + "/" + subtype; }
  bool is(std::string_view full_type) const;                // "multipart/signed", in lower case
  std::string_view parameter(std::string_view name) const;  // empty without one
};

struct ContentDisposition {
  std::string kind;  // inline, attachment, …
  std::vector<Parameter> parameters;

  std::string_view parameter(std::string_view name) const;
};

// Values may be folded.
Result<ContentType> parse_content_type(std::string_view value);
Result<ContentDisposition> parse_content_disposition(std::string_view value);

// RFC 2045 §5.1 token.
bool is_token(std::string_view text);

}  // namespace ph::mime
