#include "delivery/rendered_room.h"

#include <doctest/doctest.h>

#include "net/loop.h"

using namespace ph;
using namespace ph::delivery;

namespace {

net::Task<void> hold(std::shared_ptr<RenderedRoom> room, size_t size, RenderedRoom::Share& out) {
  out = co_await room->take(size);
}

}  // namespace

TEST_CASE("large mails wait for room in their order, small ones do not wait for them") {
  FakeClock clock;
  auto loop = net::Loop::simulated(clock);
  auto room = std::make_shared<RenderedRoom>(1 << 20);
  RenderedRoom::Share first, second, third, small;
  loop->spawn(hold(room, 600'000, first));
  loop->spawn(hold(room, 2 << 20, second));  // more than there is
  loop->spawn(hold(room, 600'000, third));
  loop->spawn(hold(room, 1000, small));
  loop->run_until(net::sleep_for(Duration(1)));
  CHECK(room->used() == 601'000);
  first = {};
  loop->run_until(net::sleep_for(Duration(1)));
  CHECK(room->used() == 1000);  // the second one needs it all
  small = {};
  loop->run_until(net::sleep_for(Duration(1)));
  CHECK(room->used() == 1 << 20);
  second = {};
  loop->run_until(net::sleep_for(Duration(1)));
  CHECK(room->used() == 600'000);
  third = {};
  CHECK(room->used() == 0);
}
