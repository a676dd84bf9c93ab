#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/limits.h"
#include "net/transport.h"

namespace ph::net {
namespace {

std::unexpected<Error> fail_socket(const char* what, int error) {
  if (error == ECONNRESET || error == EPIPE || error == ENOTCONN)
    return fail(Errc::closed, "the peer reset the connection");
  if (error == ETIMEDOUT) return fail(Errc::closed, "the peer does not answer any more");
  return fail_errno(what, error);
}

class SocketTransport : public Transport, public std::enable_shared_from_this<SocketTransport> {
 public:
  SocketTransport(std::unique_ptr<Socket> socket, Endpoint peer)
      : socket_(std::move(socket)), peer_(peer) {}

  Task<Result<std::string>> read(size_t most, Deadline deadline) override {
    return read_loop(shared_from_this(), most, deadline);
  }
  Task<Result<>> write(std::string bytes, Deadline deadline) override {
    return write_loop(shared_from_this(), std::move(bytes), deadline);
  }
  void end_writing() override {
    if (socket_->open()) ::shutdown(socket_->fd(), SHUT_WR);
  }
  void abort() override {
    if (!socket_->open()) return;
    linger now{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_->fd(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    socket_->close();
  }
  void close() override { socket_->close(); }
  Endpoint local() const override {
    return socket_->open() ? local_endpoint(socket_->fd()) : Endpoint{};
  }
  Endpoint peer() const override { return peer_; }

 private:
  using Self = std::shared_ptr<SocketTransport>;

  // Nothing while it would block.
  static std::optional<Result<std::string>> receive(Socket& socket, size_t most) {
    static thread_local char buffer[limits::kStreamRead];
    size_t want = std::min(most, sizeof buffer);
    ssize_t n = ::recv(socket.fd(), buffer, want, 0);
    if (n >= 0) {
      if (static_cast<size_t>(n) < want) socket.read_short();
      return std::string(buffer, static_cast<size_t>(n));
    }
    if (errno == EINTR) return std::nullopt;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return fail_socket("receive", errno);
    socket.read_would_block();
    return std::nullopt;
  }

  static Task<Result<std::string>> read_loop(Self self, size_t most, Deadline deadline) {
    LoopCore& loop = LoopCore::here();
    if (!loop.spend()) co_await YieldAwaiter{};
    for (;;) {
      if (!self->socket_->open()) co_return fail_closed();
      if (deadline.passed(loop.clock())) co_return fail_timeout("reading");
      if (self->socket_->maybe_readable()) {
        auto got = receive(*self->socket_, most);
        if (got) co_return std::move(*got);
        continue;
      }
      co_await self->socket_->until_readable(deadline);
    }
  }

  static Task<Result<>> write_loop(Self self, std::string bytes, Deadline deadline) {
    LoopCore& loop = LoopCore::here();
    size_t sent = 0;
    while (sent < bytes.size()) {
      if (!loop.spend()) co_await YieldAwaiter{};
      if (!self->socket_->open()) co_return fail_closed();
      if (deadline.passed(loop.clock())) co_return fail_timeout("writing");
      if (!self->socket_->maybe_writable()) {
        co_await self->socket_->until_writable(deadline);
        continue;
      }
      ssize_t n =
          ::send(self->socket_->fd(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (n >= 0) {
        sent += static_cast<size_t>(n);
      } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
        self->socket_->write_would_block();
      } else if (errno != EINTR) {
        co_return fail_socket("send", errno);
      }
    }
    co_return Result<>();
  }

  std::unique_ptr<Socket> socket_;
  Endpoint peer_;
};

void set_option(int fd, int level, int name, int value) {
  ::setsockopt(fd, level, name, &value, sizeof value);  // a wish: without it the stream still works
}

int new_socket(const Endpoint& to) {
  int family = to.address.is_v4() ? AF_INET : AF_INET6;
  return ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

class SystemNetwork : public Network {
 public:
  explicit SystemNetwork(Reach reach) : reach_(reach) {}

  Task<Result<std::unique_ptr<Stream>>> connect(ConnectOptions options,
                                                Deadline deadline) override {
    if (reach_ == Reach::loopback_only && !options.to.address.is_loopback())
      co_return fail(Errc::denied, "only this machine may be connected to, not " +
                                       options.to.text());
    int fd = new_socket(options.to);
    if (fd < 0) co_return fail_errno("socket", errno);
    if (options.from) {
      set_option(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
      std::string from = to_sockaddr({*options.from, 0});
      if (::bind(fd, reinterpret_cast<const sockaddr*>(from.data()),
                 static_cast<socklen_t>(from.size())) != 0) {
        int error = errno;
        ::close(fd);
        co_return fail_errno("bind " + options.from->text(), error);
      }
    }
    auto socket = co_await connect_socket(fd, to_sockaddr(options.to),
                                          "connect " + options.to.text(), deadline);
    if (!socket) co_return std::unexpected(socket.error());
    set_stream_options(fd);
    co_return make_socket_stream(std::move(*socket), options.to);
  }

 private:
  Reach reach_;
};

}  // namespace

std::string to_sockaddr(const Endpoint& endpoint) {
  if (endpoint.address.is_v4()) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(endpoint.port);
    in.sin_addr.s_addr = htonl(endpoint.address.v4_number());
    return {reinterpret_cast<const char*>(&in), sizeof in};
  }
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(endpoint.port);
  std::memcpy(&in.sin6_addr, endpoint.address.bytes().data(), 16);
  return {reinterpret_cast<const char*>(&in), sizeof in};
}

Endpoint from_sockaddr(const void* address) {
  sa_family_t family{};
  std::memcpy(&family, address, sizeof family);
  if (family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, address, sizeof in);
    return {IpAddress::v4(ntohl(in.sin_addr.s_addr)), ntohs(in.sin_port)};
  }
  if (family != AF_INET6) return {};
  sockaddr_in6 in{};
  std::memcpy(&in, address, sizeof in);
  std::array<uint8_t, 16> bytes{};
  std::memcpy(bytes.data(), &in.sin6_addr, 16);
  return {IpAddress::v6(bytes), ntohs(in.sin6_port)};
}

Endpoint local_endpoint(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return {};
  return from_sockaddr(&storage);
}

void set_stream_options(int fd) {
  set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(fd, IPPROTO_TCP, TCP_KEEPIDLE,
             static_cast<int>(limits::kKeepAliveIdle / std::chrono::seconds(1)));
}

std::unique_ptr<Stream> make_socket_stream(std::unique_ptr<Socket> socket, Endpoint peer) {
  return make_stream(std::make_shared<SocketTransport>(std::move(socket), peer));
}

Result<std::unique_ptr<Stream>> make_socket_stream(int fd, Endpoint peer) {
  auto socket = std::make_unique<Socket>(fd);
  TRY(socket->attach(LoopCore::here()));
  return make_socket_stream(std::move(socket), peer);
}

Task<Result<std::unique_ptr<Socket>>> connect_socket(int fd, std::string address,
                                                     std::string what, Deadline deadline) {
  auto socket = std::make_unique<Socket>(fd);
  int rc = ::connect(fd, reinterpret_cast<const sockaddr*>(address.data()),
                     static_cast<socklen_t>(address.size()));
  int error = rc == 0 ? 0 : errno;
  if (error != 0 && error != EINPROGRESS && error != EINTR) co_return fail_errno(what, error);
  // After connect(): a socket that was never connected counts as hung up.
  auto attached = socket->attach(LoopCore::here());
  if (!attached) co_return std::unexpected(attached.error());
  if (error == 0) co_return std::move(socket);
  // The first edge may only tell how things stood when the socket was registered.
  for (;;) {
    bool came = co_await socket->until_writable(deadline);
    if (!came) co_return fail_timeout(what.c_str());
    int state = 0;
    socklen_t size = sizeof state;
    if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &state, &size) != 0) state = errno;
    if (state != 0) co_return fail_errno(what, state);
    sockaddr_storage peer{};
    size = sizeof peer;
    if (::getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) == 0)
      co_return std::move(socket);
  }
}

Network& system_network(Reach reach) {
  static SystemNetwork anywhere(Reach::anywhere);
  static SystemNetwork loopback_only(Reach::loopback_only);
  return reach == Reach::anywhere ? anywhere : loopback_only;
}

}  // namespace ph::net
