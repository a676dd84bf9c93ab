#include "net/worker_pool.h"

#include <utility>

#include "base/thread_name.h"

namespace ph::net {

WorkerPool::WorkerPool(unsigned threads, size_t queue_most, std::string_view name)
    : most_(queue_most), inline_(threads == 0) {
  for (unsigned i = 0; i < threads; ++i) {
    threads_.emplace_back([this, i, called = std::string(name)] {
      name_this_thread(called, i);
      work();
    });
  }
}

WorkerPool::~WorkerPool() {
  std::deque<std::move_only_function<void()>> dropped;
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    dropped.swap(jobs_);
  }
  wake_.notify_all();
  for (auto& thread : threads_) thread.join();
}

bool WorkerPool::post(std::move_only_function<void()> job) {
  if (inline_) {
    job();
    return true;
  }
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || jobs_.size() >= most_) return false;
    jobs_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

size_t WorkerPool::queued() const {
  std::lock_guard lock(mutex_);
  return jobs_.size();
}

void WorkerPool::work() {
  for (;;) {
    std::move_only_function<void()> job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !jobs_.empty(); });
      if (stopping_) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job();
  }
}

}  // namespace ph::net
