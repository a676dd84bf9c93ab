// Purpose: makes time-ordered 64-bit ids, and their external form.
// Shapes: 41 bits of milliseconds since 2020-01-01, 10 bits of node, 12 bits of sequence. Unique in
//   one process also when the wall clock steps back (the last millisecond is kept).
//   External form: 13 characters of lower-case base32 (RFC 4648 §6 alphabet, no padding).
// Threads: next() from any.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

namespace ph {

class IdSource {
 public:
  IdSource(Clock& clock, uint16_t node) : clock_(clock), node_(node & 0x3ff) {}
  int64_t next();
  // Later ids are larger than `id` (of whatever node): at a start, the largest one that is stored,
  // so that a wall clock which went back gives no id twice.
  void start_after(int64_t id);

 private:
  Clock& clock_;
  uint16_t node_;
  std::atomic<int64_t> last_{0};  // milliseconds << 12 | sequence
};

std::string format_id(int64_t id);
Result<int64_t> parse_id(std::string_view text);

// The wall time and the node that are inside a time-ordered id.
WallTime id_time(int64_t id);
int64_t id_node(int64_t id);
// No id made at `t` or later is smaller.
int64_t id_floor(WallTime t);

}  // namespace ph
