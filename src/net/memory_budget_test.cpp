#include "net/memory_budget.h"

#include <doctest/doctest.h>

#include "net/loop.h"

using namespace ph;
using namespace ph::net;

namespace {

net::Task<void> hold(std::shared_ptr<MemoryBudget> budget, size_t size,
                     MemoryBudget::Share& out) {
  out = co_await budget->take(size);
}

}  // namespace

TEST_CASE("large mails wait in their order, a small one does not wait for them") {
  FakeClock clock;
  auto loop = net::Loop::simulated(clock);
  auto budget = std::make_shared<MemoryBudget>(1 << 20);
  MemoryBudget::Share first, second, third, small;
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

TEST_CASE("what is larger than the budget waits for all of it, and takes it alone") {
  FakeClock clock;
  auto loop = net::Loop::simulated(clock);
  auto budget = std::make_shared<MemoryBudget>(1 << 20);
  MemoryBudget::Share first, second, third, small;
  auto turn = [&] { loop->run_until(net::sleep_for(Duration(1))); };
  loop->spawn(hold(budget, 600'000, first));
  loop->spawn(hold(budget, 2 << 20, second));
  loop->spawn(hold(budget, 600'000, third));
  loop->spawn(hold(budget, 500, small));
  turn();
  CHECK(budget->used() == 600'500);
  first = {};
  turn();
  CHECK(budget->used() == 500);  // the second one needs it all
  small = {};
  turn();
  CHECK(budget->used() == 1 << 20);
  second = {};
  turn();
  CHECK(budget->used() == 600'000);
  third = {};
  CHECK(budget->used() == 0);
}
