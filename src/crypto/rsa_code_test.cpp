#include "crypto/rsa_code.h"

using namespace ph;
using namespace ph::crypto;
using namespace std::chrono_literals;

namespace {

RsaSituation with(RsaTrial trial, Duration now = {}) {
  return {.two_codes = true, .trial = trial, .now = now};
}

}  // namespace

TEST_CASE("a processor with two codes for RSA tries the second one") {
  CHECK(next_move(with({})) == RsaMove::try_second);
  CHECK(next_move({.two_codes = false}) == RsaMove::stay);
}

TEST_CASE("what an operator chose for OpenSSL stays") {
  CHECK(next_move({.two_codes = true, .operator_chose = true}) == RsaMove::stay);
}

TEST_CASE("the second code stays where it is clearly faster, otherwise the first one comes back") {
  RsaTrial second{.state = RsaTrial::State::second, .first = 500us};
  CHECK(next_move(with(second, 300us)) == RsaMove::stay);
  CHECK(next_move(with(second, 490us)) == RsaMove::back_to_first);
  CHECK(next_move(with(second, 900us)) == RsaMove::back_to_first);
  // Nothing is tried again after that: the process would replace itself for ever.
  CHECK(next_move(with({.state = RsaTrial::State::decided})) == RsaMove::stay);
}

TEST_CASE("a trial survives the change of process") {
  for (RsaTrial trial : {RsaTrial{}, RsaTrial{.state = RsaTrial::State::second, .first = 412us},
                         RsaTrial{.state = RsaTrial::State::decided}}) {
    RsaTrial read = RsaTrial::from_text(trial.text());
    CHECK(read.state == trial.state);
    CHECK(read.first == trial.first);
  }
  for (const char* strange : {"-3", "0", "12x", "no", " "})
    CHECK(RsaTrial::from_text(strange).state == RsaTrial::State::none);
}

TEST_CASE("a power of RSA's size is measured") {
  CHECK(rsa_power_cost() > 0us);
  CHECK(rsa_power_cost() < 1h);
}
