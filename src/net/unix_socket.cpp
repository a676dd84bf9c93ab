#include "net/unix_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/limits.h"
#include "net/acceptor.h"

namespace ph::net {
namespace {

Result<std::string> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path || path.find('\0') != path.npos)
    return fail(Errc::invalid, "the path of a unix socket has 1 to 107 bytes: " + path, "path");
  std::memcpy(address.sun_path, path.data(), path.size());
  return std::string(reinterpret_cast<const char*>(&address), sizeof address);
}

Result<std::shared_ptr<ListeningFd>> new_unix_fd() {
  int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail_errno("socket", errno);
  return std::make_shared<ListeningFd>(fd);
}

int call_bind(int fd, const std::string& address) {
  return ::bind(fd, reinterpret_cast<const sockaddr*>(address.data()),
                static_cast<socklen_t>(address.size()));
}

// Only what a dead server left is removed: a socket that refuses connections.
Result<> remove_stale(const std::string& path, const std::string& address) {
  struct stat st{};
  if (::lstat(path.c_str(), &st) != 0 || !S_ISSOCK(st.st_mode))
    return fail(Errc::conflict, path + " exists and is no socket", "path");
  auto probe = TRY(new_unix_fd());
  int rc = ::connect(probe->fd(), reinterpret_cast<const sockaddr*>(address.data()),
                     static_cast<socklen_t>(address.size()));
  if (rc == 0 || errno != ECONNREFUSED)
    return fail(Errc::conflict, "another server listens on " + path, "path");
  if (::unlink(path.c_str()) != 0) return fail_errno("remove " + path, errno);
  return {};
}

Result<std::shared_ptr<ListeningFd>> listen_at(const std::string& path) {
  std::string address = TRY(unix_address(path));
  auto socket = TRY(new_unix_fd());
  // Linux gives the file the mode of the unbound socket: there is no moment with a wider one.
  if (::fchmod(socket->fd(), 0600) != 0) return fail_errno("chmod of a socket", errno);
  if (call_bind(socket->fd(), address) != 0) {
    if (errno != EADDRINUSE) return fail_errno("listen on " + path, errno);
    TRY(remove_stale(path, address));
    if (call_bind(socket->fd(), address) != 0) return fail_errno("listen on " + path, errno);
  }
  if (::listen(socket->fd(), limits::kAcceptBacklog) != 0)
    return fail_errno("listen on " + path, errno);
  return socket;
}

bool same_user(int fd) {
  ucred peer{};
  socklen_t size = sizeof peer;
  return ::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
         (peer.uid == 0 || peer.uid == ::geteuid());
}

class FileListener : public UnixListener {
 public:
  FileListener(std::string path, std::shared_ptr<ListeningFd> socket, std::shared_ptr<Gate> gate)
      : path_(std::move(path)), socket_(std::move(socket)), gate_(std::move(gate)) {}
  ~FileListener() override { stop(); }
  void stop() override {
    if (std::exchange(stopped_, true)) return;
    gate_->stop();
    ::unlink(path_.c_str());
    socket_->shutdown();
  }
  unsigned open() const override { return gate_->open(); }

 private:
  std::string path_;
  std::shared_ptr<ListeningFd> socket_;
  std::shared_ptr<Gate> gate_;
  bool stopped_ = false;
};

}  // namespace

Result<std::unique_ptr<UnixListener>> UnixListener::start(Loop& loop, UnixListenOptions options,
                                                          ConnectionHandler handler) {
  auto socket = TRY(listen_at(options.path));
  auto gate = std::make_shared<Gate>(options.connections, options.connections);
  auto shared_handler = std::make_shared<const ConnectionHandler>(std::move(handler));
  loop.spawn(accept_all({socket, gate, std::move(shared_handler), {}, same_user}));
  return std::make_unique<FileListener>(std::move(options.path), std::move(socket),
                                        std::move(gate));
}

Task<Result<std::unique_ptr<Stream>>> connect_unix(std::string path, Deadline deadline) {
  auto address = unix_address(path);
  if (!address) co_return std::unexpected(address.error());
  int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) co_return fail_errno("socket", errno);
  if (::access(path.c_str(), F_OK) != 0 && errno == ENOENT) {
    ::close(fd);
    co_return fail(Errc::not_found, path + ": no such socket");
  }
  auto socket = co_await connect_socket(fd, std::move(*address), "connect " + path, deadline);
  if (!socket) co_return std::unexpected(socket.error());
  co_return make_socket_stream(std::move(*socket), {});
}

}  // namespace ph::net
