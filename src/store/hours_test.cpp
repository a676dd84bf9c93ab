// Sums by hour over SQLite and PostgreSQL: with each movement, by their recount, after a purge.
#include "store/event.h"
#include "store/fsck.h"
#include "store/schema.h"
#include "store/store_fixture_test.h"

using namespace ph;
using namespace ph::store;
using namespace ph::store_test;
using ph::sql_test::each_engine;

namespace {

constexpr auto kHour = std::chrono::hours(1);

struct Hours : StoreFixture {
  explicit Hours(sql::Engine which) : StoreFixture(which), account(make_account("one")) {
    clock.set_wall(WallTime{} + std::chrono::hours(24 * 20000 + 23));
    began = hour_of(clock.wall());
  }
  Outcome outcome(const RecipientRow& row, RecipientState state) {
    Outcome out{.key = row.key, .account_id = account, .domain_id = DomainId(1),
                .epoch = row.epoch, .state = state, .cause = "x", .next_at = clock.wall(),
                .at = clock.wall()};
    bool deferred = state == RecipientState::queued;
    out.events = {{.id = EventId(store->new_id()),
                   .type = deferred ? "deferred" : recipient_state_name(state),
                   .at = clock.wall(), .message_id = row.key.message_id, .idx = row.key.idx,
                   .domain_id = DomainId(1)}};
    return out;
  }
  void record(const RecipientRow& row, RecipientState state) {
    std::vector<Outcome> outcomes = {outcome(row, state)};
    CHECK_EQ(need(write<std::vector<bool>>(
                 [&](Tx& tx) { return record_outcomes_for_queue(tx, outcomes); })),
             std::vector<bool>{true});
  }
  // "0 accepted 2, 1 delivered 1": hours since the beginning; what is 0 is left out.
  std::string sums() {
    auto rows = need(read<std::vector<HourRow>>(
        [&](sql::Connection& c) { return hour_counters(c, account, began, began + 100); }));
    std::string out;
    for (const HourRow& row : rows)
      if (row.n != 0)
        out += (out.empty() ? "" : ", ") + std::to_string(row.hour - began) + " " + row.kind +
               " " + std::to_string(row.n);
    return out;
  }
  int64_t by_day(const char* kind) {
    auto rows = need(read<std::vector<CounterRow>>([&](sql::Connection& c) {
      return counters(c, account, began / 24, began / 24 + 10);
    }));
    int64_t sum = 0;
    for (const CounterRow& row : rows)
      if (row.kind == kind) sum += row.n;
    return sum;
  }
  std::vector<std::string> findings() {
    std::vector<std::string> out;
    for (Finding& finding : need(fsck(*store))) out.push_back(finding.what);
    return out;
  }
  // Two recipients: one is deferred twice, in two hours of two days, and delivered in the third;
  // the other bounces at once.
  MessageRow some_mail() {
    MessageRow message = accept(account, {"a@x.example", "b@x.example"});
    auto rows = recipients_of(message);
    record(rows[0], RecipientState::queued);
    record(rows[1], RecipientState::bounced);
    clock.advance(kHour);
    record(rows[0], RecipientState::queued);
    clock.advance(kHour);
    record(rows[0], RecipientState::delivered);
    return message;
  }

  AccountId account;
  int64_t began = 0;
};

constexpr const char* kSomeMail =
    "0 accepted 2, 0 bounced 1, 0 deferred 1, 1 deferred 1, 2 delivered 1";

}  // namespace

TEST_CASE("what is counted by day is counted by hour, deferrals each") {
  each_engine([](sql::Engine engine) {
    Hours h(engine);
    h.some_mail();
    CHECK_EQ(h.sums(), kSomeMail);
    CHECK_EQ(h.by_day("deferred"), 2);
    CHECK_EQ(h.by_day("delivered"), 1);
    CHECK(h.findings().empty());
  });
}

TEST_CASE("a late bounce takes its delivery back in the hour in which that was counted") {
  each_engine([](sql::Engine engine) {
    Hours h(engine);
    MessageRow message = h.some_mail();
    h.clock.advance(kHour);
    Outcome late = h.outcome(h.recipients_of(message)[0], RecipientState::bounced);
    CHECK(need(h.write<bool>([&](Tx& tx) { return record_late_bounce_for_queue(tx, late); })));
    CHECK_EQ(h.sums(),
             "0 accepted 2, 0 bounced 1, 0 deferred 1, 1 deferred 1, 3 bounced 1");
    CHECK(h.findings().empty());
  });
}

TEST_CASE("a cancelled recipient is counted in its hour") {
  each_engine([](sql::Engine engine) {
    Hours h(engine);
    MessageRow message = h.accept(h.account, {"a@x.example"});
    need(h.write<int64_t>([&](Tx& tx) {
      return cancel_recipients(tx.sql(), {.account = h.account, .message = message.id}, tx.now());
    }));
    CHECK_EQ(h.sums(), "0 accepted 1, 0 cancelled 1");
    CHECK(h.findings().empty());
  });
}

TEST_CASE("a job that fails counts in no hour") {
  each_engine([](sql::Engine engine) {
    Hours h(engine);
    auto failed = h.write<bool>([&](Tx& tx) -> Result<bool> {
      tx.count(counted_at(tx.now(), h.account, DomainId(1), "accepted"));
      return fail(Errc::denied, "no");
    });
    CHECK_FALSE(failed.has_value());
    CHECK_EQ(h.sums(), "");
  });
}

TEST_CASE("a database of before has its hours after the migration, as they would have been") {
  each_engine([](sql::Engine engine) {
    Hours h(engine);
    h.some_mail();
    auto steps = schema_migrations();
    auto hours = std::ranges::find(steps, "hours", &sql::Migration::name);
    REQUIRE(hours != steps.end());
    need(h.write([&](Tx& tx) {
      return tx.sql().script("DROP TABLE counter_hour;"
                             "DELETE FROM counter WHERE kind = 'deferred';" +
                             sql::spell_ddl(engine, hours->ddl));
    }));
    CHECK_EQ(h.sums(), kSomeMail);
    CHECK_EQ(h.by_day("deferred"), 2);
    CHECK(h.findings().empty());
  });
}

TEST_CASE("fsck finds an hour, and a day's deferrals, that are not what a recount says") {
  each_engine([](sql::Engine engine) {
    for (const char* damage :
         {"UPDATE counter_hour SET n = n + 1 WHERE kind = 'delivered'",
          "DELETE FROM counter_hour WHERE kind = 'deferred'",
          "UPDATE counter SET n = n + 1 WHERE kind = 'deferred'",
          "INSERT INTO counter_hour (account_id, hour, kind, n) VALUES (7, 500000, 'held', 1)"}) {
      CAPTURE(damage);
      Hours h(engine);
      h.some_mail();
      need(h.write([&](Tx& tx) { return tx.sql().script(damage); }));
      auto found = need(fsck(*h.store));
      REQUIRE_FALSE(found.empty());
      CHECK(found[0].kind == FindingKind::counter);
    }
  });
}

TEST_CASE("old hours go in slices, by whole days, and are not recounted") {
  each_engine([](sql::Engine engine) {
    Hours h(engine);
    h.some_mail();
    auto purge = [&](WallTime before, int64_t most) {
      return need(h.write<int64_t>(
          [&](Tx& tx) { return purge_hours_for_operator(tx, before, most); }));
    };
    WallTime second_day = WallTime{} + std::chrono::hours(24 * 20001);
    CHECK_EQ(purge(second_day - Duration(1), 100), 0);
    CHECK_EQ(purge(second_day + kHour, 2), 2);
    CHECK(h.findings().empty());
    CHECK_EQ(purge(second_day + kHour, 2), 1);
    CHECK_EQ(h.sums(), "1 deferred 1, 2 delivered 1");
    CHECK(h.findings().empty());
  });
}
