// Purpose: how far somebody has read the event log, exactly, also where several nodes write it.
// Shapes: one node's events become visible in the order of their ids, those of two nodes do not; so
//   a cursor holds the last id of each node that wrote lately. Of a node that it does not name,
//   everything is passed that is older than kEventLate before its newest id. Text: the ids, joined
//   by dots; "0" at the beginning of the log.
// Errors: invalid for text that is no cursor.
// Threads: values.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/event.h"

namespace ph::core {

class EventCursor {
 public:
  EventCursor() = default;  // before all
  explicit EventCursor(const std::vector<int64_t>& ids);
  static Result<EventCursor> parse(std::string_view text);
  std::string text() const;

  bool passed(int64_t id) const;
  // Whether everything of this id's node after its last one lies above `low`.
  bool joins(int64_t id, int64_t low) const;
  void pass(int64_t id);
  void pass(const EventCursor& other);  // what either has passed
  // Where to look for what is not passed, going back `late` before the newest id.
  store::EventTail tail(Duration late) const;

 private:
  int64_t newest() const;
  std::vector<int64_t> last_;  // one id a node, by node
};

}  // namespace ph::core
