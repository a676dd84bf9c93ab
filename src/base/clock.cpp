#include "base/clock.h"

#include <fmt/format.h>

#include <ctime>

namespace ph {
namespace {

class SystemClock : public Clock {
 public:
  WallTime wall() override { return {read(CLOCK_REALTIME)}; }
  MonoTime mono() override { return {read(CLOCK_MONOTONIC)}; }

 private:
  static int64_t read(clockid_t id) {
    timespec ts{};
    ::clock_gettime(id, &ts);
    return int64_t{ts.tv_sec} * 1'000'000 + ts.tv_nsec / 1'000;
  }
};

}  // namespace

Clock& system_clock() {
  static SystemClock clock;
  return clock;
}

std::string format_iso8601(WallTime t, bool with_millis) {
  using namespace std::chrono;
  sys_time<microseconds> point{microseconds(t.micros)};
  auto day = floor<days>(point);
  year_month_day ymd{day};
  hh_mm_ss<microseconds> time{point - day};
  std::string out = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", int(ymd.year()),
                                unsigned(ymd.month()), unsigned(ymd.day()), time.hours().count(),
                                time.minutes().count(), time.seconds().count());
  if (with_millis) out += fmt::format(".{:03}", time.subseconds().count() / 1000);
  return out + "Z";
}

Result<WallTime> parse_iso8601(std::string_view text) {
  // Only our own form: YYYY-MM-DDTHH:MM:SS[.mmm]Z.
  auto bad = [] { return fail(Errc::invalid, "time must look like 2026-01-31T23:59:59Z"); };
  if ((text.size() != 20 && text.size() != 24) || text.back() != 'Z') return bad();
  auto number = [&](size_t at, size_t n) -> int {
    int value = 0;
    for (size_t i = at; i < at + n; ++i) {
      if (text[i] < '0' || text[i] > '9') return -1;
      value = value * 10 + (text[i] - '0');
    }
    return value;
  };
  if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':')
    return bad();
  int year = number(0, 4), month = number(5, 2), day = number(8, 2);
  int hour = number(11, 2), minute = number(14, 2), second = number(17, 2);
  int millis = text.size() == 24 ? (text[19] == '.' ? number(20, 3) : -1) : 0;
  using namespace std::chrono;
  if (year < 0 || month < 0 || day < 0 || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
      second < 0 || second > 59 || millis < 0)
    return bad();
  year_month_day ymd{std::chrono::year(year), std::chrono::month(unsigned(month)),
                     std::chrono::day(unsigned(day))};
  if (!ymd.ok()) return bad();
  int64_t seconds = int64_t{sys_days(ymd).time_since_epoch().count()} * 86400 + hour * 3600 +
                    minute * 60 + second;
  return WallTime::from_millis(seconds * 1000 + millis);
}

}  // namespace ph
