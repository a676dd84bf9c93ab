#include "core/transaction.h"

#include <doctest/doctest.h>

using namespace ph;
using namespace ph::core;

TEST_CASE("the refusal of a job that ended is its answer") {
  std::optional<Refusal> refused = Refusal{Reason::daily_limit, "to", "enough for today"};
  auto out = detail::settle<int>(fail(Errc::denied, "refused"), refused);
  REQUIRE_FALSE(out.has_value());
  CHECK(out.error().reason == Reason::daily_limit);
  CHECK(out.error().field == "to");
  CHECK(detail::settle<int>(7, refused).value() == 7);
}

TEST_CASE("after a time-out the refusal is not looked at, which the job may still write") {
  std::optional<Refusal> half_written = Refusal{Reason::daily_limit, "to", "enough for today"};
  for (Errc code : {Errc::timeout, Errc::closed, Errc::limit, Errc::temporary}) {
    auto out = detail::settle<void>(fail(code, "no answer"), half_written);
    REQUIRE_FALSE(out.has_value());
    CHECK(out.error().reason == Reason::temporary);
  }
}
