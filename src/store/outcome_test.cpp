// The queue's rows over SQLite and PostgreSQL: due, fenced outcomes, verbs, purge, fsck.
#include "store/outcome.h"

#include "store/fsck.h"
#include "store/store_fixture_test.h"

using namespace ph;
using namespace ph::store;
using namespace ph::store_test;
using ph::sql_test::each_engine;

namespace {

struct Queue : StoreFixture {
  explicit Queue(sql::Engine which) : StoreFixture(which), account(make_account("one")) {}

  Outcome outcome(const RecipientRow& row, RecipientState state) {
    Outcome out{.key = row.key, .account_id = account, .domain_id = DomainId(1),
                .epoch = row.epoch, .state = state, .cause = "x",
                .next_at = clock.wall() + std::chrono::minutes(5), .at = clock.wall(),
                .reply = "250 \xff ok"};
    out.attempt = AttemptRow{.at = clock.wall(), .host = "mx.example", .code = 250,
                             .reply = "250 ok", .duration = Duration(17)};
    out.events = {{.id = EventId(store->new_id()), .type = "delivery", .at = clock.wall(),
                   .message_id = row.key.message_id, .idx = row.key.idx}};
    return out;
  }
  std::vector<bool> record(const std::vector<Outcome>& outcomes) {
    return need(write<std::vector<bool>>(
        [&](Tx& tx) { return record_outcomes_for_queue(tx, outcomes); }));
  }
  int64_t count(const char* kind) {
    return need(read<int64_t>([&](sql::Connection& c) {
      return counter(c, account, {.day = day_of(clock.wall()), .domain_id = DomainId(1),
                                  .kind = kind});
    }));
  }
  std::vector<RecipientRow> due(WallTime now, int64_t limit = 100) {
    std::vector<int32_t> shards;
    for (unsigned i = 0; i < limits::kShards; ++i) shards.push_back(static_cast<int32_t>(i));
    return need(read<std::vector<RecipientRow>>([&](sql::Connection& c) {
      return due_recipients_for_queue(c, shards, now, limit);
    }));
  }
  size_t events_of(const MessageRow& message) {
    return need(read<std::vector<EventRow>>([&](sql::Connection& c) {
             return events_of_message(c, account, message.id, {});
           })).size();
  }
  std::vector<std::string> findings() {
    std::vector<std::string> out;
    for (Finding& finding : need(fsck(*store))) out.push_back(finding.what);
    return out;
  }
  int64_t verb(Result<int64_t> (*what)(sql::Connection&, const RecipientFilter&, WallTime),
               const RecipientFilter& filter) {
    return need(write<int64_t>([&](Tx& tx) { return what(tx.sql(), filter, tx.now()); }));
  }

  AccountId account;
};

}  // namespace

TEST_CASE("an outcome writes recipient, attempt, event and counter together") {
  each_engine([](sql::Engine engine) {
    Queue q(engine);
    MessageRow message = q.accept(q.account, {"a@x.example", "b@x.example", "c@y.example"});
    CHECK_EQ(q.count("accepted"), 3);
    auto rows = q.recipients_of(message);
    CHECK_EQ(q.record({q.outcome(rows[0], RecipientState::delivered),
                       q.outcome(rows[1], RecipientState::queued),
                       q.outcome(rows[2], RecipientState::bounced)}),
             std::vector<bool>{true, true, true});
    auto after = q.recipients_of(message);
    CHECK(after[0].state == RecipientState::delivered);
    CHECK_EQ(after[0].reply, "250 \xEF\xBF\xBD ok");
    CHECK(after[1].state == RecipientState::queued);
    CHECK_EQ(after[1].attempts, 1);
    CHECK(after[1].next_at == q.clock.wall() + std::chrono::minutes(5));
    CHECK(after[2].state == RecipientState::bounced);
    CHECK_EQ(q.count("delivered"), 1);
    CHECK_EQ(q.count("bounced"), 1);
    CHECK_EQ(q.events_of(message), 3);
    CHECK_EQ(q.record({q.outcome(after[1], RecipientState::delivered)}), std::vector<bool>{true});
    auto tries = need(q.read<std::vector<AttemptRow>>(
        [&](sql::Connection& c) { return attempts(c, q.account, rows[1].key); }));
    REQUIRE_EQ(tries.size(), 2);
    CHECK_EQ(tries[1].number, 2);
    CHECK_EQ(tries[0].duration.count(), 17);
    CHECK(q.findings().empty());
  });
}

TEST_CASE("an outcome under an old epoch, or of a finished recipient, writes nothing at all") {
  each_engine([](sql::Engine engine) {
    Queue q(engine);
    MessageRow message = q.accept(q.account, {"a@x.example", "b@x.example"});
    auto old = q.recipients_of(message);
    int64_t old_epoch = q.store->epoch();
    CHECK_EQ(old[0].epoch, old_epoch);
    q.reopen();
    int64_t epoch = q.store->epoch();
    std::vector<ClaimForQueue> claims = {{old[0].key, old_epoch, epoch},
                                         {old[1].key, old_epoch + 100, epoch}};
    CHECK_EQ(need(q.write<std::vector<bool>>(
                 [&](Tx& tx) { return claim_recipients_for_queue(tx.sql(), claims); })),
             std::vector<bool>{true, false});
    CHECK_EQ(q.record({q.outcome(old[0], RecipientState::bounced)}), std::vector<bool>{false});
    CHECK(q.recipients_of(message)[0].state == RecipientState::queued);
    CHECK_EQ(q.count("bounced"), 0);
    CHECK_EQ(q.events_of(message), 0);
    RecipientRow ours = q.recipients_of(message)[0];
    CHECK_EQ(ours.epoch, epoch);
    Outcome done = q.outcome(ours, RecipientState::delivered);
    CHECK_EQ(q.record({done}), std::vector<bool>{true});
    done.events.front().id = EventId(q.store->new_id());
    CHECK_EQ(q.record({done}), std::vector<bool>{false});
    CHECK_EQ(q.count("delivered"), 1);
    CHECK(q.findings().empty());
  });
}

TEST_CASE("due recipients come oldest first, within the limit, without those that wait") {
  each_engine([](sql::Engine engine) {
    Queue q(engine);
    WallTime start = q.clock.wall();
    for (int i = 0; i < 6; ++i) {
      q.accept(q.account, {"a@d" + std::to_string(i) + ".example"});
      q.clock.advance(std::chrono::seconds(1));
    }
    auto rows = q.due(start + std::chrono::seconds(3));
    REQUIRE_EQ(rows.size(), 4);
    CHECK(rows[0].next_at == start);
    CHECK_EQ(q.due(start + std::chrono::seconds(9), 2).size(), 2);
    CHECK(q.due(start - Duration(1)).empty());
    // A cursor goes on after the last row of a shard.
    RecipientRow first = rows[0];
    auto rest = need(q.read<std::vector<RecipientRow>>([&](sql::Connection& c) {
      return due_recipients_for_queue(c, {.shard = first.shard, .now = q.clock.wall(),
                                          .after = {first.next_at, first.key}, .limit = 10});
    }));
    for (const RecipientRow& row : rest) CHECK(row.key != first.key);
    CHECK(need(q.read<WallTime>([&](sql::Connection& c) {
            return next_due_for_queue(c, first.shard, {});
          })) == start);
    q.record({q.outcome(first, RecipientState::delivered)});
    CHECK_EQ(q.due(q.clock.wall()).size(), 5);
  });
}

TEST_CASE("held mail is not due, release and retry make it due now, cancel ends it") {
  each_engine([](sql::Engine engine) {
    Queue q(engine);
    AccountId other = q.make_account("two");
    MessageRow one = q.accept(q.account, {"a@x.example", "b@y.example"});
    q.accept(other, {"a@x.example"});
    CHECK_EQ(q.verb(hold_recipients, {.account = q.account, .domain = "x.example"}), 1);
    CHECK_EQ(q.due(q.clock.wall()).size(), 2);
    auto counts = need(q.read<QueueCounts>(
        [&](sql::Connection& c) { return queue_counts_for_operator(c, q.clock.wall()); }));
    CHECK_EQ(counts.queued, 2);
    CHECK_EQ(counts.held, 1);
    q.clock.advance(std::chrono::seconds(5));
    CHECK_EQ(q.verb(release_recipients, {.account = q.account}), 1);
    CHECK(q.recipients_of(one)[0].next_at == q.clock.wall());
    CHECK_EQ(q.verb(cancel_recipients, {.account = q.account, .message = one.id}), 2);
    CHECK_EQ(q.verb(cancel_recipients, {.account = q.account}), 0);
    CHECK_EQ(q.count("cancelled"), 2);
    CHECK_EQ(q.due(q.clock.wall()).size(), 1);
    CHECK(q.findings().empty());
  });
}

TEST_CASE("an attempt that ends while its recipient is held still counts when it is final") {
  each_engine([](sql::Engine engine) {
    Queue q(engine);
    MessageRow message = q.accept(q.account, {"a@x.example", "b@x.example"});
    auto rows = q.recipients_of(message);
    q.verb(hold_recipients, {.account = q.account});
    CHECK_EQ(q.record({q.outcome(rows[0], RecipientState::delivered),
                       q.outcome(rows[1], RecipientState::queued)}),
             std::vector<bool>{true, false});
    auto after = q.recipients_of(message);
    CHECK(after[0].state == RecipientState::delivered);
    CHECK(after[1].state == RecipientState::held);
    CHECK(q.findings().empty());
  });
}

TEST_CASE("the attempt of a deferral is history though its recipient was held or ended") {
  each_engine([](sql::Engine engine) {
    Queue q(engine);
    MessageRow message = q.accept(q.account, {"a@held.example", "b@gone.example"});
    auto rows = q.recipients_of(message);
    q.verb(hold_recipients, {.account = q.account, .domain = "held.example"});
    q.verb(cancel_recipients, {.account = q.account, .domain = "gone.example"});
    Outcome lost = q.outcome(rows[0], RecipientState::queued);
    lost.copies = 1;
    Outcome foreign = lost;
    foreign.epoch = rows[0].epoch + 1;
    CHECK_EQ(q.record({lost, q.outcome(rows[1], RecipientState::queued), foreign}),
             std::vector<bool>{false, false, false});
    auto after = q.recipients_of(message);
    CHECK(after[0].state == RecipientState::held);
    CHECK_EQ(after[0].cause, "held");
    CHECK_EQ(after[0].copies, 1);
    CHECK(after[0].next_at == rows[0].next_at);
    CHECK(after[1].state == RecipientState::cancelled);
    for (const RecipientRow& row : after) {
      CHECK_EQ(row.attempts, 1);
      auto tries = need(q.read<std::vector<AttemptRow>>(
          [&](sql::Connection& c) { return attempts(c, q.account, row.key); }));
      REQUIRE_EQ(tries.size(), 1);
      CHECK_EQ(tries[0].number, 1);
    }
    CHECK_EQ(q.events_of(message), 0);
    CHECK_EQ(q.count("cancelled"), 1);
    CHECK(q.findings().empty());
  });
}

TEST_CASE("a late bounce moves a delivered recipient and its counters") {
  each_engine([](sql::Engine engine) {
    Queue q(engine);
    MessageRow message = q.accept(q.account, {"a@x.example"});
    RecipientRow row = q.recipients_of(message)[0];
    q.record({q.outcome(row, RecipientState::delivered)});
    auto bounce = [&] {
      Outcome late = q.outcome(row, RecipientState::bounced);
      return need(q.write<bool>(
          [&](Tx& tx) { return record_late_bounce_for_queue(tx, late); }));
    };
    CHECK(bounce());
    CHECK(q.recipients_of(message)[0].state == RecipientState::bounced);
    CHECK_EQ(q.count("delivered"), 0);
    CHECK_EQ(q.count("bounced"), 1);
    CHECK_FALSE(bounce());
    CHECK_EQ(q.count("bounced"), 1);
    CHECK(q.findings().empty());
  });
}

TEST_CASE("a purge takes finished messages whole and leaves the rest") {
  each_engine([](sql::Engine engine) {
    Queue q(engine);
    MessageRow done = q.accept(q.account, {"a@x.example"});
    MessageRow waiting = q.accept(q.account, {"b@x.example"});
    q.record({q.outcome(q.recipients_of(done)[0], RecipientState::delivered)});
    q.clock.advance(std::chrono::hours(48));
    MessageRow young = q.accept(q.account, {"c@x.example"});
    q.record({q.outcome(q.recipients_of(young)[0], RecipientState::delivered)});
    WallTime before = q.clock.wall() - std::chrono::hours(1);
    auto purge = [&] {
      return need(q.write<int64_t>(
          [&](Tx& tx) { return purge_messages_for_operator(tx, before, 100); }));
    };
    CHECK_EQ(purge(), 1);
    CHECK_EQ(purge(), 0);
    CHECK(q.recipients_of(done).empty());
    CHECK_EQ(q.events_of(done), 0);
    CHECK_EQ(q.recipients_of(waiting).size(), 1);
    CHECK(q.store->read_content_now(waiting.content).has_value());
    CHECK(q.findings().empty());
  });
}

TEST_CASE("fsck finds every kind of planted damage") {
  struct Damage {
    const char* sql;
    FindingKind kind;
    const char* says;
  };
  const Damage damages[] = {
      {"UPDATE recipient SET state = 'lost' WHERE idx = 0", FindingKind::recipient_state,
       "no known state: lost"},
      {"DELETE FROM recipient WHERE idx = 1", FindingKind::recipient_state,
       "was accepted for 2 recipients and has 1"},
      {"DELETE FROM message", FindingKind::orphan_row, "which is gone"},
      {"UPDATE counter SET n = n + 1 WHERE kind = 'accepted'", FindingKind::counter,
       "is 3, counted 2"},
      {"DELETE FROM counter", FindingKind::counter, "is 0, counted 1"},
      {"UPDATE message SET content_offset = content_offset + 1", FindingKind::content_missing,
       "message "},
      {"UPDATE message SET content_segment = 0, content_offset = 0, content_length = 0",
       FindingKind::content_orphan, "content"},
      {"DELETE FROM recipient WHERE idx = 0", FindingKind::orphan_row, "attempt 1 belongs"}};
  each_engine([&](sql::Engine engine) {
    for (const Damage& damage : damages) {
      CAPTURE(damage.sql);
      Queue q(engine);
      MessageRow message = q.accept(q.account, {"a@x.example", "b@x.example"});
      q.record({q.outcome(q.recipients_of(message)[0], RecipientState::delivered)});
      REQUIRE(q.findings().empty());
      need(q.write([&](Tx& tx) { return tx.sql().script(damage.sql); }));
      auto found = need(fsck(*q.store));
      bool named = std::ranges::any_of(found, [&](const Finding& finding) {
        return finding.kind == damage.kind &&
               finding.what.find(damage.says) != std::string::npos;
      });
      CHECK(named);
    }
  });
}
