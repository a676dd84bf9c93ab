// Purpose: threads for work that would hold a loop up: hashing, signing, blocking libraries.
// Shapes: threads are called `name` and their number. WorkerPool(0, …) has no thread and runs each
//   job inside post(): for the simulated loop. run_on(pool, fn, deadline) runs fn on the pool and
//   gives its value to the waiting coroutine; a fn that gives Result<X> gives Result<X>. A job
//   whose waiter is gone is not begun.
// Errors: of run_on: temporary (the queue is full), timeout, closed (the pool stopped first).
// Threads: post() any. The destructor finishes the running jobs and drops the queued ones.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <type_traits>
#include <vector>

#include "base/result.h"
#include "net/oneshot.h"

namespace ph::net {

class WorkerPool {
 public:
  WorkerPool(unsigned threads, size_t queue_most, std::string_view name = "ph-work");
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // False when the queue is full: the job is dropped.
  bool post(std::move_only_function<void()> job);
  size_t queued() const;

 private:
  void work();

  const size_t most_;
  const bool inline_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::move_only_function<void()>> jobs_;  // under mutex_
  bool stopping_ = false;                             // under mutex_
  std::vector<std::thread> threads_;
};

namespace detail {

template <class T>
struct AsResult {
  using type = Result<T>;
};
template <class T>
struct AsResult<Result<T>> {
  using type = Result<T>;
};

// Tells the job that nobody waits any more.
struct Wanted {
  std::shared_ptr<std::atomic<bool>> flag = std::make_shared<std::atomic<bool>>(true);
  Wanted() = default;
  Wanted(const Wanted&) = delete;
  Wanted& operator=(const Wanted&) = delete;
  ~Wanted() { flag->store(false, std::memory_order_relaxed); }
};

}  // namespace detail

template <class F>
Task<typename detail::AsResult<std::invoke_result_t<F&>>::type> run_on(WorkerPool& pool, F fn,
                                                                       Deadline deadline) {
  using Value = std::invoke_result_t<F&>;
  using Out = typename detail::AsResult<Value>::type;
  OneShot<Out> answer;
  detail::Wanted wanted;
  auto job = [fn = std::move(fn), sender = answer.sender(), flag = wanted.flag]() mutable {
    if (!flag->load(std::memory_order_relaxed)) return;
    if constexpr (std::is_void_v<Value>) {
      fn();
      sender.send(Out());
    } else {
      sender.send(Out(fn()));
    }
  };
  if (!pool.post(std::move(job)))
    co_return fail(Errc::temporary, "too much work of this kind is waiting");
  std::optional<Out> out = co_await answer.wait(deadline);
  if (out) co_return std::move(*out);
  if (deadline.passed(Loop::current()->clock())) co_return fail(Errc::timeout, "time is up: work");
  co_return fail(Errc::closed, "the workers have stopped");
}

}  // namespace ph::net
