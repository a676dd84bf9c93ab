// Purpose: a signed HTTP request as it stands in a file, for `sign verify`: read for what it says,
//   where the server (net/http.h) refuses.
// Shapes: lines end with LF or CRLF. A folded header keeps its line end in its value; a target may
//   have blanks in it. The body is every byte after the empty line, and as long as Content-Length
//   says, where that is there; line ends beyond that length, or as the only body, are none of it.
// Errors: Errc::invalid with one phrase; Errc::limit.
// Threads: any.
#pragma once

#include "base/result.h"
#include "net/http.h"

namespace ph::cli {

Result<net::HttpRequest> parse_request_file(std::string_view text);

}  // namespace ph::cli
