#include "net/acceptor.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/limits.h"
#include "base/log.h"

namespace ph::net {
namespace {

// One client: an IPv4 address, or an IPv6 /64, which is what one customer of a provider gets.
std::string client_key(const IpAddress& ip) {
  size_t size = ip.is_v4() ? 4 : 8;
  return std::string(reinterpret_cast<const char*>(ip.bytes().data()), size);
}

bool out_of_resources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

bool listener_ended(int error) { return error == EINVAL || error == EBADF; }

void refuse(int fd, const std::string& busy_reply) {
  if (!busy_reply.empty())
    ::send(fd, busy_reply.data(), busy_reply.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  ::shutdown(fd, SHUT_WR);
  char unread[512];  // bytes left unread would turn the close into a reset
  [[maybe_unused]] ssize_t n = ::recv(fd, unread, sizeof unread, MSG_DONTWAIT);
  ::close(fd);
}

Task<> serve(std::shared_ptr<const ConnectionHandler> handler, std::unique_ptr<Stream> stream,
             std::unique_ptr<Gate::Place> place) {
  co_await (*handler)(std::move(stream));
  place.reset();
}

void take(const AcceptorOptions& options, int fd, const void* from) {
  if (options.allowed != nullptr && !options.allowed(fd)) return refuse(fd, {});
  Endpoint peer = from_sockaddr(from);
  auto place = options.gate->enter(peer.address);
  if (!place) return refuse(fd, options.busy_reply);
  auto stream = make_socket_stream(fd, peer);
  if (!stream) return;
  LoopCore::here().spawn(serve(options.handler, std::move(*stream), std::move(place)));
}

}  // namespace

std::unique_ptr<Gate::Place> Gate::enter(const IpAddress& client) {
  std::string key = client_key(client);
  std::lock_guard lock(mutex_);
  if (stopped() || open() >= most_) return nullptr;
  auto has_client = [&](const ph::Network& n) { return n.contains(client); };
  bool proxy = std::ranges::any_of(proxies_, has_client);
  unsigned& count = clients_[key];
  if (!proxy && count >= per_client_) return nullptr;
  ++count;
  open_.fetch_add(1, std::memory_order_relaxed);
  return std::make_unique<Place>(shared_from_this(), std::move(key));
}

void Gate::leave(const std::string& client) {
  std::lock_guard lock(mutex_);
  open_.fetch_sub(1, std::memory_order_relaxed);
  auto at = clients_.find(client);
  if (at != clients_.end() && --at->second == 0) clients_.erase(at);
}

ListeningFd::~ListeningFd() { ::close(fd_); }

// Linux: a listening socket that is shut down refuses new connections and wakes its waiters.
void ListeningFd::shutdown() { ::shutdown(fd_, SHUT_RDWR); }

Task<> accept_all(AcceptorOptions options) {
  LoopCore& loop = LoopCore::here();
  // The loop gets a descriptor of its own, so that shutdown() never meets a number used again.
  Socket socket(::fcntl(options.listening->fd(), F_DUPFD_CLOEXEC, 3));
  auto attached = socket.open() ? socket.attach(loop) : Result<>(fail_errno("dup", errno));
  if (!attached) {
    log::error("listener failed", {{"error", attached.error().message}});
    co_return;
  }
  bool paused = false;  // told once, however long it lasts
  while (!options.gate->stopped()) {
    if (!loop.spend()) co_await YieldAwaiter{};
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    int fd = ::accept4(socket.fd(), reinterpret_cast<sockaddr*>(&from), &size,
                       SOCK_NONBLOCK | SOCK_CLOEXEC);
    int error = fd < 0 ? errno : 0;
    if (fd >= 0) {
      paused = false;
      take(options, fd, &from);
    } else if (error == EAGAIN || error == EWOULDBLOCK) {
      co_await socket.until_readable(Deadline::never());
    } else if (out_of_resources(error)) {
      if (!std::exchange(paused, true))
        log::warn("accepting paused", {{"error", std::string(std::strerror(error))}});
      co_await sleep_for(limits::kAcceptPause);
    } else if (listener_ended(error)) {
      co_return;
    }
    // Else the error belongs to the connection that was to come (accept(2)); go on with the next.
  }
}

}  // namespace ph::net
