// Purpose: the sessions of one door: counted, told when the door closes, and bounded in the memory
//   that their content takes together.
// Shapes: a session holds a Place while it lives and a Share of the memory while it has content.
// Threads: stop(), open() and has_room() any; a Place and a Share belong to their session's loop.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_set>

#include "base/limits.h"
#include "net/loop.h"

namespace ph::smtpio {

class SessionGroup : public std::enable_shared_from_this<SessionGroup> {
 public:
  static std::shared_ptr<SessionGroup> make(size_t content_bytes = limits::kSmtpContentBytes) {
    return std::shared_ptr<SessionGroup>(new SessionGroup(content_bytes));
  }

  // Says stop to every session, each on its loop; those that come later find stopping().
  void stop();
  bool stopping() const { return stopping_.load(std::memory_order_acquire); }
  unsigned open() const;
  // True when every session has ended, false when the deadline came first.
  static net::Task<bool> drained(std::shared_ptr<SessionGroup> group, Deadline deadline);

  bool has_room() const { return taken_.load(std::memory_order_relaxed) < content_bytes_; }
  size_t content_bytes() const { return taken_.load(std::memory_order_relaxed); }

 private:
  struct Seat {
    net::Loop* loop;
    std::function<void()> on_stop;  // empty once the session has ended; its loop only
  };

 public:
  class Place {
   public:
    Place(std::shared_ptr<SessionGroup> group, std::function<void()> on_stop);
    ~Place();
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

   private:
    std::shared_ptr<SessionGroup> group_;
    std::shared_ptr<Seat> seat_;
  };

  // Of the memory for content; given back by clear() and at its end.
  class Share {
   public:
    explicit Share(std::shared_ptr<SessionGroup> group) : group_(std::move(group)) {}
    ~Share() { clear(); }
    Share(const Share&) = delete;
    Share& operator=(const Share&) = delete;
    bool grow(size_t bytes);  // false when there is no room: nothing is taken
    void clear();

   private:
    std::shared_ptr<SessionGroup> group_;
    size_t bytes_ = 0;
  };

 private:
  explicit SessionGroup(size_t content_bytes) : content_bytes_(content_bytes) {}
  const size_t content_bytes_;
  std::atomic<size_t> taken_{0};
  std::atomic<bool> stopping_{false};
  mutable std::mutex mutex_;
  std::unordered_set<std::shared_ptr<Seat>> seats_;  // under mutex_
};

}  // namespace ph::smtpio
