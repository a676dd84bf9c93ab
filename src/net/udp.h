// Purpose: datagrams, for DNS.
// Threads: one loop.
#pragma once

#include <memory>
#include <string>

#include "base/ip.h"
#include "net/loop.h"

namespace ph::net {

struct Datagram {
  Endpoint from;
  std::string bytes;
};

class UdpSocket {
 public:
  // Port 0: a random one of the kernel's.
  static Result<std::unique_ptr<UdpSocket>> bind(Loop& loop, Endpoint local);
  // A socket of a random port that hears this peer alone, and also that nobody is there: receive()
  // then fails at once with io.
  static Result<std::unique_ptr<UdpSocket>> connect(Loop& loop, Endpoint peer);
  virtual ~UdpSocket() = default;
  virtual Task<Result<Datagram>> receive(Deadline deadline) = 0;
  virtual Result<> send(const Endpoint& to, std::string_view bytes) = 0;
  virtual Endpoint local() const = 0;
};

}  // namespace ph::net
