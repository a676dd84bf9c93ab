// Purpose: coroutines of one loop that wait for the same thing: the only way in which net/ waits.
// Shapes: `co_await list.wait(deadline)` is true when notified, false when the deadline passed or
//   the list was destroyed. A notified coroutine goes on at the loop's next turn, never inside
//   notify_one(). Waiters are woken in the order in which they came.
// Threads: one loop.
#pragma once

#include "base/deadline.h"
#include "net/loop_core.h"

namespace ph::net {

class WaitList {
 public:
  class Waiter : public ReadyNode, private TimerNode {
   public:
    Waiter(WaitList& list, Deadline deadline) : list_(&list), deadline_(deadline) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) {
      handle = h;
      loop_ = &LoopCore::here();
      list_->head_.append(*this);
      if (deadline_.at != MonoTime::never()) loop_->timers().add(*this, deadline_.at);
    }
    bool await_resume() const noexcept { return notified_; }

   private:
    friend class WaitList;
    void fire() override { wake(false); }
    void wake(bool notified) {
      notified_ = notified;
      cancel();
      unlink();
      loop_->ready(*this);
    }
    WaitList* list_;
    Deadline deadline_;
    LoopCore* loop_ = nullptr;
    bool notified_ = false;
  };

  WaitList() = default;
  ~WaitList() {
    while (head_.linked()) first().wake(false);
  }
  Waiter wait(Deadline deadline) { return Waiter(*this, deadline); }
  bool waiting() const { return head_.linked(); }
  bool notify_one() {
    if (!head_.linked()) return false;
    first().wake(true);
    return true;
  }
  void notify_all() {
    while (notify_one()) {
    }
  }

 private:
  Waiter& first() { return *static_cast<Waiter*>(static_cast<ReadyNode*>(head_.next)); }
  ListNode head_;
};

}  // namespace ph::net
