#include "net/listener.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "base/limits.h"
#include "net/acceptor.h"

namespace ph::net {
namespace {

enum class Share : uint8_t { alone, with_own };

Result<std::shared_ptr<ListeningFd>> bound(const Endpoint& at, Share share) {
  int family = at.address.is_v4() ? AF_INET : AF_INET6;
  int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail_errno("socket", errno);
  auto held = std::make_shared<ListeningFd>(fd);
  int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (share == Share::with_own) ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  set_stream_options(fd);  // once here instead of for each connection
  std::string address = to_sockaddr(at);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(address.data()),
             static_cast<socklen_t>(address.size())) != 0)
    return fail_errno("listen on " + at.text(), errno);
  return held;
}

class TcpListener : public Listener {
 public:
  TcpListener(std::vector<std::shared_ptr<ListeningFd>> sockets, std::shared_ptr<Gate> gate)
      : sockets_(std::move(sockets)), gate_(std::move(gate)) {}
  ~TcpListener() override { stop(); }
  Endpoint local() const override { return local_endpoint(sockets_[0]->fd()); }
  void stop() override {
    gate_->stop();
    for (const auto& socket : sockets_) socket->shutdown();
  }
  unsigned open() const override { return gate_->open(); }

 private:
  std::vector<std::shared_ptr<ListeningFd>> sockets_;
  std::shared_ptr<Gate> gate_;
};

}  // namespace

Result<std::unique_ptr<Listener>> Listener::start(std::span<Loop* const> loops,
                                                  ListenOptions options,
                                                  ConnectionHandler handler) {
  PH_CHECK(!loops.empty());
  // With SO_REUSEPORT a second installation could take half of our connections unseen: the first
  // socket is bound without it, to learn whether the port is in use.
  Endpoint at = options.at;
  if (at.port != 0) TRY(bound(at, Share::alone));
  std::vector<std::shared_ptr<ListeningFd>> sockets;
  for (size_t i = 0; i < loops.size(); ++i) {
    auto socket = TRY(bound(at, Share::with_own));
    at.port = local_endpoint(socket->fd()).port;
    sockets.push_back(std::move(socket));
  }
  for (const auto& socket : sockets) {
    if (::listen(socket->fd(), limits::kAcceptBacklog) != 0)
      return fail_errno("listen on " + at.text(), errno);
  }
  auto gate = std::make_shared<Gate>(options.connections, options.connections_per_client,
                                     std::move(options.proxies));
  auto shared_handler = std::make_shared<const ConnectionHandler>(std::move(handler));
  for (size_t i = 0; i < loops.size(); ++i)
    loops[i]->spawn(accept_all({sockets[i], gate, shared_handler, options.busy_reply}));
  return std::make_unique<TcpListener>(std::move(sockets), std::move(gate));
}

}  // namespace ph::net
