#include "net/semaphore.h"

#include "net/wait_list.h"

namespace ph::net {

struct Semaphore::State {
  size_t free = 0;
  size_t waiting = 0;  // for their turn, woken or not
  WaitList list;
};

Semaphore::Semaphore(size_t places) : state_(std::make_shared<State>()) { state_->free = places; }

void Semaphore::Permit::release() {
  auto state = std::move(state_);
  if (!state) return;
  ++state->free;
  state->list.notify_one();
}

Semaphore::Permit Semaphore::try_acquire() {
  if (state_->free == 0 || state_->waiting > 0) return {};
  --state_->free;
  return Permit(state_);
}

Task<Semaphore::Permit> Semaphore::acquire(Deadline deadline) {
  // Counts this coroutine among the waiting; a destroyed one passes its wake-up on.
  struct Turn {
    explicit Turn(std::shared_ptr<State> s) : state(std::move(s)) { ++state->waiting; }
    ~Turn() {
      --state->waiting;
      if (state->free > 0) state->list.notify_one();
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    std::shared_ptr<State> state;
  };
  auto state = state_;
  Permit quick = try_acquire();
  if (quick) co_return quick;
  Turn turn(state);
  for (;;) {
    bool woken = co_await state->list.wait(deadline);
    if (state->free > 0) {
      --state->free;
      co_return Permit(state);
    }
    if (!woken) co_return Permit();
  }
}

size_t Semaphore::free() const { return state_->free; }

}  // namespace ph::net
