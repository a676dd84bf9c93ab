#include "queue/windows.h"

#include "base/random.h"

using namespace ph;
using namespace ph::queue;

namespace {

const AccountId kA(1);
const AccountId kB(2);

std::vector<Ticket> start_all(Windows& windows) {
  std::vector<Ticket> out;
  while (auto started = windows.next()) out.push_back(started->ticket);
  return out;
}

}  // namespace

TEST_CASE("a site has no more sessions than its window, and one that ends makes room") {
  Windows windows({2, 100, 100, 100});
  for (Ticket t = 1; t <= 3; ++t) CHECK(windows.add("a.example", kA, t) == Added::ready);
  CHECK(start_all(windows) == std::vector<Ticket>{1, 2});
  CHECK(windows.site("a.example").in_flight == 2);
  CHECK(windows.site("a.example").ready == 1);
  windows.finished("a.example");
  CHECK(start_all(windows) == std::vector<Ticket>{3});
}

TEST_CASE("all sites together have no more sessions than the limit") {
  Windows windows({10, 3, 100, 100});
  for (Ticket t = 1; t <= 6; ++t) windows.add("s" + std::to_string(t), kA, t);
  CHECK(start_all(windows).size() == 3);
  windows.finished("s1");
  CHECK(start_all(windows) == std::vector<Ticket>{4});
}

TEST_CASE("sites take turns") {
  Windows windows({10, 4, 100, 100});
  for (Ticket t = 1; t <= 5; ++t) windows.add("big", kA, t);
  windows.add("small", kA, 10);
  std::vector<Ticket> started = start_all(windows);
  CHECK(started == std::vector<Ticket>{1, 10, 2, 3});
}

TEST_CASE("accounts take turns within a site, so one mail passes half a million") {
  Windows windows({1, 10, 1000, 500});
  for (Ticket t = 1; t <= 400; ++t) windows.add("x", kA, t);
  windows.add("x", kB, 1000);
  std::vector<Ticket> order;
  for (int i = 0; i < 4; ++i) {
    auto started = windows.next();
    REQUIRE(started);
    order.push_back(started->ticket);
    windows.finished("x");
  }
  CHECK(order == std::vector<Ticket>{1, 1000, 2, 3});
}

TEST_CASE("a full lane refuses, another account's lane of the same site does not") {
  Windows windows({1, 1, 100, 2});
  CHECK(windows.add("x", kA, 1) == Added::ready);
  CHECK(windows.add("x", kA, 2) == Added::ready);
  CHECK(windows.add("x", kA, 3) == Added::lane_full);
  CHECK(windows.room("x", kA) == Added::lane_full);
  CHECK(windows.add("x", kB, 4) == Added::ready);
  CHECK(windows.add("y", kA, 5) == Added::ready);
}

TEST_CASE("memory has an end") {
  Windows windows({1, 1, 3, 100});
  for (Ticket t = 1; t <= 3; ++t) windows.add("s" + std::to_string(t), kA, t);
  CHECK(windows.add("s9", kB, 9) == Added::memory_full);
  CHECK(windows.ready() == 3);
}

TEST_CASE("what is taken out is not started, and counts no more") {
  Windows windows({10, 10, 100, 100});
  for (Ticket t = 1; t <= 6; ++t) windows.add(t % 2 ? "odd" : "even", kA, t);
  auto removed = windows.remove_if([](Ticket t) { return t % 2 == 1; });
  std::ranges::sort(removed);
  CHECK(removed == std::vector<Ticket>{1, 3, 5});
  CHECK(windows.ready() == 3);
  CHECK(start_all(windows) == std::vector<Ticket>{2, 4, 6});
  for (int i = 0; i < 3; ++i) windows.finished("even");
  CHECK(windows.sites() == 0);
}

TEST_CASE("whatever happens, every ticket comes out once and sums hold") {
  FakeRandom random(11);
  Windows windows({3, 7, 200, 20});
  std::set<Ticket> inside;
  std::multimap<Ticket, std::string> flying;
  std::map<Ticket, std::string> site_of;
  std::set<Ticket> seen;
  Ticket last = 0;
  for (int step = 0; step < 20000; ++step) {
    uint64_t what = random.below(10);
    if (what < 5) {
      std::string site = "s" + std::to_string(random.below(12));
      AccountId account(static_cast<int64_t>(1 + random.below(4)));
      if (windows.add(site, account, ++last) == Added::ready) {
        inside.insert(last);
        site_of[last] = site;
      }
    } else if (what < 8) {
      if (auto started = windows.next()) {
        REQUIRE(inside.erase(started->ticket) == 1);
        REQUIRE(seen.insert(started->ticket).second);
        flying.emplace(started->ticket, site_of[started->ticket]);
      }
    } else if (what < 9 && !flying.empty()) {
      windows.finished(flying.begin()->second);
      flying.erase(flying.begin());
    } else if (step % 500 == 0) {
      for (Ticket t : windows.remove_if([](Ticket x) { return x % 3 == 0; })) {
        REQUIRE(inside.erase(t) == 1);
      }
    }
    REQUIRE(windows.ready() == inside.size());
    REQUIRE(windows.in_flight() == flying.size());
    REQUIRE(flying.size() <= 7);
  }
  CHECK(seen.size() > 1000);
  // In the end all of it drains.
  while (!inside.empty() || !flying.empty()) {
    while (auto started = windows.next()) {
      REQUIRE(inside.erase(started->ticket) == 1);
      flying.emplace(started->ticket, site_of[started->ticket]);
    }
    REQUIRE(!flying.empty());
    windows.finished(flying.begin()->second);
    flying.erase(flying.begin());
  }
  CHECK(windows.sites() == 0);
}
