// Purpose: the HTTP/1.1 server: bytes to requests and responses to bytes.
// Shapes: a handler gets a whole request, or one whose body it takes in pieces, and gives a whole
//   response, or one whose body is made in pieces; requests of one connection are served one after
//   the other. Target is as received (raw bytes), path and query are split at the first '?', not
//   decoded; of an absolute target the path is what follows the authority.
// Errors: refused with 400 and a closed connection (RFC 9112 §2.2, §3.2, §5.1, §5.2, §6.1, §6.3,
//   §7.1): line ends other than CRLF, transfer codings other than a final chunked, chunked on
//   HTTP/1.0, Content-Length beside Transfer-Encoding, repeated Content-Length, folded headers, a
//   blank before a header's colon, no or two Hosts, control bytes. Too large: 413, 431 or 414; too
//   slow: 408; another version: 505; an expectation we do not know: 417; no memory for more
//   bodies: 503. Such answers are problem+json.
// Threads: the handler runs on its connection's loop. stop() any.
// Spec: RFC 9110, RFC 9112; HTTP/1.0 is answered and then closed.
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
#include "net/tls.h"

namespace ph::net {

struct HttpHeader {
  std::string name;
  std::string value;
};

// A body that is taken while it comes.
class HttpBodyStream {
 public:
  virtual ~HttpBodyStream() = default;
  // The next piece; empty at its end. limit: it is larger than was allowed; invalid: it breaks its
  // framing; timeout, closed, io: of the connection. After an error nothing more comes.
  virtual Task<Result<std::string>> next() = 0;
};

struct HttpRequest {
  std::string method;
  std::string target;
  std::string path;
  std::string query;
  std::vector<HttpHeader> headers;  // as received, in order
  std::string body;
  HttpBodyStream* stream = nullptr;  // where the body is not whole; lives until the answer
  Endpoint peer;
  bool tls = false;
  // The only value of a header, first one where repeated; nullopt when absent. Name in any case.
  std::optional<std::string_view> header(std::string_view name) const;
};

// A body that is sent while it is made.
class HttpBodySource {
 public:
  virtual ~HttpBodySource() = default;
  // The next piece; empty at its end. The task ends early when the server stops or the peer goes.
  virtual Task<std::string> next() = 0;
};

struct HttpResponse {
  int status = 200;
  std::vector<HttpHeader> headers;  // Content-Length, Date and Connection are added
  std::string body;
  // Instead of a body: without Content-Length, and the connection ends with it (RFC 9112 §6.3).
  std::shared_ptr<HttpBodySource> source = nullptr;
};

using HttpHandler = std::function<Task<HttpResponse>(HttpRequest)>;

// Most bytes of the body, decided when the head is known; kHttpBodyBytes is the most in any case.
using HttpBodyMost = std::function<size_t(const HttpRequest& head)>;
// Most bytes of a body that the handler takes in pieces (HttpRequest::stream); 0: it comes whole.
using HttpBodyInPieces = std::function<uint64_t(const HttpRequest& head)>;

struct HttpServerOptions {
  ListenOptions listen;
  std::shared_ptr<TlsServerContext> tls;  // null: plain
  HttpBodyMost body_most;                 // null: kHttpBodyBytes
  HttpBodyInPieces in_pieces;             // null: none
  // Whose X-Forwarded-For and X-Forwarded-Proto are believed: `peer` and `tls` of a request are
  // then the client's (http_forwarded.h).
  std::vector<ph::Network> trusted_proxies;
};

class HttpServer {
 public:
  static Result<std::unique_ptr<HttpServer>> start(std::span<Loop* const> loops,
                                                   HttpServerOptions options, HttpHandler handler);
  virtual ~HttpServer() = default;
  virtual Endpoint local() const = 0;
  // No new connections and requests: idle ones end now, the others after their response. What the
  // handler uses must live until open() is 0 or the loops have ended.
  virtual void stop() = 0;
  virtual unsigned open() const = 0;
};

// The first value of that name, in any case.
std::optional<std::string_view> find_header(std::span<const HttpHeader> headers,
                                            std::string_view name);

// One connection, for tests and the fuzzer: reads requests from `stream` until it ends.
Task<> serve_http(std::unique_ptr<Stream> stream, HttpHandler handler,
                  HttpBodyInPieces in_pieces = {});

// application/x-www-form-urlencoded names and values of a query, percent-decoded; Errc::invalid for
// a broken escape, Errc::limit for more than kHttpQueryFields.
Result<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);
Result<std::string> percent_decode(std::string_view text);

}  // namespace ph::net
