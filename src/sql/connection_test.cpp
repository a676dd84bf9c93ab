// The contract of Connection, over SQLite and PostgreSQL.
#include "sql/connection.h"

#include <doctest/doctest.h>

#include "sql/migrations.h"
#include "sql/postgres_fixture_test.h"

using namespace ph;
using namespace ph::sql;
using ph::sql_test::Database;
using ph::sql_test::each_engine;

namespace {

constexpr std::string_view kTable =
    "CREATE TABLE t (id {ID}, n {BIGINT}, s {TEXT}, b {BLOB}, UNIQUE (s)) {STRICT};"
    "CREATE TABLE child (t_id {BIGINT} NOT NULL REFERENCES t (id)) {STRICT}";

struct Fixture {
  explicit Fixture(Engine engine) : database(engine), connection(database.connect()) {
    REQUIRE(connection->script(spell_ddl(engine, kTable)).has_value());
  }
  int64_t count() { return connection->query("SELECT count(*) FROM t").value()[0].integer(0); }
  Errc error(std::string_view sql, const Params& params = {}) {
    auto result = connection->exec(sql, params);
    REQUIRE_FALSE(result.has_value());
    return result.error().code;
  }
  Database database;
  std::unique_ptr<Connection> connection;
};

}  // namespace

TEST_CASE("values of every type come back as they went in") {
  each_engine([](Engine engine) {
    Fixture f(engine);
    std::string blob("\0\xff\x80 zero", 8);
    std::string big(100'000, 'x');
    std::vector<Params> rows = {{INT64_MIN, "", Blob{}},
                                {INT64_MAX, "驿站 \xF0\x9F\x90\x8E", Blob{blob}},
                                {-1, big, Blob{big}},
                                {Null{}, Null{}, Null{}}};
    auto done = f.connection->exec_many("INSERT INTO t (n, s, b) VALUES ($1, $2, $3)", rows);
    REQUIRE(done.has_value());
    Rows read = f.connection->query("SELECT n, s, b FROM t ORDER BY id").value();
    REQUIRE_EQ(read.size(), 4);
    CHECK_EQ(read[0].integer(0), INT64_MIN);
    CHECK_EQ(read[0].text(1), "");
    CHECK_FALSE(read[0].is_null(1));
    CHECK_EQ(read[0].blob(2), "");
    CHECK_FALSE(read[0].is_null(2));
    CHECK_EQ(read[1].integer(0), INT64_MAX);
    CHECK_EQ(read[1].text(1), "驿站 \xF0\x9F\x90\x8E");
    CHECK_EQ(read[1].blob(2), blob);
    CHECK_EQ(read[2].integer(0), -1);
    CHECK_EQ(read[2].text(1), big);
    CHECK_EQ(read[2].blob(2), big);
    for (size_t i = 0; i < 3; ++i) CHECK(read[3].is_null(i));
  });
}

TEST_CASE("a placeholder may be used twice and out of order") {
  each_engine([](Engine engine) {
    Fixture f(engine);
    REQUIRE(f.connection
                ->exec("INSERT INTO t (s, n) VALUES ($2, $1), ($3, $1)", {7, "a", "b"})
                .has_value());
    auto rows = f.connection->query(
        "SELECT s FROM t WHERE n = $2 AND s > $1 AND n <= $2 ORDER BY s", {"a", 7});
    REQUIRE(rows.has_value());
    REQUIRE_EQ(rows->size(), 1);
    CHECK_EQ((*rows)[0].text(0), "b");
  });
}

TEST_CASE("exec counts the rows it changed, exec_many those of each set") {
  each_engine([](Engine engine) {
    Fixture f(engine);
    CHECK_EQ(f.connection->exec("INSERT INTO t (s) VALUES ('a'), ('b')").value(), 2);
    CHECK_EQ(f.connection->exec("UPDATE t SET n = 1").value(), 2);
    CHECK_EQ(f.connection->exec("DELETE FROM t WHERE s = 'zz'").value(), 0);
    auto changed = f.connection->exec_many(
        "INSERT INTO t (s) VALUES ($1) ON CONFLICT (s) DO NOTHING", std::vector<Params>{
            {"a"}, {"c"}, {"c"}, {"d"}});
    CHECK_EQ(changed.value(), std::vector<int64_t>{0, 1, 0, 1});
    CHECK_EQ(f.connection->query("INSERT INTO t (s) VALUES ('e') RETURNING id").value().size(), 1);
    CHECK(f.connection->exec_many("DELETE FROM t", {}).value().empty());
  });
}

TEST_CASE("what is written for later is there for the next statement, or with the commit") {
  each_engine([](Engine engine) {
    Fixture f(engine);
    Connection& c = *f.connection;
    auto later = [&](const char* s) {
      Params params{s};
      return c.exec_later("INSERT INTO t (s) VALUES ($1)", {&params, 1});
    };
    REQUIRE(later("first").has_value());  // prepares it
    REQUIRE(c.begin().has_value());
    REQUIRE(later("second").has_value());
    CHECK_EQ(f.count(), 2);
    REQUIRE(later("third").has_value());
    REQUIRE(c.commit().has_value());
    CHECK_EQ(f.count(), 3);
    REQUIRE(c.begin().has_value());
    REQUIRE(later("gone").has_value());
    REQUIRE(c.rollback().has_value());
    CHECK_EQ(f.count(), 3);
    REQUIRE(c.begin().has_value());
    REQUIRE(later("alone").has_value());
    REQUIRE(c.commit().has_value());
    CHECK_EQ(f.count(), 4);
    REQUIRE(c.begin().has_value());
    auto again = later("first");
    auto committed = c.commit();
    const Error& error = again ? committed.error() : again.error();
    CHECK(error.code == Errc::conflict);
    REQUIRE(c.rollback().has_value());
    CHECK_EQ(f.count(), 4);
    REQUIRE(c.begin().has_value());
    REQUIRE(c.savepoint().has_value());
    REQUIRE(later("job").has_value());
    REQUIRE(c.rollback_to_savepoint().has_value());
    REQUIRE(later("after").has_value());
    REQUIRE(c.commit().has_value());
    CHECK_EQ(f.count(), 5);
    CHECK_EQ(c.query("SELECT s FROM t WHERE s = 'job'").value().size(), 0);
  });
}

TEST_CASE("a batch far larger than the socket buffers does not stand still") {
  each_engine([](Engine engine) {
    Fixture f(engine);
    std::vector<Params> sets;
    for (int i = 0; i < 3000; ++i)
      sets.push_back({i, fmt::format("row {}", i), Blob{std::string(4000, 'b')}});
    REQUIRE(f.connection->begin().has_value());
    auto done =
        f.connection->exec_many("INSERT INTO t (n, s, b) VALUES ($1, $2, $3) RETURNING b", sets);
    REQUIRE(done.has_value());
    REQUIRE(f.connection->commit().has_value());
    CHECK_EQ(f.count(), 3000);
  });
}

TEST_CASE("errors have their kind") {
  each_engine([](Engine engine) {
    Fixture f(engine);
    REQUIRE(f.connection->exec("INSERT INTO t (s) VALUES ('a')").has_value());
    CHECK(f.error("INSERT INTO t (s) VALUES ('a')") == Errc::conflict);
    CHECK(f.error("INSERT INTO child (t_id) VALUES (99)") == Errc::conflict);
    CHECK(f.error("INSERT INTO child (t_id) VALUES (NULL)") == Errc::internal);
    CHECK(f.error("no statement at all") == Errc::internal);
    CHECK(f.error("INSERT INTO t (s) VALUES ($1)", {"\xff"}) == Errc::invalid);
    CHECK(f.error("INSERT INTO t (s) VALUES ($1)", {std::string("a\0b", 3)}) == Errc::invalid);
    CHECK_EQ(f.count(), 1);  // and the connection is as good as before
  });
}

TEST_CASE("rollback undoes, commit keeps, a savepoint undoes only itself") {
  each_engine([](Engine engine) {
    Fixture f(engine);
    Connection& c = *f.connection;
    auto insert = [&](const char* s) {
      return c.exec("INSERT INTO t (s) VALUES ($1)", {s}).has_value();
    };
    REQUIRE(c.begin().has_value());
    CHECK(insert("gone"));
    REQUIRE(c.rollback().has_value());
    CHECK_EQ(f.count(), 0);

    REQUIRE(c.begin().has_value());
    REQUIRE(c.savepoint().has_value());
    CHECK(insert("one"));
    REQUIRE(c.release_savepoint().has_value());
    REQUIRE(c.savepoint().has_value());
    CHECK(insert("two"));
    CHECK_FALSE(insert("one"));
    CHECK_FALSE(insert("three"));  // dead until the savepoint is undone
    REQUIRE(c.rollback_to_savepoint().has_value());
    REQUIRE(c.savepoint().has_value());
    CHECK(insert("four"));
    REQUIRE(c.release_savepoint().has_value());
    REQUIRE(c.savepoint().has_value());
    REQUIRE(c.release_savepoint().has_value());  // empty ones are fine
    REQUIRE(c.savepoint().has_value());
    REQUIRE(c.rollback_to_savepoint().has_value());
    REQUIRE(c.commit().has_value());
    Rows rows = c.query("SELECT s FROM t ORDER BY s").value();
    REQUIRE_EQ(rows.size(), 2);
    CHECK_EQ(rows[0].text(0), "four");
    CHECK_EQ(rows[1].text(0), "one");
  });
}

TEST_CASE("a transaction that SQLite itself rolled back is told, and takes no more") {
  Fixture f(Engine::sqlite);
  Connection& c = *f.connection;
  REQUIRE(c.exec("INSERT INTO t (s) VALUES ('there')").has_value());
  for (bool saved : {false, true}) {
    CAPTURE(saved);
    REQUIRE(c.begin().has_value());
    REQUIRE(c.exec("INSERT INTO t (s) VALUES ('earlier job')").has_value());
    if (saved) REQUIRE(c.savepoint().has_value());
    CHECK(c.still_usable().has_value());
    // As after an error of the device, which rolls back everything too.
    CHECK(f.error("INSERT OR ROLLBACK INTO t (s) VALUES ('there')") == Errc::conflict);
    auto usable = saved ? c.rollback_to_savepoint() : c.still_usable();
    REQUIRE_FALSE(usable.has_value());
    CHECK(usable.error().code == Errc::conflict);
    REQUIRE(c.rollback().has_value());
    CHECK_EQ(f.count(), 1);
  }
}

TEST_CASE("a full disk ends the whole transaction, whatever SQLite would keep of it") {
  Fixture f(Engine::sqlite);
  Connection& c = *f.connection;
  Rows pages = c.query("PRAGMA page_count").value();
  REQUIRE(c.script(fmt::format("PRAGMA max_page_count = {}", pages[0].integer(0) + 4)).has_value());
  for (bool saved : {false, true}) {
    CAPTURE(saved);
    REQUIRE(c.begin().has_value());
    REQUIRE(c.exec("INSERT INTO t (s) VALUES ('earlier job')").has_value());
    if (saved) REQUIRE(c.savepoint().has_value());
    CHECK(f.error("INSERT INTO t (b) VALUES ($1)", {Blob{std::string(100'000, 'x')}}) ==
          Errc::limit);
    auto usable = saved ? c.rollback_to_savepoint() : c.still_usable();
    CHECK_FALSE(usable.has_value());
    REQUIRE(c.rollback().has_value());
    CHECK_EQ(f.count(), 0);
    REQUIRE(c.begin().has_value());  // and it was this transaction's alone
    REQUIRE(c.savepoint().has_value());
    REQUIRE(c.rollback_to_savepoint().has_value());
    REQUIRE(c.rollback().has_value());
  }
}

TEST_CASE("the commit of a failed transaction fails and nothing of it stays") {
  each_engine([](Engine engine) {
    Fixture f(engine);
    Connection& c = *f.connection;
    REQUIRE(c.begin().has_value());
    REQUIRE(c.exec("INSERT INTO t (s) VALUES ('a')").has_value());
    CHECK_FALSE(c.exec("INSERT INTO t (s) VALUES ('a')").has_value());
    CHECK_FALSE(c.commit().has_value());
    REQUIRE(c.rollback().has_value());
    CHECK_EQ(f.count(), 0);
    REQUIRE(c.begin().has_value());
    REQUIRE(c.commit().has_value());
  });
}

TEST_CASE("a reader cannot write, and a snapshot sees one moment") {
  each_engine([](Engine engine) {
    Fixture f(engine);
    auto reader = f.database.connect(Access::read);
    CHECK_FALSE(reader->exec("INSERT INTO t (s) VALUES ('x')").has_value());
    REQUIRE(f.connection->exec("INSERT INTO t (s) VALUES ('a')").has_value());
    auto count = [&] { return reader->query("SELECT count(*) FROM t").value()[0].integer(0); };
    REQUIRE(reader->begin_snapshot().has_value());
    CHECK_EQ(count(), 1);
    REQUIRE(f.connection->exec("INSERT INTO t (s) VALUES ('b')").has_value());
    CHECK_EQ(count(), 1);
    REQUIRE(reader->commit().has_value());
    CHECK_EQ(count(), 2);
  });
}

TEST_CASE("more statements than the cache holds still work") {
  each_engine([](Engine engine) {
    Fixture f(engine);
    for (int round = 0; round < 2; ++round)
      for (int i = 0; i < 300; ++i) {
        auto rows = f.connection->query(fmt::format("SELECT CAST({} AS BIGINT)", i));
        REQUIRE(rows.has_value());
        REQUIRE_EQ((*rows)[0].integer(0), i);
      }
  });
}

TEST_CASE("a statement that could not be prepared is not remembered as prepared") {
  each_engine([](Engine engine) {
    Fixture f(engine);
    std::string_view sql = "INSERT INTO later (n) VALUES ($1)";
    CHECK(f.error(sql, {1}) == Errc::internal);
    REQUIRE(f.connection->script(spell_ddl(engine, "CREATE TABLE later (n {BIGINT})")).has_value());
    CHECK_EQ(f.connection->exec(sql, {1}).value(), 1);
  });
}

TEST_CASE("an idle connection whose PostgreSQL backend ended is known before it is used") {
  if (ph::sql_test::PostgresServer::get() == nullptr) return;
  Fixture f(Engine::postgresql);
  int64_t pid = f.connection->query("SELECT pg_backend_pid()").value()[0].integer(0);
  CHECK(f.connection->still_connected());
  auto other = f.database.connect();
  REQUIRE(other->query("SELECT pg_terminate_backend(CAST($1 AS INTEGER), 10000)", {pid})
              .has_value());
  CHECK(f.connection->connected());
  CHECK_FALSE(f.connection->still_connected());
  CHECK_FALSE(f.connection->connected());
}

TEST_CASE("a PostgreSQL backend that ends is temporary, and the connection knows it") {
  if (ph::sql_test::PostgresServer::get() == nullptr) return;
  Fixture f(Engine::postgresql);
  int64_t pid = f.connection->query("SELECT pg_backend_pid()").value()[0].integer(0);
  auto other = f.database.connect();
  REQUIRE(f.connection->begin().has_value());
  REQUIRE(f.connection->exec("INSERT INTO t (s) VALUES ('a')").has_value());
  REQUIRE(other->query("SELECT pg_terminate_backend(CAST($1 AS INTEGER))", {pid}).has_value());
  CHECK(f.error("INSERT INTO t (s) VALUES ('b')") == Errc::temporary);
  CHECK_FALSE(f.connection->connected());
  CHECK(f.error("SELECT 1") == Errc::temporary);
  CHECK_FALSE(f.connection->begin().has_value());
  CHECK_EQ(other->query("SELECT count(*) FROM t").value()[0].integer(0), 0);
}

TEST_CASE("no server is temporary") {
  auto none = connect({.url = "postgresql:///x?host=/nonexistent-directory"});
  REQUIRE_FALSE(none.has_value());
  CHECK(none.error().code == Errc::temporary);
}

TEST_CASE("an unhurried transaction has no end for its statements; the next one has it again") {
  each_engine([](Engine engine) {
    Database database(engine);
    auto c = database.connect();
    auto most = [&c, engine]() -> std::string {
      if (engine == Engine::sqlite) return "none";
      return c->query("SHOW statement_timeout").value()[0].text(0);
    };
    std::string usual = most();
    CHECK((engine == Engine::sqlite || usual == "30s"));
    for (bool kept : {true, false}) {
      REQUIRE(c->begin_unhurried().has_value());
      CHECK((engine == Engine::sqlite || most() == "0"));
      REQUIRE((kept ? c->commit() : c->rollback()).has_value());
      CHECK_EQ(most(), usual);
    }
  });
}

TEST_CASE("migrations run once each, resume where they stopped, and refuse a newer schema") {
  each_engine([](Engine engine) {
    Database database(engine);
    auto c = database.connect();
    WallTime now = WallTime::from_seconds(1'800'000'000);
    std::vector<Migration> steps = {
        {1, "one", "CREATE TABLE a (id {ID}, n {BIGINT} NOT NULL) {STRICT}"},
        {2, "two", "ALTER TABLE a ADD COLUMN m {BIGINT} NOT NULL DEFAULT 0;"
                   "INSERT INTO a (n) VALUES (1)"},
        {3, "broken", "CREATE TABLE b (id {ID}) {STRICT}; INSERT INTO nowhere (n) VALUES (1)"}};
    auto first = migrate(*c, steps, now);
    REQUIRE_FALSE(first.has_value());
    CHECK(first.error().message.find("migration 3 (broken)") != std::string::npos);
    CHECK_EQ(schema_version(*c).value(), 2);
    CHECK_FALSE(c->query("SELECT id FROM b").has_value());  // the whole step was undone

    steps[2] = {3, "mended", "CREATE TABLE b (id {ID}) {STRICT}"};
    REQUIRE(migrate(*c, steps, now).has_value());
    REQUIRE(migrate(*c, steps, now).has_value());
    CHECK_EQ(schema_version(*c).value(), 3);
    CHECK_EQ(c->query("SELECT count(*) FROM a").value()[0].integer(0), 1);

    auto older = migrate(*c, std::span(steps).first(2), now);
    REQUIRE_FALSE(older.has_value());
    CHECK(older.error().code == Errc::unsupported);
    CHECK(older.error().message.find("newer Posthouse") != std::string::npos);
  });
}
