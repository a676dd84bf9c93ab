#include "billing/day.h"

#include "base/clock.h"
#include "base/text.h"

namespace ph::billing {
namespace {

constexpr int64_t kDay = 86'400'000'000;
constexpr size_t kDayText = 10;

}  // namespace

std::string day_text(int64_t day) { return format_iso8601({day * kDay}).substr(0, kDayText); }

core::Outcome<int64_t> read_day(const std::string& text, const std::string& field) {
  auto time = text.size() == kDayText ? parse_iso8601(text + "T00:00:00Z")
                                      : Result<WallTime>(fail(Errc::invalid, "no day"));
  if (time && time->micros >= 0 && day_text(time->micros / kDay) == text)
    return time->micros / kDay;
  return core::refuse(core::Reason::invalid_field, "A day is written as 2026-11-22.", field);
}

}  // namespace ph::billing
