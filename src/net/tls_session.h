// Purpose: one TLS session as a machine without I/O: bytes of the wire in and out, plain bytes out
//   and in. Private to net/.
// Errors: what the peer did wrong is Outcome::failed, with OpenSSL's words in error().
// Threads: one loop.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/stream.h"
#include "net/tls.h"

namespace ph::net {

class TlsSession {
 public:
  enum class Outcome : uint8_t { done, wants_input, ended, failed };

  static std::unique_ptr<TlsSession> server(const std::shared_ptr<TlsServerContext>& context);
  static Result<std::unique_ptr<TlsSession>> client(const TlsClientOptions& options);
  virtual ~TlsSession() = default;

  virtual Outcome handshake() = 0;
  virtual Outcome read(size_t most, std::string& out) = 0;  // done: `out` has 1..most bytes
  virtual Outcome write(std::string_view bytes) = 0;        // done: all of them
  virtual void close_notify() = 0;

  virtual void feed(std::string bytes) = 0;   // from the wire
  virtual std::string take_output() = 0;      // for the wire
  virtual bool has_output() const = 0;

  virtual const std::string& error() const = 0;
  // Whether the handshake failed because verification was required and did not hold.
  virtual bool refused_peer() const = 0;
  virtual TlsInfo info() const = 0;  // after the handshake
  // A session that was offered for resumption is offered no more.
  virtual void forget() = 0;
};

}  // namespace ph::net
