#include "core/event_feed.h"

#include "base/id_source.h"
#include "core/core_fixture_test.h"
#include "core/event.h"

using namespace ph;
using namespace ph::core_test;
using core::EventCursor;
using core::EventListener;
using ph::sql_test::each_engine;

namespace {

using Listener = std::shared_ptr<EventListener>;

struct Fixture : CoreFixture {
  explicit Fixture(sql::Engine which = sql::Engine::sqlite)
      : CoreFixture(which), acme(account("acme")), other(account("other")) {}
  ~Fixture() { loop.reset(); }

  void happen(AccountId to, const std::vector<std::string>& types) {
    need(write([&](store::Tx& tx) -> Result<> {
      for (const std::string& type : types)
        TRY(core::record_event(tx, {.account_id = to, .type = type.c_str()}));
      return {};
    }));
  }
  // As if another node had written it.
  void happen_at(AccountId to, int64_t id, const char* type) {
    need(write([&](store::Tx& tx) {
      return store::insert_events(tx, to, {{.id = EventId(id), .type = type, .at = tx.now()}});
    }));
  }
  Listener listen(AccountId to, std::optional<std::string> after = std::nullopt) {
    core::EventWish wish{.account = to};
    if (after) wish.after = need(EventCursor::parse(*after));
    return now(feed.listen(wish));
  }
  // "a b": what there is now, without waiting for more.
  std::string heard(const Listener& listener) {
    std::string out;
    for (;;) {
      listener->wake();
      auto events = now(listener->next(Deadline::never()));
      if (events.empty()) return out;
      for (const auto& event : events) out += (out.empty() ? "" : " ") + event->type;
    }
  }
  size_t look() { return now(feed.look()); }

  core::EventFeed feed{context};
  AccountId acme, other;
};

}  // namespace

TEST_CASE("who listens hears what his account does from now on, once and in order") {
  each_engine([](sql::Engine engine) {
    Fixture f(engine);
    f.happen(f.acme, {"before"});
    Listener mine = f.listen(f.acme);
    Listener all = f.listen({});
    CHECK(f.heard(mine) == "");
    f.happen(f.acme, {"a", "b"});
    f.happen(f.other, {"theirs"});
    CHECK(f.heard(mine) == "");  // nobody has looked
    CHECK(f.look() == 3);
    CHECK(f.heard(mine) == "a b");
    CHECK(f.heard(mine) == "");
    f.happen(f.acme, {"c"});
    CHECK(f.look() == 1);
    CHECK(f.look() == 0);
    CHECK(f.heard(mine) == "c");
    CHECK(f.heard(all) == "a b theirs c");
    CHECK(f.heard(f.listen(f.other)) == "");
  });
}

TEST_CASE("a cursor goes on where it was left, over restarts, without loss or repeat") {
  each_engine([](sql::Engine engine) {
    Fixture f(engine);
    Listener first = f.listen(f.acme);
    f.happen(f.acme, {"a", "b"});
    f.look();
    CHECK(f.heard(first) == "a b");
    std::string cursor = first->cursor().text();
    first.reset();
    f.happen(f.acme, {"c"});
    f.happen(f.other, {"theirs"});
    Listener again = f.listen(f.acme, cursor);
    f.happen(f.acme, {"d"});
    CHECK(f.heard(again) == "c");
    f.look();
    CHECK(f.heard(again) == "d");
    CHECK(f.heard(f.listen(f.acme, cursor)) == "c d");
    CHECK(f.heard(f.listen(f.acme, again->cursor().text())) == "");
    core::EventFeed after_restart{f.context};
    auto wish = core::EventWish{.account = f.acme, .after = need(EventCursor::parse(cursor))};
    CHECK(f.heard(f.now(after_restart.listen(wish))) == "c d");
    CHECK(f.heard(f.listen(f.other, "0")).ends_with("theirs"));
  });
}

TEST_CASE("what is old comes in pages, to the last") {
  Fixture f;
  std::string cursor = f.listen(f.acme)->cursor().text();
  auto many = static_cast<size_t>(limits::kEventLookRows) + 1;
  f.happen(f.acme, std::vector<std::string>(many, "x"));
  CHECK(f.heard(f.listen(f.acme, cursor)).size() == 2 * many - 1);
  // Where the pages hold nothing that is new, too: they come from memory.
  Listener late = f.listen({}, cursor);
  f.happen(f.acme, std::vector<std::string>(many, "y"));
  while (f.look() > 0) {
  }
  CHECK(f.heard(late).size() == 4 * many - 1);
}

TEST_CASE("an event of another node that commits late is not lost, nor told twice") {
  if (sql_test::PostgresServer::get() == nullptr) return;
  Fixture f(sql::Engine::postgresql);
  IdSource one(f.clock, 1), two(f.clock, 2);
  Listener mine = f.listen(f.acme);
  int64_t late = two.next();
  f.clock.advance(std::chrono::seconds(1));
  f.happen_at(f.acme, one.next(), "quick");
  CHECK(f.look() == 1);
  CHECK(f.heard(mine) == "quick");
  std::string cursor = mine->cursor().text();
  f.happen_at(f.acme, late, "late");
  CHECK(f.look() == 1);
  CHECK(f.heard(mine) == "late");
  CHECK(f.heard(f.listen(f.acme, cursor)) == "late");
  CHECK(f.heard(f.listen(f.acme, mine->cursor().text())) == "");

  // So late that only the look that goes far back finds it.
  int64_t later = two.next();
  f.clock.advance(limits::kEventLateNear + std::chrono::seconds(1));
  f.happen_at(f.acme, one.next(), "quick");
  f.look();
  f.happen_at(f.acme, IdSource(f.clock, 3).next(), "third");
  f.look();
  f.happen_at(f.acme, later, "later");
  f.clock.advance(limits::kEventLateLook);
  f.look();
  CHECK(f.heard(mine) == "quick third later");
}

TEST_CASE_FIXTURE(Fixture, "while nobody listens nothing is asked, and nothing is kept") {
  happen(acme, {"a"});
  CHECK(look() == 0);
  Listener one = listen(acme);
  happen(acme, {"b"});
  one.reset();
  CHECK(look() == 0);
  Listener two = listen(acme);
  CHECK(look() == 0);
  CHECK(heard(two) == "");
}

TEST_CASE_FIXTURE(Fixture, "who does not listen to what memory holds goes on by the cursor") {
  Listener slow = listen(acme);
  happen(acme, {"a"});
  look();
  CHECK(heard(slow) == "a");
  happen(acme, std::vector<std::string>(limits::kEventsKept + 1, "x"));
  while (look() > 0) {
  }
  CHECK(refusal(run(slow->next(Deadline::never()))) == "temporary");
  CHECK(heard(listen(acme, slow->cursor().text())).size() == 2 * limits::kEventsKept + 1);
}

TEST_CASE_FIXTURE(Fixture, "what others do does not push a quiet listener out of memory") {
  Listener mine = listen(acme);
  std::string data = "{\"x\":\"" + std::string(64 << 10, 'x') + "\"}";
  size_t pushed = 0;
  while (pushed <= limits::kEventsKeptBytes) {
    need(write([&](store::Tx& tx) {
      std::vector<store::EventRow> rows(20, {.type = "theirs", .at = tx.now(), .data = data});
      for (store::EventRow& row : rows) row.id = EventId(tx.new_id());
      return store::insert_events(tx, other, rows);
    }));
    CHECK(look() == 20);
    pushed += 20 * data.size();
  }
  happen(acme, {"mine"});
  look();
  CHECK(heard(mine) == "mine");
  CHECK(heard(listen(acme, mine->cursor().text())) == "");
}

TEST_CASE("an older event of a node that was silent comes with its younger one") {
  if (sql_test::PostgresServer::get() == nullptr) return;
  Fixture f(sql::Engine::postgresql);
  IdSource one(f.clock, 1), two(f.clock, 2);
  Listener mine = f.listen(f.acme);
  f.happen_at(f.acme, one.next(), "first");
  CHECK(f.look() == 1);  // goes far back; those that follow do not
  int64_t older = two.next();
  f.clock.advance(limits::kEventLateNear + std::chrono::milliseconds(500));
  f.happen_at(f.acme, one.next(), "quick");
  CHECK(f.look() == 1);
  f.happen_at(f.acme, older, "older");
  f.happen_at(f.acme, two.next(), "younger");
  CHECK(f.look() == 2);
  CHECK(f.heard(mine) == "first quick older younger");
}

TEST_CASE_FIXTURE(Fixture, "what is old comes in pieces that a slow reader can hold") {
  std::string cursor = listen(acme)->cursor().text();
  std::string data = "{\"x\":\"" + std::string(8 << 10, 'x') + "\"}";
  need(write([&](store::Tx& tx) {
    std::vector<store::EventRow> rows(60, {.type = "x", .at = tx.now(), .data = data});
    for (store::EventRow& row : rows) row.id = EventId(tx.new_id());
    return store::insert_events(tx, acme, rows);
  }));
  Listener late = listen(acme, cursor);
  size_t heard_of = 0;
  for (;;) {
    late->wake();
    auto events = now(late->next(Deadline::never()));
    if (events.empty()) break;
    CHECK(events.size() * data.size() <= limits::kEventStreamPiece);
    heard_of += events.size();
  }
  CHECK(heard_of == 60);
}

TEST_CASE_FIXTURE(Fixture, "what another node has told already is not told again") {
  Listener first = listen(acme);
  happen(acme, {"a"});
  core::EventFeed elsewhere{context};
  auto there = now(elsewhere.listen({.account = acme, .after = first->cursor()}));
  CHECK(heard(there) == "a");
  // This process has not looked since.
  Listener here = listen(acme, there->cursor().text());
  CHECK(look() == 1);
  CHECK(heard(here) == "");
  CHECK(heard(first) == "a");
}

TEST_CASE_FIXTURE(Fixture, "a listener waits until something happens") {
  Listener mine = listen(acme);
  auto waits = [](Listener who) -> net::Task<std::string> {
    auto events = granted(co_await who->next(Deadline::never()));
    co_return events.empty() ? "" : events[0]->type;
  };
  auto happens = [](Fixture& f) -> net::Task<std::string> {
    f.happen(f.acme, {"a"});
    co_return std::to_string(granted(co_await f.feed.look()));
  };
  std::vector<net::Task<std::string>> both;
  both.push_back(waits(mine));
  both.push_back(happens(*this));
  CHECK(run(net::gather(std::move(both))) == std::vector<std::string>{"a", "1"});
}
