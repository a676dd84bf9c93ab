// Purpose: the HTTP/1.1 server: bytes to requests and responses to bytes; Beast inside http.cpp.
// Shapes: a handler gets a whole request and gives a whole response. Target is as received (raw
//   bytes), path and query are split at the first '?', not decoded.
// Errors: what Beast 1.81 lets through is refused here with 400 and a closed connection (RFC 9112
//   §6.1, §6.3, §5.2, §3.2): transfer codings other than a final chunked, chunked on HTTP/1.0,
//   Content-Length beside Transfer-Encoding, repeated Content-Length, folded headers, no or two
//   Hosts, control bytes in a target. Too large: 413, 431 or 414. Too slow: 408.
// Threads: the handler runs on its connection's loop.
// Spec: RFC 9110, RFC 9112.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/listener.h"

namespace ph::net {

struct HttpHeader {
  std::string name;
  std::string value;
};

struct HttpRequest {
  std::string method;
  std::string target;
  std::string path;
  std::string query;
  std::vector<HttpHeader> headers;  // as received, in order
  std::string body;
  Endpoint peer;
  bool tls = false;
  // The only value of a header, first one where repeated; nullopt when absent. Name in any case.
  std::optional<std::string_view> header(std::string_view name) const;
};

struct HttpResponse {
  int status = 200;
  std::vector<HttpHeader> headers;  // Content-Length, Date and Connection are added
  std::string body;
};

using HttpHandler = std::function<Task<HttpResponse>(HttpRequest)>;

struct HttpServerOptions {
  ListenOptions listen;
  std::shared_ptr<TlsServerContext> tls;  // null: plain
};

class HttpServer {
 public:
  static Result<std::unique_ptr<HttpServer>> start(std::span<Loop* const> loops,
                                                   HttpServerOptions options, HttpHandler handler);
  virtual ~HttpServer() = default;
  virtual Endpoint local() const = 0;
  virtual void stop() = 0;
};

// One connection, for tests and the fuzzer: reads requests from `stream` until it ends.
Task<> serve_http(std::unique_ptr<Stream> stream, HttpHandler handler);

// application/x-www-form-urlencoded names and values of a query, percent-decoded; Errc::invalid for
// a broken escape.
Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);
Result<std::string> percent_decode(std::string_view text);

}  // namespace ph::net
