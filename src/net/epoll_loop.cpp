#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "base/limits.h"
#include "net/reactor.h"

namespace ph::net {
namespace {

class Epoll : public Reactor, public Waker {
 public:
  Epoll()
      : epoll_(::epoll_create1(EPOLL_CLOEXEC)), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    PH_CHECK(epoll_ >= 0 && wake_ >= 0);  // at the start only: nothing works without them
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.ptr = nullptr;
    PH_CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) == 0);
  }
  ~Epoll() override {
    ::close(wake_);
    ::close(epoll_);
  }

  Result<> add(int fd, Handler* handler) override {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.ptr = handler;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return fail_errno("epoll_ctl", errno);
    return {};
  }

  void remove(int fd) override {
    epoll_event event{};
    ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, &event);
  }

  // The eventfd is edge-triggered and never read: each write is an edge of its own.
  void wake() override {
    uint64_t one = 1;
    [[maybe_unused]] ssize_t n = ::write(wake_, &one, sizeof one);
  }

  void poll(int timeout_ms) {
    epoll_event events[limits::kLoopEvents];
    int n = ::epoll_wait(epoll_, events, limits::kLoopEvents, timeout_ms);
    PH_CHECK(n >= 0 || errno == EINTR);
    for (int i = 0; i < n; ++i) {
      auto* handler = static_cast<Handler*>(events[i].data.ptr);
      if (handler == nullptr) continue;
      uint32_t e = events[i].events;
      bool hung_up = (e & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
      handler->on_ready((e & EPOLLIN) != 0, (e & EPOLLOUT) != 0, hung_up);
    }
  }

 private:
  int epoll_;
  int wake_;
};

class EpollLoop : public LoopCore {
 public:
  explicit EpollLoop(Clock& clock) : EpollLoop(clock, std::make_shared<Epoll>()) {}
  ~EpollLoop() override { close(); }

  void run() override {
    RunScope scope(this);
    while (!stopping()) {
      turn();
      if (stopping()) break;
      epoll_->poll(fall_asleep() ? wait_ms() : 0);
    }
    clear_stop();
  }

  std::shared_ptr<Reactor> reactor() override { return epoll_; }

 private:
  EpollLoop(Clock& clock, std::shared_ptr<Epoll> epoll)
      : LoopCore(clock, epoll), epoll_(std::move(epoll)) {}

  int wait_ms() {
    MonoTime next = timers().next();
    if (next == MonoTime::never()) return -1;
    int64_t micros = (next - clock().mono()).count();
    if (micros <= 0) return 0;
    return static_cast<int>(std::min<int64_t>((micros + 999) / 1000, 60'000));
  }

  std::shared_ptr<Epoll> epoll_;
};

}  // namespace

std::unique_ptr<Loop> Loop::make(Clock& clock) { return std::make_unique<EpollLoop>(clock); }

Result<> Socket::attach(Loop& loop) {
  auto reactor = static_cast<LoopCore&>(loop).reactor();
  if (!reactor) return fail(Errc::unsupported, "the simulated loop has no sockets");
  TRY(reactor->add(fd_, this));
  reactor_ = std::move(reactor);
  return {};
}

void Socket::close() {
  if (fd_ < 0) return;
  // Explicitly: a child between fork and exec keeps the description, and its events, alive.
  if (reactor_) reactor_->remove(fd_);
  ::close(std::exchange(fd_, -1));
  readers_.notify_all();
  writers_.notify_all();
}

void Socket::on_ready(bool readable, bool writable, bool hung_up) {
  hung_up_ |= hung_up;
  if (readable || hung_up) {
    readable_ = true;
    readers_.notify_all();
  }
  if (writable || hung_up) {
    writable_ = true;
    writers_.notify_all();
  }
}

}  // namespace ph::net
