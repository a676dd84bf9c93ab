#include "store/readers.h"

#include "base/limits.h"
#include "base/thread_name.h"

namespace ph::store {

Result<> Readers::start(unsigned threads) {
  if (post_) {
    connection_ = TRY(connect_());
    return {};
  }
  for (unsigned i = 0; i < threads; ++i) {
    auto connection = TRY(connect_());
    threads_.emplace_back([this, i, held = std::move(connection)]() mutable {
      name_this_thread("ph-read", i);
      loop(std::move(held));
    });
  }
  return {};
}

void Readers::submit(ReadJobUntyped job) {
  Result<> refused;
  {
    std::lock_guard lock(mutex_);
    if (closing_) {
      refused = fail(Errc::closed, "the store is closed");
    } else if (queue_.size() >= limits::kReadQueue) {
      refused = fail(Errc::limit, "too many reads wait for the store");
    } else {
      queue_.push_back(std::move(job));
      if (post_) post_([this] { turn(); });
      else wake_.notify_one();
      return;
    }
  }
  job.done(std::move(refused));
}

void Readers::close() {
  {
    std::lock_guard lock(mutex_);
    closing_ = true;
    wake_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  work_off();
}

bool Readers::turn() {
  std::unique_lock lock(mutex_);
  if (queue_.empty()) return false;
  ReadJobUntyped job = std::move(queue_.front());
  queue_.pop_front();
  lock.unlock();
  Result<> result = run(connection_, job);
  job.done(std::move(result));
  return true;
}

void Readers::work_off() {
  while (post_ && turn()) {
  }
}

void Readers::loop(std::unique_ptr<sql::Connection> connection) {
  for (;;) {
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return !queue_.empty() || closing_; });
    if (queue_.empty()) return;
    ReadJobUntyped job = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    Result<> result = run(connection, job);
    job.done(std::move(result));
  }
}

Result<> Readers::run(std::unique_ptr<sql::Connection>& connection, ReadJobUntyped& job) {
  if (!connection->still_connected()) connection = TRY(connect_());
  return job.run(*connection);
}

}  // namespace ph::store
