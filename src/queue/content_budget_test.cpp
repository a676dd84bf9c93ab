#include "queue/content_budget.h"

#include <doctest/doctest.h>

#include "net/loop.h"

using namespace ph;
using namespace ph::queue;

namespace {

net::Task<void> hold(std::shared_ptr<ContentBudget> budget, size_t size,
                     ContentBudget::Share& out) {
  out = co_await budget->take(size);
}

}  // namespace

TEST_CASE("large contents wait in their order, a small one does not wait for them") {
  FakeClock clock;
  auto loop = net::Loop::simulated(clock);
  auto budget = std::make_shared<ContentBudget>(1 << 20);
  ContentBudget::Share first, second, third, small;
  auto turn = [&] { loop->run_until(net::sleep_for(Duration(1))); };
  loop->spawn(hold(budget, 600'000, first));
  loop->spawn(hold(budget, 500'000, second));
  loop->spawn(hold(budget, 1000, third));  // it would find room
  loop->spawn(hold(budget, 500, small));
  turn();
  CHECK(budget->used() == 600'500);
  CHECK_FALSE(budget->try_take(500'000).has_value());
  first = {};
  turn();
  CHECK(budget->used() == 501'500);
  second = {}, third = {}, small = {};
  CHECK(budget->used() == 0);
}
