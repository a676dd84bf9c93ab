// Purpose: the moment by which a wait must end. Every wait in the program takes one.
#pragma once

#include "base/clock.h"

namespace ph {

struct Deadline {
  MonoTime at = MonoTime::never();
  static Deadline in(Clock& clock, Duration d) { return {clock.mono() + d}; }
  static constexpr Deadline never() { return {MonoTime::never()}; }
  bool passed(Clock& clock) const { return clock.mono() >= at; }
  // The sooner of two: a step's own time inside a session's.
  Deadline sooner(Deadline other) const { return at < other.at ? *this : other; }
};

}  // namespace ph
