// Purpose: a connected byte stream, plain or TLS, as a seam; and how streams are made.
// Shapes: read() gives 1..most bytes, or an empty string at the peer's orderly end. write() sends
//   all of its bytes. Both end at the deadline. TLS starts on an existing stream: what was read in
//   plain before is thrown away by the caller's protocol engine (RFC 3207 §4.2).
// Errors: timeout (deadline), closed (reset or end in the middle), io, and from connect also denied
//   (loopback_only, RFC 1918 policy is the caller's).
// Threads: one loop. One read and one write may be outstanding at the same time.
// Not here: name resolution (dns/), TLS contexts (tls.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/ip.h"
#include "base/result.h"
#include "net/loop.h"

namespace ph::net {

struct TlsInfo {
  bool active = false;
  std::string version;  // "TLSv1.3"
  std::string cipher;
  std::string server_name;   // SNI sent or received
  bool verified = false;     // the peer's chain and name held
  std::string verify_error;  // why not
  bool offered = false;      // a remembered session, by us as client
  bool resumed = false;      // with it: the certificate was checked by an earlier handshake
};

class TlsServerContext;
struct TlsClientOptions;

class Stream {
 public:
  virtual ~Stream() = default;  // closes
  virtual Task<Result<std::string>> read(size_t most, Deadline deadline) = 0;
  virtual Task<Result<>> write(std::string bytes, Deadline deadline) = 0;
  virtual Task<Result<>> start_tls_server(std::shared_ptr<TlsServerContext> context,
                                          Deadline deadline) = 0;
  virtual Task<Result<>> start_tls_client(TlsClientOptions options, Deadline deadline) = 0;
  // Orderly: TLS close_notify where TLS is on, then FIN.
  virtual Task<> shutdown(Deadline deadline) = 0;
  // At once; a pending read or write ends with closed.
  virtual void abort() = 0;
  virtual const TlsInfo& tls() const = 0;
  virtual Endpoint local() const = 0;
  virtual Endpoint peer() const = 0;
};

struct ConnectOptions {
  Endpoint to;
  std::optional<IpAddress> from;  // source address
};

class Network {
 public:
  virtual ~Network() = default;
  virtual Task<Result<std::unique_ptr<Stream>>> connect(ConnectOptions options,
                                                        Deadline deadline) = 0;
};

enum class Reach : uint8_t { anywhere, loopback_only };  // loopback_only: the sandbox

// TCP. With Reach::loopback_only every connect to another address is Errc::denied.
Network& system_network(Reach reach);

// Two streams that are each other's peer, in memory, for tests: also TLS works over them.
std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> stream_pair();

}  // namespace ph::net
