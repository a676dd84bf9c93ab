#include "net/oneshot.h"
#include "net/wait_list.h"

namespace ph::net::detail {

// In the waiting coroutine's frame: how set() on another thread finds it, until it is destroyed.
struct Signal::Registration {
  Registration(Signal* s, WaitList* list) : signal(s) {
    std::lock_guard lock(signal->mutex_);
    PH_CHECK(signal->loop_ == nullptr);  // one waiter at a time
    signal->loop_ = &LoopCore::here();
    signal->waiter_ = list;
    ++signal->turn_;
  }
  ~Registration() {
    std::lock_guard lock(signal->mutex_);
    signal->loop_ = nullptr;
    signal->waiter_ = nullptr;
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;
  Signal* signal;
};

std::shared_ptr<Signal> Signal::make() {
  auto signal = std::make_shared<Signal>();
  signal->self_ = signal;
  return signal;
}

void Signal::set() {
  std::lock_guard lock(mutex_);
  if (set_) return;
  set_ = true;
  if (loop_ == nullptr) return;
  // Under the lock: the loop cannot end before its waiter's registration has.
  loop_->post([self = self_.lock(), turn = turn_] {
    WaitList* waiter = nullptr;
    {
      std::lock_guard inner(self->mutex_);
      if (self->turn_ == turn) waiter = self->waiter_;
    }
    if (waiter != nullptr) waiter->notify_all();
  });
}

void Signal::reset() {
  std::lock_guard lock(mutex_);
  set_ = false;
}

bool Signal::is_set() {
  std::lock_guard lock(mutex_);
  return set_;
}

Task<bool> Signal::wait(Deadline deadline) {
  auto keep = self_.lock();
  WaitList here;
  Registration registration(this, &here);
  if (is_set()) co_return true;
  bool notified = co_await here.wait(deadline);
  co_return notified || is_set();
}

}  // namespace ph::net::detail
