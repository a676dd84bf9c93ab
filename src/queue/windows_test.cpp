#include "queue/windows.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/random.h"

using namespace ph;
using namespace ph::queue;
using namespace std::chrono_literals;

namespace {

const AccountId kA(1);
const AccountId kB(2);
const MonoTime kNow{1'000'000};

std::vector<Ticket> start_all(Windows& windows, MonoTime now = kNow) {
  std::vector<Ticket> out;
  while (auto started = windows.next(now)) out.push_back(started->ticket);
  return out;
}

void finish(Windows& windows, const std::string& site, SessionEnd end = SessionEnd::answered,
            MonoTime now = kNow) {
  windows.finished(*windows.named(site), end, now);
}

Added add(Windows& windows, const std::string& site, AccountId account, Ticket ticket,
          MonoTime now = kNow, From from = From::row) {
  Added room = windows.room(site, account, now, from);
  if (room == Added::ready) windows.add(site, account, ticket, now);
  return room;
}

// Adds until there is no room; how many.
size_t fill(Windows& windows, const std::string& site, AccountId account, From from,
            MonoTime now = kNow) {
  static Ticket ticket = 10'000'000;
  size_t out = 0;
  while (add(windows, site, account, ++ticket, now, from) == Added::ready) ++out;
  return out;
}

// A site that has answered lately.
void prove(Windows& windows, const std::string& site, MonoTime now = kNow) {
  REQUIRE(add(windows, site, kA, 1'000'000, now) == Added::ready);
  REQUIRE(windows.next(now));
  finish(windows, site, SessionEnd::answered, now);
}

}  // namespace

TEST_CASE("a site has no more sessions than its window, and one that ends makes room") {
  Windows windows({2, 100, 100, 100});
  for (Ticket t = 1; t <= 3; ++t) CHECK(add(windows, "a.example", kA, t, kNow) == Added::ready);
  CHECK(start_all(windows) == std::vector<Ticket>{1, 2});
  CHECK(windows.site("a.example", kNow).in_flight == 2);
  CHECK(windows.site("a.example", kNow).ready == 1);
  finish(windows, "a.example");
  CHECK(start_all(windows) == std::vector<Ticket>{3});
}

TEST_CASE("all sites together have no more sessions than the limit") {
  Windows windows({10, 3, 100, 100});
  for (int i = 1; i <= 6; ++i) prove(windows, "s" + std::to_string(i));
  for (Ticket t = 1; t <= 6; ++t) add(windows, "s" + std::to_string(t), kA, t, kNow);
  CHECK(start_all(windows).size() == 3);
  finish(windows, "s1");
  CHECK(start_all(windows) == std::vector<Ticket>{4});
}

TEST_CASE("the fullest sites are told first, and idle ones not at all") {
  Windows windows({2, 100, 1000, 1000});
  prove(windows, "idle.example");
  Ticket ticket = 0;
  for (auto [site, count] : {std::pair{"a.example", 2}, {"b.example", 5}, {"c.example", 2}})
    for (int i = 0; i < count; ++i)
      CHECK(add(windows, site, i % 2 == 0 ? kA : kB, ++ticket) == Added::ready);
  auto names = [&](size_t most) {
    std::vector<std::string> out;
    for (const Site* site : windows.busiest(most)) out.push_back(site->name);
    return out;
  };
  CHECK(names(10) == std::vector<std::string>{"b.example", "a.example", "c.example"});
  CHECK(names(1) == std::vector<std::string>{"b.example"});
  CHECK(names(0).empty());
  // In flight counts as ready does.
  start_all(windows);
  CHECK(names(10) == std::vector<std::string>{"b.example", "a.example", "c.example"});
  CHECK(windows.busiest(1)[0]->in_flight == 2);
  CHECK(windows.busiest(1)[0]->lanes.size() == 2);
}

TEST_CASE("sites take turns") {
  Windows windows({10, 4, 100, 100});
  for (const char* site : {"big", "small"}) prove(windows, site);
  for (Ticket t = 1; t <= 5; ++t) add(windows, "big", kA, t, kNow);
  add(windows, "small", kA, 10, kNow);
  std::vector<Ticket> started = start_all(windows);
  CHECK(started == std::vector<Ticket>{1, 10, 2, 3});
}

TEST_CASE("accounts take turns within a site, so one mail passes half a million") {
  Windows windows({1, 10, 1000, 500});
  for (Ticket t = 1; t <= 400; ++t) add(windows, "x", kA, t, kNow);
  add(windows, "x", kB, 1000, kNow);
  std::vector<Ticket> order;
  for (int i = 0; i < 4; ++i) {
    auto started = windows.next(kNow);
    REQUIRE(started);
    order.push_back(started->ticket);
    finish(windows, "x");
  }
  CHECK(order == std::vector<Ticket>{1, 1000, 2, 3});
}

TEST_CASE("a full lane refuses, another account's lane of the same site does not") {
  Windows windows({1, 1, 100, 2});
  CHECK(add(windows, "x", kA, 1, kNow) == Added::ready);
  CHECK(add(windows, "x", kA, 2, kNow) == Added::ready);
  CHECK(add(windows, "x", kA, 3, kNow) == Added::lane_full);
  CHECK(windows.room("x", kA, kNow, From::row) == Added::lane_full);
  CHECK(add(windows, "x", kB, 4, kNow) == Added::ready);
  CHECK(add(windows, "y", kA, 5, kNow) == Added::ready);
}

TEST_CASE("memory has an end") {
  Windows windows({1, 1, 3, 100});
  for (Ticket t = 1; t <= 3; ++t) add(windows, "s" + std::to_string(t), kA, t, kNow);
  CHECK(add(windows, "s9", kB, 9, kNow) == Added::memory_full);
  CHECK(windows.ready() == 3);
}

TEST_CASE("what is taken out is not started, and counts no more") {
  Windows windows({10, 100, 100, 100});
  for (Ticket t = 1; t <= 6; ++t) add(windows, t % 2 ? "odd" : "even", kA, t, kNow);
  auto removed = windows.remove_if([](Ticket t) { return t % 2 == 1; });
  std::ranges::sort(removed);
  CHECK(removed == std::vector<Ticket>{1, 3, 5});
  CHECK(windows.ready() == 3);
  CHECK(start_all(windows) == std::vector<Ticket>{2, 4, 6});
  for (int i = 0; i < 3; ++i) finish(windows, "even");
  CHECK(windows.sites() == 0);
}

TEST_CASE("sites that never answer leave half of the sessions to those that do") {
  Windows windows({10, 400, 100000, 500});
  Ticket ticket = 0;
  for (int site = 0; site < 30; ++site) prove(windows, fmt::format("good{}", site), kNow);
  for (int site = 0; site < 1000; ++site)
    for (int i = 0; i < 20; ++i) add(windows, fmt::format("tarpit{}", site), kA, ++ticket, kNow);
  size_t taken = start_all(windows).size();
  CHECK(taken == 200);
  CHECK(windows.in_flight(Standing::unproven) == 200);
  for (int site = 0; site < 30; ++site)
    for (int i = 0; i < 20; ++i) add(windows, fmt::format("good{}", site), kA, ++ticket, kNow);
  CHECK(start_all(windows).size() == 200);
  CHECK(windows.in_flight(Standing::proven) == 200);
}

TEST_CASE("fewer sites that never answer leave room for the first mail to a new one") {
  Windows windows({10, 4000, 100000, 500});
  Ticket ticket = 0;
  for (int site = 0; site < 1000; ++site)
    for (int i = 0; i < 20; ++i) add(windows, fmt::format("tarpit{}", site), kA, ++ticket, kNow);
  CHECK(start_all(windows).size() < 2000);
  for (int site = 0; site < 50; ++site) prove(windows, fmt::format("new{}", site), kNow);
  // All of a window is open to who has answered.
  for (int i = 0; i < 20; ++i) add(windows, "new0", kA, ++ticket, kNow);
  CHECK(start_all(windows).size() == 10);
}

TEST_CASE("a site whose sessions hang has two, until it answers") {
  Windows windows({10, 80, 1000, 500});
  for (Ticket t = 1; t <= 100; ++t) add(windows, "slow", kA, t, kNow);
  CHECK(start_all(windows).size() == 10);
  MonoTime later = kNow + limits::kSiteStuck;
  CHECK(windows.site("slow", later).window == 2);
  for (int i = 0; i < 8; ++i) finish(windows, "slow", SessionEnd::hung, later);
  CHECK(start_all(windows, later).empty());
  for (int i = 0; i < 2; ++i) finish(windows, "slow", SessionEnd::hung, later);
  CHECK(start_all(windows, later).size() == 2);
  CHECK(windows.in_flight(Standing::stuck) == 2);
  finish(windows, "slow", SessionEnd::answered, later);
  CHECK(start_all(windows, later).size() == 9);
  CHECK(windows.in_flight(Standing::stuck) == 0);
  CHECK(windows.in_flight(Standing::proven) == 10);
}

TEST_CASE("sites that hang share an eighth of the sessions, however many they are") {
  Windows windows({10, 80, 10000, 500});
  Ticket ticket = 0;
  for (int site = 0; site < 50; ++site) {
    std::string name = fmt::format("slow{}", site);
    add(windows, name, kA, ++ticket, kNow);
    REQUIRE(windows.next(kNow));
    finish(windows, name, SessionEnd::hung, kNow);
  }
  for (int site = 0; site < 50; ++site)
    for (int i = 0; i < 5; ++i) add(windows, fmt::format("slow{}", site), kA, ++ticket, kNow);
  CHECK(start_all(windows).size() == 10);
  add(windows, "new", kA, ++ticket, kNow);
  CHECK(start_all(windows).size() == 1);
}

TEST_CASE("an answer speaks for its site for a while") {
  Windows windows({10, 80, 10000, 500});
  prove(windows, "good", kNow);
  MonoTime later = kNow + limits::kSiteProven;
  MonoTime before = kNow + (limits::kSiteProven - 1s);
  add(windows, "good", kA, 1, before);
  start_all(windows, before);
  CHECK(windows.in_flight(Standing::proven) == 1);
  finish(windows, "good", SessionEnd::failed, later);
  CHECK(windows.known_sites() == 0);
  add(windows, "good", kA, 2, later);
  start_all(windows, later);
  CHECK(windows.in_flight(Standing::unproven) == 1);
}

TEST_CASE("what is known of a site without mail is forgotten in time") {
  Windows windows({10, 80, 10000, 500});
  prove(windows, "good", kNow);
  CHECK(windows.sites() == 0);
  windows.tidy(kNow);
  CHECK(windows.known_sites() == 1);
  windows.tidy(kNow + limits::kSiteProven);
  CHECK(windows.known_sites() == 0);
  for (size_t i = 0; i < limits::kSitesRemembered + 10; ++i)
    prove(windows, fmt::format("s{}", i), kNow);
  CHECK(windows.known_sites() == limits::kSitesRemembered);
}

TEST_CASE("what waits for sites that do not answer leaves memory for others") {
  Windows windows({10, 4000, 50000, 500});
  Ticket ticket = 0;
  prove(windows, "good", kNow);
  for (int site = 0; site < 1000; ++site)
    while (add(windows, fmt::format("tarpit{}", site), kA, ++ticket, kNow) == Added::ready) {
    }
  CHECK(windows.ready() < 40000);
  size_t good = 0;
  while (add(windows, "good", kA, ++ticket, kNow) == Added::ready) ++good;
  CHECK(good == 500);
  // One that hangs gets the least, however much is free.
  Windows other({10, 4000, 50000, 500});
  add(other, "slow", kA, 1, kNow);
  other.next(kNow);
  size_t slow = 0;
  while (add(other, "slow", kA, ++ticket, kNow + limits::kSiteStuck) == Added::ready) ++slow;
  CHECK(slow == limits::kQueueReadyLaneLeast);
}

TEST_CASE("fresh mail for a site that answers takes half of the memory that nobody else wants") {
  Windows windows({10, 4000, 8000, 50});
  prove(windows, "good");
  CHECK(fill(windows, "good", kA, From::accept) == 3000);  // half of the 6/8 for such sites
  CHECK(fill(windows, "good", kA, From::row) == 0);
  CHECK(fill(windows, "good", kB, From::row) == 50);
  CHECK(fill(windows, "good", kB, From::accept) == 1500 - 50);  // half of what is left
  // However much others have, each account gets its part, and a new site too.
  CHECK(fill(windows, "good", AccountId(3), From::accept) >= 50);
  CHECK(fill(windows, "new", kA, From::accept) > 0);
  CHECK(windows.ready() < 6000);
  // A site that has not answered yet gets no more than rows do.
  Windows other({10, 4000, 8000, 50});
  CHECK(fill(other, "new", kA, From::accept) == 50);
}

TEST_CASE("whatever happens, every ticket comes out once and sums hold") {
  FakeRandom random(11);
  Windows windows({3, 7, 200, 20});
  std::set<Ticket> inside;
  std::multimap<Ticket, std::string> flying;
  std::map<Ticket, std::string> site_of;
  std::set<Ticket> seen;
  Ticket last = 0;
  MonoTime now = kNow;
  for (int step = 0; step < 20000; ++step) {
    uint64_t what = random.below(10);
    if (random.below(10) == 0) now = now + std::chrono::seconds(random.below(40));
    if (random.below(1000) == 0) windows.tidy(now);
    if (what < 5) {
      std::string site = "s" + std::to_string(random.below(12));
      AccountId account(static_cast<int64_t>(1 + random.below(4)));
      if (add(windows, site, account, ++last, now) == Added::ready) {
        inside.insert(last);
        site_of[last] = site;
      }
    } else if (what < 8) {
      if (auto started = windows.next(now)) {
        REQUIRE(inside.erase(started->ticket) == 1);
        REQUIRE(seen.insert(started->ticket).second);
        flying.emplace(started->ticket, site_of[started->ticket]);
      }
    } else if (what < 9 && !flying.empty()) {
      finish(windows, flying.begin()->second, static_cast<SessionEnd>(random.below(3)), now);
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
    while (auto started = windows.next(now)) {
      REQUIRE(inside.erase(started->ticket) == 1);
      flying.emplace(started->ticket, site_of[started->ticket]);
    }
    REQUIRE(!flying.empty());
    finish(windows, flying.begin()->second, SessionEnd::answered, now);
    flying.erase(flying.begin());
  }
  CHECK(windows.sites() == 0);
}
