// Purpose: the raw bytes under a Stream, and how a Stream is made over them. Private to net/.
// Shapes: read, write and errors as in stream.h. Every operation keeps its Transport alive, so
//   that a Stream may be destroyed while an operation waits: it then ends with closed.
// Threads: one loop.
#pragma once

#include <memory>

#include "net/reactor.h"
#include "net/stream.h"

namespace ph::net {

class Transport {
 public:
  virtual ~Transport() = default;
  virtual Task<Result<std::string>> read(size_t most, Deadline deadline) = 0;
  virtual Task<Result<>> write(std::string bytes, Deadline deadline) = 0;
  virtual void end_writing() = 0;  // FIN
  virtual void abort() = 0;        // at once, unsent bytes are lost
  virtual void close() = 0;        // as the destructor of a socket: unsent bytes go on
  virtual Endpoint local() const = 0;
  virtual Endpoint peer() const = 0;
};

std::unique_ptr<Stream> make_stream(std::shared_ptr<Transport> transport);

// What every stream's socket wants: no delay, keep-alive. Accepted ones inherit it.
void set_stream_options(int fd);
// Over a connected, non-blocking stream socket; the descriptor is owned from here on.
Result<std::unique_ptr<Stream>> make_socket_stream(int fd, Endpoint peer);
// Connects `fd`, an unconnected non-blocking socket, which it owns, to the address.
Task<Result<std::unique_ptr<Socket>>> connect_socket(int fd, std::string address,
                                                     std::string what, Deadline deadline);
std::unique_ptr<Stream> make_socket_stream(std::unique_ptr<Socket> socket, Endpoint peer);

// struct sockaddr bytes of an endpoint, and back.
std::string to_sockaddr(const Endpoint& endpoint);
Endpoint from_sockaddr(const void* address);
Endpoint local_endpoint(int fd);

inline std::unexpected<Error> fail_closed() {
  return fail(Errc::closed, "the connection is closed");
}
inline std::unexpected<Error> fail_timeout(const char* what) {
  return fail(Errc::timeout, std::string("time is up: ") + what);
}

}  // namespace ph::net
