// Purpose: at most n coroutines of one loop at a time; with n = 1 a lock that is held over awaits.
// Shapes: `co_await acquire(deadline)` gives a Permit, empty when the deadline passed; it gives its
//   place back when destroyed. First come, first served.
// Threads: one loop.
#pragma once

#include <cstddef>
#include <memory>

#include "net/loop.h"

namespace ph::net {

class Semaphore {
  struct State;

 public:
  class Permit {
   public:
    Permit() = default;
    explicit Permit(std::shared_ptr<State> state) : state_(std::move(state)) {}
    Permit(Permit&& other) noexcept = default;
    Permit& operator=(Permit&& other) noexcept {
      release();
      state_ = std::move(other.state_);
      return *this;
    }
    ~Permit() { release(); }
    explicit operator bool() const { return state_ != nullptr; }
    void release();

   private:
    std::shared_ptr<State> state_;
  };

  explicit Semaphore(size_t places);
  Task<Permit> acquire(Deadline deadline);
  Permit try_acquire();  // empty when none is free
  size_t free() const;

 private:
  std::shared_ptr<State> state_;
};

}  // namespace ph::net
