// What jobs of one group hand over: rows, counts and the mails of the last hour count for the jobs
// after them, and not at all when their job fails or the group is undone.
#include "store/group_rows.h"

#include "store/event.h"
#include "store/fsck.h"
#include "store/schema.h"
#include "store/store_fixture_test.h"

using namespace ph;
using namespace ph::store;
using namespace ph::store_test;
using ph::sql_test::each_engine;

namespace {

constexpr const char* kTo = "Some.One@x.example";

struct Fixture : StoreFixture {
  explicit Fixture(sql::Engine which) : StoreFixture(which) { account = make_account("one"); }

  Result<> put(Tx& tx, const char* to = kTo) {
    MessageRow row{.id = MessageId(tx.new_id()), .account_id = account, .domain_id = DomainId(1),
                   .created_at = tx.now()};
    std::vector<RecipientRow> rows{{.address = to, .domain = "x.example"}};
    TRY(insert_message_with_recipients(tx, row, rows));
    use_post_paid(tx, account, 1);
    return insert_events(tx, account, {{.id = EventId(tx.new_id()), .type = "accepted"}});
  }
  CounterRow accepted() {
    return {.day = day_of(clock.wall()), .domain_id = DomainId(1), .kind = "accepted"};
  }
  struct Seen {
    int64_t messages = 0, events = 0, counted = 0, to = 0;
    bool operator==(const Seen&) const = default;
  };
  Result<Seen> see(Tx& tx) {
    Seen out;
    out.counted = TRY(tx.counted(account, accepted()));
    out.to = TRY(tx.mails_to(account, "some.one@X.example"));
    out.messages = TRY(tx.sql().query("SELECT count(*) FROM message"))[0].integer(0);
    out.events = TRY(tx.sql().query("SELECT count(*) FROM event"))[0].integer(0);
    return out;
  }
  Seen seen() {
    return need(write<Seen>([&](Tx& tx) { return see(tx); }));
  }

  AccountId account;
};

}  // namespace

TEST_CASE("what a job handed over is there for itself, once it asks, and for the next one") {
  each_engine([](sql::Engine engine) {
    Fixture f(engine);
    Fixture::Seen one{1, 1, 1, 1};
    Fixture::Seen two{2, 2, 2, 2};
    need(f.write([&](Tx& tx) -> Result<> {
      TRY(f.put(tx));
      CHECK_EQ(TRY(tx.counted(f.account, f.accepted())), 1);
      CHECK(TRY(f.see(tx)) == one);
      TRY(f.put(tx));
      CHECK(TRY(f.see(tx)) == two);
      return {};
    }));
    CHECK(f.seen() == two);
    CHECK(need(fsck(*f.store)).empty());
    f.reopen();
    CHECK(f.seen() == two);
  });
}

TEST_CASE("a job that fails takes with it what it handed over, written already or not") {
  each_engine([](sql::Engine engine) {
    Fixture f(engine);
    need(f.write([&](Tx& tx) { return f.put(tx); }));
    Fixture::Seen one{1, 1, 1, 1};
    for (bool asks : {false, true}) {
      int undone = 0;
      auto failed = f.write([&](Tx& tx) -> Result<> {
        tx.when_undone([&] { ++undone; });
        TRY(tx.mails_to(f.account, kTo));
        TRY(f.put(tx));
        if (asks) TRY(f.see(tx));
        TRY(f.put(tx));
        return fail(Errc::denied, "no");
      });
      CHECK_EQ(failed.error().code, Errc::denied);
      CHECK_EQ(undone, 1);
      CHECK(f.seen() == one);
    }
    CHECK(need(fsck(*f.store)).empty());
  });
}

TEST_CASE("counts go to the database with the commit alone, whatever their job asks for") {
  each_engine([](sql::Engine engine) {
    Fixture f(engine);
    auto stored = [&](sql::Connection& c) { return counter(c, f.account, f.accepted()); };
    need(f.write([&](Tx& tx) -> Result<> {
      TRY(f.put(tx));
      CHECK_EQ(TRY(stored(tx.sql())), 0);
      CHECK_EQ(TRY(tx.counted(f.account, f.accepted())), 1);
      return {};
    }));
    CHECK_EQ(need(f.read<int64_t>(stored)), 1);
  });
}

TEST_CASE("text that no database holds is the error of its job alone") {
  each_engine([](sql::Engine engine) {
    Fixture f(engine);
    auto failed = f.write([&](Tx& tx) -> Result<> {
      TRY(f.put(tx));
      return tx.insert({"setting", "name, value"}, {"a", std::string("\xff")});
    });
    CHECK_EQ(failed.error().code, Errc::invalid);
    CHECK(f.seen() == Fixture::Seen{});
    need(f.write([&](Tx& tx) { return f.put(tx); }));
    CHECK(f.seen() == Fixture::Seen{1, 1, 1, 1});
  });
}

TEST_CASE("a mailbox's mails count for an hour from their acceptance, also after a start") {
  each_engine([](sql::Engine engine) {
    Fixture f(engine);
    auto to = [&](const char* mailbox) {
      return need(f.write<int64_t>([&](Tx& tx) { return tx.mails_to(f.account, mailbox); }));
    };
    CHECK_EQ(to(kTo), 0);
    // An id that is older than its acceptance: the acceptance counts.
    int64_t early = f.store->new_id();
    f.clock.advance(std::chrono::minutes(15));
    need(f.write([&](Tx& tx) -> Result<> {
      MessageRow row{.id = MessageId(early), .account_id = f.account, .created_at = tx.now()};
      std::vector<RecipientRow> rows{{.address = "SOME.one@x.example", .domain = "x.example"}};
      use_post_paid(tx, f.account, 1);
      return insert_message_with_recipients(tx, row, rows);
    }));
    f.clock.advance(std::chrono::minutes(30));
    need(f.write([&](Tx& tx) { return f.put(tx); }));
    for (bool restarted : {false, true}) {
      CAPTURE(restarted);
      if (restarted) f.reopen();
      CHECK_EQ(to(kTo), 2);
      CHECK_EQ(to("other@x.example"), 0);
    }
    f.clock.advance(std::chrono::minutes(29));
    CHECK_EQ(to(kTo), 2);
    f.clock.advance(std::chrono::minutes(1));
    CHECK_EQ(to(kTo), 1);
    f.reopen();
    CHECK_EQ(to(kTo), 1);
    f.clock.advance(std::chrono::minutes(30));
    CHECK_EQ(to(kTo), 0);
  });
}

// `version`: of the schema that the rows were written under.
static void check_upgrade(size_t version) {
  CAPTURE(version);
  each_engine([version](sql::Engine engine) {
    sql_test::TemporaryDirectory place;
    std::string url = engine == sql::Engine::sqlite
                          ? "sqlite:" + place.path() + "/old.db"
                          : sql_test::PostgresServer::get()->fresh_database();
    {
      auto old = need(sql::connect({.url = url}));
      need(sql::migrate(*old, schema_migrations().first(version), WallTime{1}));
      need(old->script(
          "INSERT INTO message VALUES (4096, 1, 1, 0, 'relay', 'b.example', 'a@b.example', 's',"
          " '', 0, 0, 0, 10, 2, 0, 1700000000000000);"
          "INSERT INTO recipient (message_id, idx, account_id, shard, address, domain, state,"
          " cause, next_at, expires_at, attempts, epoch, reply, token_key, updated_at)"
          " VALUES (4096, 0, 1, 50, 'x@y.example', 'y.example', 'queued',"
          " 'accepted', 1, 2, 0, 1, '', 1, 3), (4096, 1, 1, 50, 'z@y.example', 'y.example',"
          " 'delivered', 'delivered', 1, 2, 1, 1, '250 ok', 1, 1700000000000000);"
          "INSERT INTO counter VALUES (1, 19675, 1, 'accepted', 2), (1, 19675, 1, 'delivered', 1);"
          "INSERT INTO account (app_id, name, state, limit_daily_per_domain,"
          " limit_per_mailbox_hour, limit_requests_per_second, limit_domains, limit_addresses,"
          " created_at, activated_at) VALUES (1, 'a', 'active', 0, 0, 0, 0, 0, 1, 1)"));
    }
    FakeClock clock;
    auto store = need(Store::open({.url = url, .data_dir = place.path(), .clock = clock}));
    auto rows = need(store->read_now<std::vector<RecipientRow>>([](sql::Connection& c) {
      return recipients(c, AccountId(1), MessageId(4096));
    }));
    REQUIRE_EQ(rows.size(), 2);
    CHECK_EQ(rows[0].address, "x@y.example");
    CHECK_EQ(rows[1].state, RecipientState::delivered);
    auto due = need(store->read_now<std::vector<RecipientRow>>([&](sql::Connection& c) {
      return due_recipients_for_queue(c, {50}, clock.wall(), 10);
    }));
    CHECK_EQ(due.size(), 1);
    for (const Finding& finding : need(fsck(*store))) FAIL_CHECK(finding.what);
  });
}

TEST_CASE("a data directory of an earlier version is brought up to date with all that is in it") {
  for (size_t version : {size_t{5}, size_t{8}}) check_upgrade(version);
}
