// Purpose: a bounded queue from many threads to one coroutine.
// Shapes: push() never waits: false when the channel is full or closed, and the value is dropped.
//   pop() gives values in the order of push(); nullopt when the deadline passed, or when the
//   channel is closed and empty. Copies of a Channel are the same channel.
// Threads: push(), close(), size() any; pop() one coroutine at a time.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <optional>

#include "net/oneshot.h"

namespace ph::net {

template <class T>
class Channel {
  struct State {
    explicit State(size_t size) : most(size) {}
    const size_t most;
    std::mutex mutex;
    std::deque<T> values;  // under mutex
    bool closed = false;   // under mutex
    std::shared_ptr<detail::Signal> signal = detail::Signal::make();
  };

 public:
  explicit Channel(size_t most) : state_(std::make_shared<State>(most)) {}

  bool push(T value) {
    {
      std::lock_guard lock(state_->mutex);
      if (state_->closed || state_->values.size() >= state_->most) return false;
      state_->values.push_back(std::move(value));
    }
    state_->signal->set();
    return true;
  }

  // What is queued can still be popped.
  void close() {
    {
      std::lock_guard lock(state_->mutex);
      state_->closed = true;
    }
    state_->signal->set();
  }

  size_t size() const {
    std::lock_guard lock(state_->mutex);
    return state_->values.size();
  }

  Task<std::optional<T>> pop(Deadline deadline) { return pop_from(state_, deadline); }

 private:
  enum class Take : uint8_t { got, empty, closed };

  // An empty channel's signal is reset under its lock, so that no push() is missed.
  static Take take(State& state, std::optional<T>& out) {
    std::lock_guard lock(state.mutex);
    if (!state.values.empty()) {
      out.emplace(std::move(state.values.front()));
      state.values.pop_front();
      return Take::got;
    }
    if (state.closed) return Take::closed;
    state.signal->reset();
    return Take::empty;
  }

  static Task<std::optional<T>> pop_from(std::shared_ptr<State> state, Deadline deadline) {
    std::optional<T> out;
    for (;;) {
      Take taken = take(*state, out);
      if (taken != Take::empty) co_return std::move(out);
      bool woken = co_await state->signal->wait(deadline);
      if (!woken) co_return std::nullopt;
    }
  }

  std::shared_ptr<State> state_;
};

}  // namespace ph::net
