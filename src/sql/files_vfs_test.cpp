// SQLite over a disk that loses what was not synced: what was committed is there after every cut.
#include "sql/files_vfs.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/simulated_disk.h"
#include "sql/connection.h"

using namespace ph;
using namespace ph::sql;

namespace {

struct Bench {
  explicit Bench(uint64_t seed) : disk(seed), random(seed) { disk.load({{"/d/", ""}}); }
  std::unique_ptr<Connection> connect(Access access = Access::write) {
    auto made = ph::sql::connect({.url = "sqlite:/d/x.db", .access = access});
    REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message));
    return std::move(*made);
  }
  // Committed one by one; how many were.
  int64_t fill(Connection& connection, int64_t from, int64_t count) {
    int64_t done = 0;
    for (; done < count; ++done) {
      auto put = connection.exec("INSERT INTO t VALUES ($1, $2)",
                                 {from + done, std::string(900, 'x')});
      if (!put) break;
    }
    return done;
  }
  int64_t count(Connection& connection) {
    auto rows = connection.query("SELECT count(*), coalesce(max(id), -1) FROM t");
    REQUIRE_MESSAGE(rows.has_value(), (rows ? "" : rows.error().message));
    CHECK_EQ((*rows)[0].integer(1), (*rows)[0].integer(0) - 1);
    return (*rows)[0].integer(0);
  }
  SimulatedDisk disk;
  FakeClock clock;
  FakeRandom random;
  FilesVfs vfs{disk, clock, random};
};

}  // namespace

TEST_CASE("readers see what the writer has committed, over files in memory") {
  Bench bench(1);
  auto writer = bench.connect();
  REQUIRE(writer->script("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)").has_value());
  auto reader = bench.connect(Access::read);
  CHECK_EQ(bench.fill(*writer, 0, 20), 20);
  CHECK_EQ(bench.count(*reader), 20);
  REQUIRE(writer->begin().has_value());
  bench.fill(*writer, 20, 5);
  CHECK_EQ(bench.count(*reader), 20);
  REQUIRE(writer->commit().has_value());
  CHECK_EQ(bench.count(*reader), 25);
}

TEST_CASE("after a power cut at any step every commit that was answered is there") {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    Bench bench(seed);
    int64_t answered = 0;
    for (int life = 0; life < 4; ++life) {
      uint64_t steps = bench.random.below(60);
      bench.disk.on_change = [&](const char*) {
        if (steps-- == 0) bench.disk.switch_off();
      };
      int64_t most = answered + 1;
      if (auto writer = ph::sql::connect({.url = "sqlite:/d/x.db"})) {
        auto script = fmt::format("PRAGMA wal_autocheckpoint={}", 1 + bench.random.below(20));
        static_cast<void>((*writer)->script(script));
        static_cast<void>(
            (*writer)->script("CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, v TEXT)"));
        auto rows = (*writer)->query("SELECT count(*) FROM t");
        int64_t before = rows ? (*rows)[0].integer(0) : 0;
        int64_t added = rows ? bench.fill(**writer, before, 12) : 0;
        // What an earlier process wrote without an answer is sure with the next commit only.
        if (added > 0) answered = before + added;
        most = before + added + 1;
        bench.disk.switch_off();
      }
      bench.disk.on_change = nullptr;
      if (bench.random.below(4) > 0) bench.disk.cut_power();
      bench.disk.switch_on();
      auto again = bench.connect();
      if (answered == 0) continue;
      int64_t there = bench.count(*again);
      CHECK(there >= answered);
      CHECK(there <= most);  // one that was not answered may be there as well
    }
  }
}

TEST_CASE("a sync that fails fails the commit; a full disk is a limit") {
  Bench bench(3);
  auto writer = bench.connect();
  REQUIRE(writer->script("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)").has_value());
  bench.disk.set_faults({.sync_in = 0});
  auto refused = writer->exec("INSERT INTO t VALUES (0, 'a')");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::io);
  bench.disk.set_faults({.room = 100});
  auto full = writer->exec("INSERT INTO t VALUES (1, $1)", {std::string(20000, 'x')});
  REQUIRE_FALSE(full.has_value());
  CHECK(full.error().code == Errc::limit);
  bench.disk.set_faults({.read_in = 0});
  auto other = ph::sql::connect({.url = "sqlite:/d/x.db", .access = Access::read});
  CHECK_FALSE((other.has_value() && (*other)->query("SELECT count(*) FROM t").has_value()));
}
