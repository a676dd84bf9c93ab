// A cursor of the event log, as a client says it: what is read is written as it was, and to pass an
// id never makes one come again.
#include <cstdint>

#include "base/check.h"
#include "base/limits.h"
#include "core/event_cursor.h"

using namespace ph;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto cursor = core::EventCursor::parse(text);
  if (!cursor) return 0;
  std::string written = cursor->text();
  auto again = core::EventCursor::parse(written);
  PH_CHECK(again && again->text() == written);
  int64_t id = 0;
  for (size_t i = 0; i < size && i < 8; ++i) id = (id << 7) | (data[i] & 0x7f);
  if (again->tail({}).seen.size() >= limits::kEventNodes) return 0;  // then the oldest goes
  bool passed = cursor->passed(id);
  again->pass(id);
  PH_CHECK(again->passed(id) || passed);
  store::EventTail tail = again->tail(std::chrono::seconds(30));
  PH_CHECK(tail.seen.size() <= size / 13 + 2);
  cursor->pass(*again);
  PH_CHECK(!passed || cursor->passed(id));
  return 0;
}
