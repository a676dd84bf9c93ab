// Purpose: the two clocks. Schedules and what people see are wall time; deadlines, time-outs and
//   leases are monotonic. Nothing in the program reads a clock but through Clock.
// Shapes: WallTime is microseconds since 1970 UTC; MonoTime microseconds since an arbitrary start.
// Threads: any.
#pragma once

#include <atomic>
#include <chrono>
#include <compare>
#include <cstdint>
#include <string>

#include "base/result.h"

namespace ph {

using Duration = std::chrono::microseconds;

struct WallTime {
  int64_t micros = 0;
  static constexpr WallTime from_seconds(int64_t s) { return {s * 1'000'000}; }
  static constexpr WallTime from_millis(int64_t ms) { return {ms * 1'000}; }
  constexpr int64_t seconds() const { return micros / 1'000'000; }
  constexpr int64_t millis() const { return micros / 1'000; }
  constexpr auto operator<=>(const WallTime&) const = default;
  friend constexpr WallTime operator+(WallTime t, Duration d) { return {t.micros + d.count()}; }
  friend constexpr WallTime operator-(WallTime t, Duration d) { return {t.micros - d.count()}; }
  friend constexpr Duration operator-(WallTime a, WallTime b) {
    return Duration(a.micros - b.micros);
  }
};

struct MonoTime {
  int64_t micros = 0;
  static constexpr MonoTime never() { return {INT64_MAX}; }
  constexpr auto operator<=>(const MonoTime&) const = default;
  friend constexpr MonoTime operator+(MonoTime t, Duration d) {
    return d.count() > INT64_MAX - t.micros ? never() : MonoTime{t.micros + d.count()};
  }
  friend constexpr Duration operator-(MonoTime a, MonoTime b) {
    return Duration(a.micros - b.micros);
  }
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual WallTime wall() = 0;
  virtual MonoTime mono() = 0;
};

// The machine's clocks; one for the process.
Clock& system_clock();

// Stands still until told; both clocks move together with advance(). Any thread may read it while
// one moves it.
class FakeClock : public Clock {
 public:
  explicit FakeClock(WallTime start = WallTime::from_seconds(1'800'000'000))
      : wall_(start.micros) {}
  WallTime wall() override { return {wall_.load()}; }
  MonoTime mono() override { return {mono_.load()}; }
  void advance(Duration d) { wall_ += d.count(), mono_ += d.count(); }
  void set_wall(WallTime t) { wall_ = t.micros; }

 private:
  std::atomic<int64_t> wall_;
  std::atomic<int64_t> mono_{1'000'000};
};

// 2026-11-21T22:11:45Z, with ".123" where milliseconds are asked for.
std::string format_iso8601(WallTime t, bool with_millis = false);
Result<WallTime> parse_iso8601(std::string_view text);

}  // namespace ph
