// Purpose: what both loops share: ready coroutines, timers, posted calls, spawned tasks. Private
//   to net/: others include loop.h.
// Shapes: a ListNode is in one list or in none; its destruction takes it out. Nodes live inside
//   the coroutine frames that wait, so that destroying a frame cancels its wait without a search.
// Threads: post(), spawn(), stop() any; everything else the loop's own.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "net/loop.h"

namespace ph::net {

class Reactor;

struct ListNode {
  ListNode* prev = this;
  ListNode* next = this;
  ListNode() = default;
  ListNode(const ListNode&) = delete;
  ListNode& operator=(const ListNode&) = delete;
  ~ListNode() { unlink(); }
  bool linked() const { return next != this; }
  void unlink() {
    prev->next = next;
    next->prev = prev;
    prev = next = this;
  }
  void append(ListNode& node) {  // on a list's head: `node` becomes its last
    node.prev = prev;
    node.next = this;
    prev->next = &node;
    prev = &node;
  }
};

// A coroutine that goes on at the loop's next turn once it is in the ready list.
struct ReadyNode : ListNode {
  std::coroutine_handle<> handle;
};

class TimerHeap;

struct TimerNode {
  TimerNode() = default;
  TimerNode(const TimerNode&) = delete;
  TimerNode& operator=(const TimerNode&) = delete;
  virtual ~TimerNode();
  virtual void fire() = 0;
  void cancel();

 private:
  friend class TimerHeap;
  TimerHeap* heap_ = nullptr;
  size_t index_ = 0;
  MonoTime when_;
  uint64_t order_ = 0;  // of equal times the first one set fires first
};

class TimerHeap {
 public:
  TimerHeap() = default;
  TimerHeap(const TimerHeap&) = delete;
  TimerHeap& operator=(const TimerHeap&) = delete;
  ~TimerHeap();
  void add(TimerNode& node, MonoTime when);
  void remove(TimerNode& node);
  MonoTime next() const { return nodes_.empty() ? MonoTime::never() : nodes_[0]->when_; }
  // The first timer that is due and was set no later than `newest`, taken out; or null.
  TimerNode* take_due(MonoTime now, uint64_t newest);
  uint64_t newest() const { return order_; }

 private:
  static bool before(const TimerNode* a, const TimerNode* b);
  void place(TimerNode* node, size_t index);
  void sift_up(size_t index);
  void sift_down(size_t index);

  std::vector<TimerNode*> nodes_;
  uint64_t order_ = 0;
};

// Makes a sleeping run() look at what was posted. Any thread; outlives its loop harmlessly.
class Waker {
 public:
  virtual ~Waker() = default;
  virtual void wake() = 0;
};

class LoopCore : public Loop {
 public:
  ~LoopCore() override;
  // The running loop of this thread; there must be one.
  static LoopCore& here();

  void post(std::move_only_function<void()> what) override;
  void spawn(Task<void> task) override;
  void stop() override;
  Clock& clock() override { return clock_; }
  std::unique_ptr<Timer> at(MonoTime when, std::move_only_function<void()> what) override;

  void ready(ReadyNode& node) { ready_.append(node); }
  TimerHeap& timers() { return timers_; }
  // Counts an operation that did not have to wait. False when a coroutine has done so many in a
  // row that it must let others run.
  bool spend() { return budget_ > 0 && budget_-- > 0; }
  // Null on the simulated loop, which has no sockets.
  virtual std::shared_ptr<Reactor> reactor() { return nullptr; }

 protected:
  LoopCore(Clock& clock, std::shared_ptr<Waker> waker)
      : clock_(clock), waker_(std::move(waker)) {}

  // Marks the thread as inside run().
  class RunScope {
   public:
    explicit RunScope(LoopCore* loop);
    ~RunScope();
    RunScope(const RunScope&) = delete;
    RunScope& operator=(const RunScope&) = delete;
  };

  // Runs what was posted, what is due and what is ready, once.
  void turn();
  // True when nothing can run before a timer or a wake(): from then on post() calls wake().
  bool fall_asleep();
  bool stopping() const { return stop_.load(std::memory_order_acquire); }
  void clear_stop() { stop_.store(false, std::memory_order_release); }
  // Destroys spawned tasks and posted calls: derived destructors call it while they are whole.
  void close();

 private:
  void start(Task<void> task);

  Clock& clock_;
  std::shared_ptr<Waker> waker_;  // null: nobody sleeps
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::vector<std::move_only_function<void()>> posted_;  // under mutex_
  bool asleep_ = false;                                  // under mutex_
  std::vector<std::move_only_function<void()>> calls_;   // what turn() runs: its memory is kept
  TimerHeap timers_;
  ListNode ready_;
  ListNode spawned_;
  int budget_ = 0;
  bool closing_ = false;
};

// Lets every other ready coroutine run first.
struct YieldAwaiter : ReadyNode {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> h) {
    handle = h;
    LoopCore::here().ready(*this);
  }
  void await_resume() const noexcept {}
};

}  // namespace ph::net
