#include "net/loop_core.h"

#include <exception>
#include <utility>

#include "base/limits.h"
#include "net/wait_list.h"

namespace ph::net {
namespace {

thread_local LoopCore* current_loop = nullptr;

// Of WakesTogether.
thread_local bool wakes_wait = false;
thread_local std::vector<std::shared_ptr<Waker>> waiting_wakes;

// The outermost coroutine of a spawned task: in the loop's list while it lives, and it destroys
// itself when the task has ended.
struct Root {
  struct promise_type : ListNode {
    ReadyNode first;
    Root get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    [[noreturn]] void unhandled_exception() noexcept { std::terminate(); }
  };
  std::coroutine_handle<promise_type> handle;
};

Root drive(Task<void> task) { co_await std::move(task); }

class CallTimer : public Loop::Timer, public TimerNode {
 public:
  explicit CallTimer(std::move_only_function<void()> what) : what_(std::move(what)) {}
  void fire() override {
    auto what = std::move(what_);  // the call may destroy this timer
    what();
  }

 private:
  std::move_only_function<void()> what_;
};

}  // namespace

Loop* Loop::current() { return current_loop; }

WakesTogether::WakesTogether() : outermost_(!std::exchange(wakes_wait, true)) {}

WakesTogether::~WakesTogether() {
  if (!outermost_) return;
  wakes_wait = false;
  for (const auto& waker : waiting_wakes) waker->wake();
  waiting_wakes.clear();
}

void Loop::run_until(Task<void> task) {
  bool done = false;
  auto wrap = [](Task<void> inner, bool* result, Loop* loop) -> Task<void> {
    co_await std::move(inner);
    *result = true;
    loop->stop();
  };
  spawn(wrap(std::move(task), &done, this));
  run();
  PH_CHECK(done);  // the simulated loop ran dry: the task waits for nothing
}

LoopCore& LoopCore::here() {
  PH_CHECK(current_loop != nullptr);
  return *current_loop;
}

LoopCore::RunScope::RunScope(LoopCore* loop) {
  PH_CHECK(current_loop == nullptr);  // one run() a thread, never nested
  current_loop = loop;
}

LoopCore::RunScope::~RunScope() { current_loop = nullptr; }

LoopCore::~LoopCore() {
  PH_CHECK(closing_);
  while (ready_.linked()) ready_.next->unlink();
}

void LoopCore::close() {
  closing_ = true;
  for (bool again = true; again;) {
    std::vector<std::move_only_function<void()>> dropped;
    {
      std::lock_guard lock(mutex_);
      dropped.swap(posted_);
    }
    again = !dropped.empty() || spawned_.linked();
    dropped.clear();
    while (spawned_.linked()) {
      auto* promise = static_cast<Root::promise_type*>(spawned_.next);
      promise->unlink();
      std::coroutine_handle<Root::promise_type>::from_promise(*promise).destroy();
    }
  }
}

void LoopCore::post(std::move_only_function<void()> what) {
  bool asleep = false;
  {
    std::lock_guard lock(mutex_);
    asleep = std::exchange(asleep_, false);
    posted_.push_back(std::move(what));
  }
  // One that is awake looks again before it sleeps.
  if (!asleep || !waker_) return;
  if (wakes_wait) waiting_wakes.push_back(waker_);
  else waker_->wake();
}

void LoopCore::spawn(Task<void> task) {
  if (current_loop == this) return start(std::move(task));
  post([this, held = std::move(task)]() mutable { start(std::move(held)); });
}

void LoopCore::start(Task<void> task) {
  if (closing_) return;
  Root root = drive(std::move(task));
  auto& promise = root.handle.promise();
  promise.first.handle = root.handle;
  spawned_.append(promise);
  ready_.append(promise.first);
}

void LoopCore::stop() {
  stop_.store(true, std::memory_order_release);
  if (waker_) waker_->wake();
}

std::unique_ptr<Loop::Timer> LoopCore::at(MonoTime when, std::move_only_function<void()> what) {
  auto timer = std::make_unique<CallTimer>(std::move(what));
  if (when != MonoTime::never()) timers_.add(*timer, when);
  return timer;
}

bool LoopCore::fall_asleep() {
  if (ready_.linked()) return false;
  std::lock_guard lock(mutex_);
  asleep_ = posted_.empty();
  return asleep_;
}

void LoopCore::turn() {
  WakesTogether wakes;
  {
    std::lock_guard lock(mutex_);
    asleep_ = false;
    calls_.swap(posted_);
  }
  for (auto& call : calls_) call();
  calls_.clear();
  if (timers_.next() != MonoTime::never()) {
    MonoTime now = clock_.mono();
    uint64_t newest = timers_.newest();  // one that sets itself again waits for the next turn
    while (TimerNode* due = timers_.take_due(now, newest)) due->fire();
  }
  // What becomes ready from here on waits for the next turn, so that sockets get theirs.
  ListNode batch;
  while (ready_.linked()) {
    ListNode* node = ready_.next;
    node->unlink();
    batch.append(*node);
  }
  while (batch.linked()) {
    auto* node = static_cast<ReadyNode*>(batch.next);
    node->unlink();
    budget_ = limits::kLoopBudget;
    node->handle.resume();
  }
}

Task<> sleep_until(MonoTime when) {
  WaitList nobody;
  co_await nobody.wait(Deadline{when});
}

Task<> sleep_for(Duration d) {
  Loop* loop = Loop::current();
  PH_CHECK(loop != nullptr);
  co_await sleep_until(loop->clock().mono() + d);
}

}  // namespace ph::net
