// Purpose: the event log as it grows, for everybody in this process who listens: one look at its
//   end for all of them.
// Shapes: a listener gets each event of its account once, in the order in which they became
//   visible: first what its cursor has not passed, page by page from the store, then what the looks
//   find, from a bounded memory. Who falls out of that memory is told so, and goes on by its
//   cursor. While nobody listens nothing is asked.
// Errors: temporary: the listener is too far behind, or the store cannot be read.
// Threads: listen(), wake() and the destruction of a listener any; next() one loop; watch() one.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <vector>

#include "core/access.h"
#include "core/context.h"
#include "core/event_cursor.h"
#include "net/channel.h"

namespace ph::core {

using EventPtr = std::shared_ptr<const store::EventRow>;

struct EventWish {
  AccountId account;                 // 0: of all, for the operator
  std::optional<EventCursor> after;  // nothing: from now on
};

namespace detail {

struct Ear {
  AccountId account;
  net::Channel<char> wakes{1};
  uint64_t place = 0;  // the number of the next event in memory; under the memory's mutex
};

// What the looks found, and who waits for more.
struct FeedMemory {
  std::mutex mutex;
  std::map<uint64_t, std::shared_ptr<Ear>> ears;
  uint64_t next_ear = 0;
  uint64_t round = 0;  // of listening: another one begins when the last listener has gone
  bool ready = false;  // `seen` is where the log was in this round
  EventCursor seen;
  std::deque<EventPtr> events;
  size_t bytes = 0;
  uint64_t first = 0;  // the number of events.front()
  net::Channel<char> wanted{1};  // there are listeners
};

}  // namespace detail

class EventListener {
 public:
  ~EventListener();
  EventListener(const EventListener&) = delete;
  EventListener& operator=(const EventListener&) = delete;

  // What is new, at most a piece of it; empty when the deadline passed, or after wake().
  net::Task<Outcome<std::vector<EventPtr>>> next(Deadline deadline);
  // Up to what next() has given.
  const EventCursor& cursor() const { return cursor_; }
  void wake() { ear_->wakes.push(0); }

 private:
  friend class EventFeed;
  EventListener(Context& context, std::shared_ptr<detail::FeedMemory> memory, AccountId account);
  void take_place();
  net::Task<Outcome<std::vector<EventPtr>>> older();
  std::optional<std::vector<EventPtr>> newer();

  Context& context_;
  std::shared_ptr<detail::FeedMemory> memory_;
  std::shared_ptr<detail::Ear> ear_;
  uint64_t number_ = 0;
  EventCursor cursor_;
  EventCursor until_;        // what is older comes from the store
  bool catching_up_ = false;
  int64_t page_after_ = 0;   // rows of the store that were looked at
};

class EventFeed {
 public:
  explicit EventFeed(Context& context)
      : context_(context), memory_(std::make_shared<detail::FeedMemory>()) {}

  net::Task<Outcome<std::shared_ptr<EventListener>>> listen(EventWish wish);
  // For ever: a look each kEventLook, while somebody listens.
  net::Task<> watch();
  // One look: how many events it found.
  net::Task<Outcome<size_t>> look();

 private:
  net::Task<Outcome<>> find_place();
  net::Task<Outcome<std::vector<store::EventRow>>> rows_of(store::EventTail tail);
  void keep(uint64_t round, std::vector<store::EventRow> rows);
  void tell(const std::set<AccountId>& touched, uint64_t end_before);
  Duration late(Duration wanted) const;

  Context& context_;
  std::shared_ptr<detail::FeedMemory> memory_;
  MonoTime wide_look_;  // when one goes back as far as anything may be late
};

}  // namespace ph::core
