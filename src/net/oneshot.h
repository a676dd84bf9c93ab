// Purpose: one value from anywhere to one waiting task: the bridge from other threads and from
//   callbacks into a Loop.
// Shapes: OneShot<T> is the waiting end, OneShot<T>::Sender the giving end (copyable; the first
//   send wins). A waiter that is destroyed or times out makes later sends harmless.
// Threads: send() any; wait() on a Loop.
// Errors: wait() gives nullopt when the deadline passed or every Sender is gone.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "net/loop.h"

namespace ph::net {

class WaitList;

namespace detail {

// The untyped half: who waits, on which loop, and whether something came. One waiter at a time.
class Signal {
 public:
  static std::shared_ptr<Signal> make();
  void set();
  void reset();
  bool is_set();
  // True when it is set; false when the deadline passed.
  Task<bool> wait(Deadline deadline);

 private:
  struct Registration;
  std::mutex mutex_;
  bool set_ = false;
  Loop* loop_ = nullptr;
  WaitList* waiter_ = nullptr;
  uint64_t turn_ = 0;  // which wait() is meant: a late post finds another number
  std::weak_ptr<Signal> self_;
};

}  // namespace detail

template <class T>
class OneShot {
  struct State {
    std::shared_ptr<detail::Signal> signal = detail::Signal::make();
    std::mutex mutex;
    std::optional<T> value;
  };

 public:
  class Sender {
   public:
    void send(T value) {
      {
        std::lock_guard lock(held_->state->mutex);
        if (held_->state->value) return;
        held_->state->value.emplace(std::move(value));
      }
      held_->state->signal->set();
    }

   private:
    friend class OneShot;
    // The last Sender's end is a signal as well, so that nobody waits for ever.
    struct Held {
      explicit Held(std::shared_ptr<State> s) : state(std::move(s)) {}
      ~Held() { state->signal->set(); }
      std::shared_ptr<State> state;
    };
    explicit Sender(std::shared_ptr<State> s) : held_(std::make_shared<Held>(std::move(s))) {}
    std::shared_ptr<Held> held_;
  };

  // Once.
  Sender sender() { return Sender(state_); }

  Task<std::optional<T>> wait(Deadline deadline) {
    auto state = state_;
    co_await state->signal->wait(deadline);
    std::lock_guard lock(state->mutex);
    co_return std::exchange(state->value, std::nullopt);
  }

 private:
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace ph::net
