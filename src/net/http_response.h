// Purpose: a response as bytes. Private to net/.
#pragma once

#include <string>

#include "base/clock.h"
#include "net/http.h"

namespace ph::net {

enum class AfterResponse : uint8_t { keep_alive, close };
enum class WithBody : uint8_t { yes, no };  // no: the answer to HEAD

// Adds Content-Length, Date and Connection. A response whose status or headers cannot be written
// becomes a plain 500, and is logged.
std::string write_http_response(HttpResponse response, AfterResponse after, WithBody with_body,
                                WallTime now);
// A refusal as problem+json; `detail` is text of ours.
HttpResponse http_problem(int status, std::string_view detail);

}  // namespace ph::net
