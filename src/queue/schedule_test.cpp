#include "queue/schedule.h"

#include "base/limits.h"

using namespace ph;
using namespace ph::queue;
using namespace std::chrono_literals;

TEST_CASE("waits double from the first retry up to the longest") {
  struct Row {
    int64_t attempts;
    Duration least;
    Duration most;
  };
  const Row rows[] = {{1, 5min, 375s},     {2, 10min, 750s},     {3, 20min, 25min},
                      {4, 40min, 50min},   {6, 160min, 200min},  {7, 192min, 240min},
                      {8, 192min, 240min}, {500, 192min, 240min}};
  for (const Row& row : rows) {
    CAPTURE(row.attempts);
    WaitRange range = wait_range(row.attempts);
    CHECK(range.least == row.least);
    CHECK(range.most == row.most);
    CHECK(range.most <= limits::kRetryMost);
  }
}

TEST_CASE("jitter only lengthens a wait and spreads what failed together") {
  FakeRandom random(7);
  WallTime now = WallTime::from_seconds(1000);
  std::set<int64_t> seen;
  for (int i = 0; i < 200; ++i) {
    WallTime due = next_due(1, now, now + limits::kQueueLifetime, random);
    CHECK(due - now >= limits::kFirstRetry);
    CHECK(due - now < limits::kFirstRetry / 4 * 5);
    seen.insert(due.micros);
  }
  CHECK(seen.size() > 190);
}

TEST_CASE("nothing is due after the end of its life, and at the end it is over") {
  FakeRandom random;
  WallTime now = WallTime::from_seconds(1000);
  WallTime expires = now + Duration(60s);
  CHECK(next_due(3, now, expires, random) == expires);
  CHECK(!is_expired(expires - Duration(1us), expires));
  CHECK(is_expired(expires, expires));
}

TEST_CASE("a recipient that always fails is tried some twenty times in its life") {
  FakeRandom random(3);
  WallTime start = WallTime::from_seconds(0);
  WallTime expires = start + limits::kQueueLifetime;
  WallTime now = start;
  int attempts = 0;
  while (!is_expired(now, expires)) now = next_due(++attempts, now, expires, random);
  CHECK(attempts >= 20);
  CHECK(attempts <= 30);
  CHECK(now == expires);
}
