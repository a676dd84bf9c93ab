// Purpose: how much rendered mail one loop's sessions hold: a mail that is made for one recipient
//   takes memory of its own, and waits for it.
// Shapes: octets. First come, first served; a mail larger than all room takes all of it alone. A
//   small one is counted and never waits: large mails to slow receivers would keep everybody's, and
//   there are no more small ones than sessions.
// Threads: one loop.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "net/semaphore.h"
#include "net/wait_list.h"

namespace ph::delivery {

class RenderedRoom : public std::enable_shared_from_this<RenderedRoom> {
 public:
  explicit RenderedRoom(size_t most) : most_(most) {}

  class Share {
   public:
    Share() = default;
    Share(std::shared_ptr<RenderedRoom> of, size_t size) : of_(std::move(of)), size_(size) {}
    Share(Share&& other) noexcept : of_(std::move(other.of_)), size_(other.size_) {}
    Share& operator=(Share&& other) noexcept {
      std::swap(of_, other.of_);
      std::swap(size_, other.size_);
      return *this;
    }
    ~Share() {
      if (of_) of_->give_back(size_);
    }

   private:
    std::shared_ptr<RenderedRoom> of_;
    size_t size_ = 0;
  };

  net::Task<Share> take(size_t size) {
    size = std::min(size, most_);
    auto self = shared_from_this();
    if (size <= most_ / kSmallPart) {
      used_ += size;
      co_return Share(std::move(self), size);
    }
    net::Semaphore::Permit first = co_await door_.acquire(Deadline::never());
    while (used_ + size > most_) co_await freed_.wait(Deadline::never());
    used_ += size;
    co_return Share(std::move(self), size);
  }
  size_t used() const { return used_; }

 private:
  static constexpr size_t kSmallPart = 1024;  // of all room

  void give_back(size_t size) {
    used_ -= size;
    freed_.notify_all();
  }

  const size_t most_;
  size_t used_ = 0;
  net::Semaphore door_{1};
  net::WaitList freed_;
};

}  // namespace ph::delivery
