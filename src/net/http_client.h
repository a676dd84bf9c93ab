// Purpose: one HTTP/1.1 call over an open Stream: for the control door and tests.
// Errors: as the Stream's; Errc::invalid for a response that breaks HTTP, Errc::limit for one that
//   is too large. After an error the connection must not be used again.
// Spec: RFC 9112. Threads: the stream's loop.
// Not here: names, redirects, proxies; requests to the outside go through the guarded client.
#pragma once

#include <string>
#include <vector>

#include "base/limits.h"
#include "net/http.h"

namespace ph::net {

struct HttpCall {
  std::string method = "GET";
  std::string target = "/";
  std::string host = "localhost";
  std::vector<HttpHeader> headers;  // Host and Content-Length are added
  std::string body;
  size_t body_most = limits::kHttpBodyBytes;  // of the response
};

// `stream` must live until the call has ended.
Task<Result<HttpResponse>> http_call(Stream& stream, HttpCall call, Deadline deadline);

}  // namespace ph::net
