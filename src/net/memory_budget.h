// Purpose: how many octets of mail the sessions of one loop may hold in memory: a large one waits
//   for its turn instead of filling it.
// Shapes: octets. First come, first served; what is larger than all of the budget counts as all of
//   it. A small one is counted and never waits: the large mails that one account sends to slow
//   receivers would keep everybody's, and there are no more small ones than sessions.
// Threads: one loop.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

#include "net/semaphore.h"
#include "net/wait_list.h"

namespace ph::net {

class MemoryBudget : public std::enable_shared_from_this<MemoryBudget> {
 public:
  explicit MemoryBudget(size_t most) : most_(most) {}

  // Gives its share back when destroyed.
  class Share {
   public:
    Share() = default;
    Share(std::shared_ptr<MemoryBudget> budget, size_t size)
        : budget_(std::move(budget)), size_(size) {}
    Share(Share&& other) noexcept
        : budget_(std::move(other.budget_)), size_(std::exchange(other.size_, 0)) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(budget_, other.budget_);
      std::swap(size_, other.size_);
      return *this;
    }
    ~Share() {
      if (budget_) budget_->give_back(size_);
    }

   private:
    std::shared_ptr<MemoryBudget> budget_;
    size_t size_ = 0;
  };

  Task<Share> take(size_t size) {
    std::shared_ptr<MemoryBudget> self = shared_from_this();
    size = std::min(size, most_);
    if (size <= most_ / kSmallPart) {
      used_ += size;
      co_return Share(std::move(self), size);
    }
    // Whoever stands at the door is served before those behind. The waits end with the sessions
    // that hold shares.
    Semaphore::Permit first = co_await door_.acquire(Deadline::never());
    while (used_ + size > most_) co_await freed_.wait(Deadline::never());
    used_ += size;
    co_return Share(std::move(self), size);
  }
  // At once or not at all.
  std::optional<Share> try_take(size_t size) {
    if (used_ + size > most_) return std::nullopt;
    used_ += size;
    return Share(shared_from_this(), size);
  }
  size_t used() const { return used_; }

 private:
  static constexpr size_t kSmallPart = 2048;  // of all room

  void give_back(size_t size) {
    used_ -= size;
    freed_.notify_all();
  }

  size_t most_;
  size_t used_ = 0;
  Semaphore door_{1};
  WaitList freed_;
};

}  // namespace ph::net
