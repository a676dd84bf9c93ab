#include "core/event_cursor.h"

#include <algorithm>

#include "base/id_source.h"
#include "base/limits.h"
#include "base/text.h"

namespace ph::core {

EventCursor::EventCursor(const std::vector<int64_t>& ids) {
  for (int64_t id : ids) pass(id);
}

Result<EventCursor> EventCursor::parse(std::string_view text) {
  EventCursor out;
  if (text == "0") return out;
  auto wrong = [] { return fail(Errc::invalid, "not a cursor of this service"); };
  std::vector<std::string_view> pieces = split(text, '.');
  if (pieces.size() > limits::kEventNodes) return wrong();
  for (std::string_view piece : pieces) {
    auto id = parse_id(piece);
    if (!id) return wrong();
    auto same_node = [&](int64_t other) { return id_node(other) == id_node(*id); };
    if (std::ranges::any_of(out.last_, same_node)) return wrong();
    out.last_.push_back(*id);
  }
  std::ranges::sort(out.last_, {}, id_node);
  return out;
}

std::string EventCursor::text() const {
  std::string out;
  for (int64_t id : last_) out += (out.empty() ? "" : ".") + format_id(id);
  return out.empty() ? "0" : out;
}

int64_t EventCursor::newest() const {
  return last_.empty() ? 0 : std::ranges::max(last_);
}

bool EventCursor::passed(int64_t id) const {
  auto at = std::ranges::lower_bound(last_, id_node(id), {}, id_node);
  if (at != last_.end() && id_node(*at) == id_node(id)) return id <= *at;
  return !last_.empty() && id < id_floor(id_time(newest()) - limits::kEventLate);
}

bool EventCursor::joins(int64_t id, int64_t low) const {
  auto at = std::ranges::lower_bound(last_, id_node(id), {}, id_node);
  return at != last_.end() && id_node(*at) == id_node(id) && *at >= low;
}

void EventCursor::pass(int64_t id) {
  auto at = std::ranges::lower_bound(last_, id_node(id), {}, id_node);
  if (at != last_.end() && id_node(*at) == id_node(id))
    *at = std::max(*at, id);
  else
    last_.insert(at, id);
  int64_t floor = id_floor(id_time(newest()) - limits::kEventLate);
  if (std::ranges::any_of(last_, [&](int64_t last) { return last < floor; }))
    std::erase_if(last_, [&](int64_t last) { return last < floor; });
  if (last_.size() > limits::kEventNodes) last_.erase(std::ranges::min_element(last_));
}

void EventCursor::pass(const EventCursor& other) {
  for (int64_t id : other.last_) pass(id);
}

store::EventTail EventCursor::tail(Duration late) const {
  if (last_.empty()) return {};
  int64_t last = newest();
  if (late == Duration(0)) return {.low = last, .seen = last_};
  return {.low = id_floor(id_time(last) - late) - 1, .seen = last_};
}

}  // namespace ph::core
