#include "core/login_memory.h"

#include <doctest/doctest.h>

#include "base/limits.h"

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
    CHECK(memory.take_guess("a@b", kClient));
  }
  CHECK_FALSE(memory.take_guess("a@b", kClient));
  CHECK_FALSE(memory.take_guess("c@d", kClient));
  CHECK(memory.take_guess("a@b", kOther));
  clock.advance(limits::kLoginFailureWindow + 1s);
  CHECK(memory.take_guess("a@b", kClient));
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
  for (uint32_t i = 0; i < 3 * limits::kLoginMemory; ++i) memory.take_guess("x", IpAddress::v4(i));
  CHECK(memory.take_guess("y", IpAddress::v4(0xffffffff)));
}

TEST_CASE("a right password costs no guess, and guesses at once all count") {
  FakeClock clock;
  FakeRandom random;
  LoginMemory memory(clock, random);
  for (unsigned i = 0; i < 3 * limits::kLoginFailures; ++i) {
    REQUIRE(memory.take_guess("a@b", kClient));
    memory.give_back("a@b", kClient);
  }
  unsigned begun = 0;
  for (int i = 0; i < 80; ++i) begun += memory.take_guess("a@b", kClient);
  CHECK_EQ(begun, limits::kLoginFailures);
}
