#include "net/udp.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/limits.h"
#include "net/transport.h"

namespace ph::net {
namespace {

// What a receive() keeps alive.
class SystemUdp : public UdpSocket {
 public:
  SystemUdp(std::shared_ptr<Socket> socket, Endpoint local)
      : socket_(std::move(socket)), local_(local) {}
  ~SystemUdp() override { socket_->close(); }

  Task<Result<Datagram>> receive(Deadline deadline) override {
    return receive_loop(socket_, deadline);
  }

  Result<> send(const Endpoint& to, std::string_view bytes) override {
    std::string address = to_sockaddr(to);
    ssize_t n = ::sendto(socket_->fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                         reinterpret_cast<const sockaddr*>(address.data()),
                         static_cast<socklen_t>(address.size()));
    if (n < 0) return fail_errno("send to " + to.text(), errno);
    return {};
  }

  Endpoint local() const override { return local_; }

 private:
  static Task<Result<Datagram>> receive_loop(std::shared_ptr<Socket> socket, Deadline deadline) {
    static thread_local char buffer[limits::kDnsMessage];
    LoopCore& loop = LoopCore::here();
    if (!loop.spend()) co_await YieldAwaiter{};
    for (;;) {
      if (!socket->open()) co_return fail_closed();
      if (deadline.passed(loop.clock())) co_return fail_timeout("receiving");
      if (!socket->maybe_readable()) {
        co_await socket->until_readable(deadline);
        continue;
      }
      sockaddr_storage from{};
      socklen_t size = sizeof from;
      ssize_t n = ::recvfrom(socket->fd(), buffer, sizeof buffer, 0,
                             reinterpret_cast<sockaddr*>(&from), &size);
      if (n >= 0)
        co_return Datagram{from_sockaddr(&from), std::string(buffer, static_cast<size_t>(n))};
      if (errno == EAGAIN || errno == EWOULDBLOCK) {
        socket->read_would_block();
      } else if (errno != EINTR) {
        co_return fail_errno("receive", errno);
      }
    }
  }

  std::shared_ptr<Socket> socket_;
  Endpoint local_;
};

}  // namespace

namespace {

// A bound socket, not yet watched by a loop.
Result<std::shared_ptr<Socket>> bound_socket(const Endpoint& local) {
  int family = local.address.is_v4() ? AF_INET : AF_INET6;
  int fd = ::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail_errno("socket", errno);
  auto socket = std::make_shared<Socket>(fd);
  int only6 = 1;
  if (family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only6, sizeof only6);
  std::string address = to_sockaddr(local);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(address.data()),
             static_cast<socklen_t>(address.size())) != 0)
    return fail_errno("bind " + local.text(), errno);
  return socket;
}

Result<std::unique_ptr<UdpSocket>> watched(Loop& loop, std::shared_ptr<Socket> socket) {
  TRY(socket->attach(loop));
  Endpoint local = local_endpoint(socket->fd());
  return std::make_unique<SystemUdp>(std::move(socket), local);
}

}  // namespace

Result<std::unique_ptr<UdpSocket>> UdpSocket::bind(Loop& loop, Endpoint local) {
  auto socket = TRY(bound_socket(local));
  // Many may speak at once; what does not fit is lost without a word.
  int room = limits::kUdpReceiveBuffer;
  ::setsockopt(socket->fd(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  return watched(loop, std::move(socket));
}

Result<std::unique_ptr<UdpSocket>> UdpSocket::connect(Loop& loop, Endpoint peer) {
  IpAddress any = peer.address.is_v4() ? IpAddress() : IpAddress::v6({});
  auto socket = TRY(bound_socket(Endpoint{any, 0}));
  std::string address = to_sockaddr(peer);
  // RFC 1122 §4.1.3.3: only a connected socket is told of an ICMP "port unreachable".
  if (::connect(socket->fd(), reinterpret_cast<const sockaddr*>(address.data()),
                static_cast<socklen_t>(address.size())) != 0)
    return fail_errno("connect to " + peer.text(), errno);
  return watched(loop, std::move(socket));
}

}  // namespace ph::net
