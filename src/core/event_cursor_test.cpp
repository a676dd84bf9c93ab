#include "core/event_cursor.h"

#include <doctest/doctest.h>

#include "base/id_source.h"
#include "base/limits.h"

using namespace ph;
using core::EventCursor;
using namespace std::chrono_literals;

namespace {

struct Nodes {
  FakeClock clock;
  IdSource a{clock, 1}, b{clock, 700}, c{clock, 1023};
};

}  // namespace

TEST_CASE_FIXTURE(Nodes, "what one node wrote is passed in order, what another wrote is not") {
  int64_t late = b.next();
  clock.advance(1s);
  int64_t first = a.next(), second = a.next();
  EventCursor cursor;
  CHECK_FALSE(cursor.passed(late));
  cursor.pass(first);
  CHECK(cursor.passed(first));
  CHECK_FALSE(cursor.passed(second));
  CHECK_FALSE(cursor.passed(late));  // it committed after an event with a larger id
  cursor.pass(late);
  CHECK(cursor.passed(late));
  CHECK(cursor.passed(first));
  CHECK_FALSE(cursor.passed(b.next()));
}

TEST_CASE_FIXTURE(Nodes, "a node that is silent for long is forgotten, and its past is passed") {
  int64_t old = b.next();
  EventCursor cursor({old});
  clock.advance(limits::kEventLate);
  cursor.pass(a.next());
  CHECK(cursor.text().size() == 27);
  clock.advance(1ms);
  cursor.pass(a.next());
  CHECK(cursor.text().size() == 13);
  CHECK(cursor.passed(old));
  CHECK_FALSE(cursor.passed(b.next()));
}

TEST_CASE_FIXTURE(Nodes, "a cursor is the same after its text") {
  EventCursor cursor;
  CHECK(cursor.text() == "0");
  CHECK_FALSE(EventCursor::parse("0")->passed(a.next()));
  for (IdSource* node : {&c, &a, &b, &c}) {
    int64_t before = node->next();
    cursor.pass(node->next());
    EventCursor again = *EventCursor::parse(cursor.text());
    CHECK(again.text() == cursor.text());
    CHECK(again.passed(before));
    CHECK_FALSE(again.passed(node->next()));
  }
}

TEST_CASE_FIXTURE(Nodes, "text that is no cursor is refused") {
  std::string one = format_id(a.next()), two = format_id(a.next()), other = format_id(b.next());
  CHECK(EventCursor::parse(one + "." + other).has_value());
  for (const std::string& bad :
       {std::string(), std::string("1"), one + ".", "." + one, one + "." + two, one + "," + other,
        one + "." + one, one.substr(1), one + " ", std::string(13, 'a'), std::string(13, '7')})
    CHECK_FALSE(EventCursor::parse(bad).has_value());
  std::string many = one;
  for (uint16_t node = 100; node < 100 + limits::kEventNodes; ++node)
    many += "." + format_id(IdSource(clock, node).next());
  CHECK_FALSE(EventCursor::parse(many).has_value());
  CHECK(EventCursor::parse(many.substr(14)).has_value());
}

TEST_CASE_FIXTURE(Nodes, "one look finds what is not passed, as far back as it is told to") {
  int64_t id = a.next();
  EventCursor cursor({id, b.next()});
  CHECK(EventCursor().tail(1s).low == 0);
  store::EventTail near = cursor.tail(2s);
  CHECK(near.seen.size() == 2);
  CHECK(near.low < id);
  CHECK(id_time(near.low + 1) == id_time(id) - 2s);
  CHECK(EventCursor({id}).tail(Duration(0)).low == id);
}
