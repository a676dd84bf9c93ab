// Purpose: the arguments of MAIL and RCPT: a path and its ESMTP parameters.
// Shapes: keywords are upper case; values are as given. A path is mime::SmtpPath.
// Errors: Error.field is "path" or the parameter's keyword; Errc::unsupported is a source route or
//   a parameter that is not offered, Errc::limit a length, Errc::invalid the rest.
// Threads: any.
// Spec: RFC 5321 §4.1.2 and §4.1.1.11, RFC 1870, RFC 6152, RFC 6531, RFC 4954 §5, RFC 3461 §4
//   (xtext). Deviations: white space behind the colon is taken, as all servers do; a quoted local
//   part may not hold '<' or '>': others read the end of the path there.
// Not here: whether the address exists or may be used.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mime/address.h"

namespace ph::smtp {

struct Parameter {
  std::string keyword;
  std::optional<std::string> value;
};

struct PathArgument {
  mime::SmtpPath path;
  std::vector<Parameter> parameters;
};

enum class PathRole : uint8_t {
  reverse,  // MAIL FROM: <> allowed
  forward,  // RCPT TO: <Postmaster> allowed
};

// What stands behind "FROM:" or "TO:".
Result<PathArgument> parse_path_argument(std::string_view text, PathRole role);

enum class Body : uint8_t { seven_bit, eight_bit };

struct MailParameters {
  uint64_t size = 0;  // declared octets, 0: not declared
  Body body = Body::seven_bit;
  bool smtputf8 = false;
  std::optional<std::string> auth;  // decoded AUTH=, "<>" included; believed by nobody
};

struct OfferedParameters {
  bool smtputf8 = false;
  bool auth = false;
};

Result<MailParameters> read_mail_parameters(const std::vector<Parameter>& given,
                                            OfferedParameters offered);

Result<std::string> xtext_decode(std::string_view text);
std::string xtext_encode(std::string_view text);

// "<a@d>", "<>", "<Postmaster>": for the wire.
std::string path_text(const mime::SmtpPath& path);
// An address without brackets, or "" for the null path, by the same rules as the wire's.
Result<mime::SmtpPath> make_path(std::string_view address);
bool path_needs_utf8(const mime::SmtpPath& path);

}  // namespace ph::smtp
