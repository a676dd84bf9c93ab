#include "core/login_memory.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/limits.h"
#include "net/gather.h"
#include "net/loop.h"
#include "net/worker_pool.h"

using namespace ph;
using namespace ph::core;
using namespace std::chrono_literals;

namespace {
const IpAddress kClient = IpAddress::v4(0x7f000001);
const IpAddress kOther = IpAddress::v4(0x7f000002);
}  // namespace

TEST_CASE("a client is throttled after too many wrong guesses, and only for a while") {
  FakeClock clock;
  FakeRandom random;
  LoginMemory memory(clock, random);
  for (unsigned i = 0; i < limits::kLoginFailures; ++i) {
    CHECK_FALSE(memory.throttle("a@b", kClient));
  }
  CHECK(memory.throttle("a@b", kClient));
  CHECK(memory.throttle("c@d", kClient));
  CHECK_FALSE(memory.throttle("a@b", kOther));
  clock.advance(limits::kLoginFailureWindow + 1s);
  CHECK_FALSE(memory.throttle("a@b", kClient));
}

TEST_CASE("a right login is remembered for ten minutes and dies with the row's version") {
  FakeClock clock;
  FakeRandom random;
  LoginMemory memory(clock, random);
  memory.remember(memory.mark("a@b", "secret", 1));
  CHECK(memory.remembers(memory.mark("a@b", "secret", 1)));
  CHECK_FALSE(memory.remembers(memory.mark("a@b", "secret", 2)));
  CHECK_FALSE(memory.remembers(memory.mark("a@b", "secre", 1)));
  clock.advance(limits::kSmtpLoginKept);
  CHECK_FALSE(memory.remembers(memory.mark("a@b", "secret", 1)));
}

TEST_CASE("memory stays bounded under guesses from everywhere") {
  FakeClock clock;
  FakeRandom random;
  LoginMemory memory(clock, random);
  for (uint32_t i = 0; i < 3 * limits::kLoginMemory; ++i) memory.throttle("x", IpAddress::v4(i));
  CHECK_FALSE(memory.throttle("y", IpAddress::v4(0xffffffff)));
}

TEST_CASE("a right password costs no guess, and guesses at once all count") {
  FakeClock clock;
  FakeRandom random;
  LoginMemory memory(clock, random);
  for (unsigned i = 0; i < 3 * limits::kLoginFailures; ++i) {
    REQUIRE_FALSE(memory.throttle("a@b", kClient));
    memory.give_back("a@b", kClient);
  }
  unsigned begun = 0;
  for (int i = 0; i < 80; ++i) begun += !memory.throttle("a@b", kClient);
  CHECK_EQ(begun, limits::kLoginFailures);
}

TEST_CASE("who is stopped only by guesses that are not judged yet waits for their verdicts") {
  FakeClock clock;
  FakeRandom random;
  auto loop = net::Loop::simulated(clock);
  LoginMemory memory(clock, random);
  auto fill = [&](const char* name) {
    for (unsigned i = 0; i < limits::kLoginFailures; ++i)
      REQUIRE_FALSE(memory.throttle(name, kClient));
  };
  auto turn = [&](const char* name) {
    MonoTime begun = clock.mono();
    bool refused = loop->run_until(memory.turn(name, kClient)).has_value();
    return std::pair(refused, clock.mono() - begun);
  };
  fill("a@b");
  CHECK(turn("a@b") == std::pair(true, Duration(5s)));  // nobody says what became of them
  auto right_after = [](LoginMemory& m) -> net::Task<> {
    co_await net::sleep_for(1s);
    m.give_back("a@b", kClient);
  };
  loop->spawn(right_after(memory));
  CHECK(turn("a@b") == std::pair(false, Duration(1s)));
  for (unsigned i = 0; i < limits::kLoginFailures; ++i) memory.keep("a@b", kClient);
  CHECK(turn("a@b") == std::pair(true, Duration(0s)));  // all were wrong
  memory.give_back("a@b", kClient);                      // none is open: nothing is given back
  CHECK(turn("a@b").first);
  clock.advance(limits::kLoginFailureWindow + 1s);
  fill("c@d");
  clock.advance(limits::kLoginFailureWindow + 1s);
  REQUIRE_FALSE(memory.throttle("c@d", kClient));
  memory.keep("c@d", kClient);
  memory.give_back("c@d", kClient);  // of the window before
  for (unsigned i = 1; i < limits::kLoginFailures; ++i)
    REQUIRE_FALSE(memory.throttle("c@d", kClient));
  CHECK(memory.throttle("c@d", kClient));
}

TEST_CASE("of thirty wrong guesses at once ten are judged, and the last verdict ends the others") {
  FakeClock clock;  // stands: nobody may wait for time
  FakeRandom random;
  auto loop = net::Loop::make(clock);
  LoginMemory memory(clock, random);
  net::WorkerPool hashing(2, 100);
  auto guess = [](LoginMemory& m, net::WorkerPool& pool) -> net::Task<bool> {
    if (co_await m.turn("a@b", kClient)) co_return false;
    co_await net::run_on(pool, [] { return Result<int>(0); }, Deadline::never());
    m.keep("a@b", kClient);
    co_return true;
  };
  std::vector<net::Task<bool>> guesses;
  for (int i = 0; i < 30; ++i) guesses.push_back(guess(memory, hashing));
  auto judged = loop->run_until(net::gather(std::move(guesses)));
  CHECK(std::ranges::count(judged, true) == limits::kLoginFailures);
}

TEST_CASE("an owner at a new place with two connections passes where his name is throttled") {
  FakeClock clock;
  FakeRandom random;
  auto loop = net::Loop::simulated(clock);
  LoginMemory memory(clock, random);
  for (uint32_t i = 0; i < limits::kLoginFailuresOfName; ++i) {
    REQUIRE_FALSE(memory.throttle("a@b", IpAddress::v4(0x0a000000 + i * 256)));
    memory.keep("a@b", IpAddress::v4(0x0a000000 + i * 256));
  }
  REQUIRE_FALSE(memory.throttle("a@b", kClient));
  auto right_after = [](LoginMemory& m) -> net::Task<> {
    co_await net::sleep_for(100ms);
    m.give_back("a@b", kClient);
    m.welcome("a@b", kClient);
  };
  loop->spawn(right_after(memory));
  CHECK_FALSE(loop->run_until(memory.turn("a@b", kClient)).has_value());
}

TEST_CASE("a throttle says how long it lasts") {
  FakeClock clock;
  FakeRandom random;
  LoginMemory memory(clock, random);
  for (unsigned i = 0; i < limits::kLoginFailures; ++i) {
    memory.throttle("a@b", kClient);
    clock.advance(10s);
  }
  auto first = memory.throttle("a@b", kClient);
  REQUIRE(first);
  CHECK(*first == limits::kLoginFailureWindow - limits::kLoginFailures * 10s);
  clock.advance(*first);
  CHECK(memory.throttle("a@b", kClient));
  clock.advance(1s);
  CHECK_FALSE(memory.throttle("a@b", kClient));
}

namespace {

// One guess of the name from each of `networks` networks, from 10.0.0.0 on; how many were judged.
unsigned guess_from(LoginMemory& memory, const char* name, uint32_t networks, uint32_t each = 1) {
  unsigned judged = 0;
  for (uint32_t i = 0; i < networks * each; ++i)
    judged += !memory.throttle(name, IpAddress::v4(0x0a000000 + (i / each) * 256 + i % each));
  return judged;
}

}  // namespace

TEST_CASE("who guesses one name from everywhere is stopped, and its owner is not") {
  FakeClock clock;
  FakeRandom random;
  LoginMemory memory(clock, random);
  CHECK_FALSE(memory.throttle("a@b", kClient));
  memory.give_back("a@b", kClient);
  memory.welcome("a@b", kClient);
  CHECK(guess_from(memory, "a@b", 10, 200) == limits::kLoginFailuresOfName + 9);
  // A network that is new has one guess, a client of a network that guessed has none.
  IpAddress fresh = IpAddress::v4(0xc0000201);
  CHECK_FALSE(memory.throttle("a@b", fresh));
  CHECK(memory.throttle("a@b", fresh));
  CHECK(memory.throttle("a@b", IpAddress::v4(0xc0000202)));
  // In the end only the owner's own client gets through, and that one is still counted.
  CHECK(guess_from(memory, "a@b", 5000) < limits::kLoginFailuresOfNameMost);
  CHECK(memory.throttle("a@b", IpAddress::v4(0xc6336401)));
  CHECK_FALSE(memory.throttle("a@b", kClient));
  CHECK(memory.throttle("a@b", kOther));
  for (unsigned i = 1; i < limits::kLoginFailures; ++i)
    CHECK_FALSE(memory.throttle("a@b", kClient));
  CHECK(memory.throttle("a@b", kClient));
}

TEST_CASE("a client is known to the name it signed in as, and to no other") {
  FakeClock clock;
  FakeRandom random;
  LoginMemory memory(clock, random);
  memory.welcome("mine@b", kClient);
  guess_from(memory, "a@b", 5000);
  CHECK(memory.throttle("a@b", kClient));
}

TEST_CASE("guesses of many names do not wash away the count of one") {
  FakeClock clock;
  FakeRandom random;
  LoginMemory memory(clock, random);
  guess_from(memory, "a@b", 5000);
  for (uint32_t i = 0; i < 3 * limits::kLoginMemory; ++i)
    memory.throttle("x" + std::to_string(i), IpAddress::v4(0x14000000 + i * 256));
  CHECK(memory.throttle("a@b", IpAddress::v4(0xc6336401)));
}

TEST_CASE("a remembered login tells a throttled client nothing, unless it is known to the name") {
  FakeClock clock;
  FakeRandom random;
  LoginMemory memory(clock, random);
  auto loop = net::Loop::simulated(clock);
  auto refused = [&](const char* name, const IpAddress& client) {
    return loop->run_until(memory.turn(name, client)).has_value();
  };
  auto guess_wrong = [&](const char* name, const IpAddress& client) {
    if (refused(name, client)) return false;
    memory.keep(name, client);
    return true;
  };
  memory.welcome("a@b", kOther);
  CHECK(memory.may_recall("a@b", kClient));
  while (guess_wrong("a@b", kClient)) {
  }
  CHECK_FALSE(memory.may_recall("a@b", kClient));
  CHECK(memory.may_recall("a@b", kOther));  // its owner's place
  while (guess_wrong("a@b", kOther)) {
  }
  CHECK(memory.may_recall("a@b", kOther));  // somebody else there, or a wrong setting
  for (unsigned i = 1; i < limits::kLoginRecalls; ++i) CHECK(refused("a@b", kOther));
  CHECK_FALSE(memory.may_recall("a@b", kOther));
  CHECK_FALSE(memory.may_recall("c@d", kOther));  // a name that never came from there
  clock.advance(limits::kLoginFailureWindow + 1s);
  CHECK(memory.may_recall("a@b", kOther));
}
