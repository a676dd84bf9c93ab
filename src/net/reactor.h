// Purpose: readiness of file descriptors, and a descriptor that coroutines can wait for. Private
//   to net/.
// Shapes: edge-triggered: whoever uses a Socket tries the system call first and waits only when it
//   says EAGAIN; what came before that is told by the next edge.
// Threads: one loop. Handlers only set flags and make coroutines ready, they run no other code.
#pragma once

#include <memory>

#include "base/result.h"
#include "net/wait_list.h"

namespace ph::net {

class Reactor {
 public:
  class Handler {
   public:
    virtual ~Handler() = default;
    virtual void on_ready(bool readable, bool writable, bool hung_up) = 0;
  };
  virtual ~Reactor() = default;
  virtual Result<> add(int fd, Handler* handler) = 0;
  virtual void remove(int fd) = 0;
};

// Owns its descriptor; closed once. Registered with a loop at most once.
class Socket : private Reactor::Handler {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() override { close(); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  Result<> attach(Loop& loop);
  int fd() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  // Wakes every waiter; they find open() false.
  void close();

  // False when a read would only say EAGAIN again.
  bool maybe_readable() const { return readable_; }
  void read_would_block() { readable_ = false; }
  // After fewer bytes than asked for: nothing is left, but an end may have come with them.
  void read_short() { readable_ = hung_up_; }
  void write_would_block() { writable_ = false; }
  bool maybe_writable() const { return writable_; }
  WaitList::Waiter until_readable(Deadline deadline) { return readers_.wait(deadline); }
  WaitList::Waiter until_writable(Deadline deadline) { return writers_.wait(deadline); }

 private:
  void on_ready(bool readable, bool writable, bool hung_up) override;

  int fd_;
  bool readable_ = true;
  bool writable_ = true;
  bool hung_up_ = false;
  std::shared_ptr<Reactor> reactor_;
  WaitList readers_;
  WaitList writers_;
};

}  // namespace ph::net
