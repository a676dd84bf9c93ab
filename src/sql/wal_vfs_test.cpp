// The log's frames go to the device together, and nothing that may be read stays behind.
#include "sql/wal_vfs.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/simulated_disk.h"
#include "sql/connection.h"
#include "sql/files_vfs.h"
#include "sql/postgres_fixture_test.h"

using namespace ph;
using namespace ph::sql;

namespace {

struct Bench {
  Bench() {
    disk.load({{"/d/", ""}});
    writer = connect(Access::write);
    REQUIRE(writer->script("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)").has_value());
    disk.on_change = [this](const char* what) { ++changes[what]; };
  }
  std::unique_ptr<Connection> connect(Access access) {
    auto made = ph::sql::connect({.url = "sqlite:/d/x.db", .access = access});
    REQUIRE_MESSAGE(made.has_value(), (made ? "" : made.error().message));
    return std::move(*made);
  }
  // In one transaction.
  Result<> put(int64_t from, int64_t count) {
    TRY(writer->begin());
    for (int64_t i = from; i < from + count; ++i)
      TRY(writer->exec("INSERT INTO t VALUES ($1, $2)", {i, std::string(900, 'x')}));
    return writer->commit();
  }
  int64_t count(Connection& connection) {
    auto rows = connection.query("SELECT count(*), count(v) FROM t");
    REQUIRE_MESSAGE(rows.has_value(), (rows ? "" : rows.error().message));
    return (*rows)[0].integer(0);
  }
  std::string integrity(Connection& connection) {
    return (*connection.query("PRAGMA integrity_check"))[0].text(0);
  }
  SimulatedDisk disk{7};
  FakeClock clock;
  FakeRandom random{7};
  FilesVfs vfs{disk, clock, random};
  std::map<std::string, int> changes;
  std::unique_ptr<Connection> writer;
};

}  // namespace

TEST_CASE("a commit of many pages is one write and one sync") {
  Bench bench;
  REQUIRE(bench.put(0, 1).has_value());
  bench.changes.clear();
  REQUIRE(bench.put(1, 90).has_value());
  CHECK_EQ(bench.changes["write"], bench.changes["sync"]);
  CHECK_EQ(bench.changes["sync"], 2);  // SimulatedDisk tells of each before and after
  auto reader = bench.connect(Access::read);
  CHECK_EQ(bench.count(*reader), 91);
}

TEST_CASE("a transaction beyond the cache reads what it wrote to the log") {
  Bench bench;
  REQUIRE(bench.writer->script("PRAGMA cache_size=5").has_value());
  REQUIRE(bench.writer->begin().has_value());
  for (int64_t i = 0; i < 3000; ++i) {
    REQUIRE(bench.writer->exec("INSERT INTO t VALUES ($1, $2)", {i * 7919 % 3001,
                                                                 std::string(900, 'x')}));
  }
  CHECK_EQ(bench.count(*bench.writer), 3000);
  auto reader = bench.connect(Access::read);
  CHECK_EQ(bench.count(*reader), 0);
  REQUIRE(bench.writer->commit().has_value());
  CHECK_EQ(bench.count(*reader), 3000);
  CHECK_EQ(bench.integrity(*reader), "ok");
}

TEST_CASE("the machine's VFS takes a commit of more than 128 KiB of pages") {
  sql_test::TemporaryDirectory place;
  auto made = ph::sql::connect({.url = "sqlite:" + place.path() + "/x.db"});
  REQUIRE(made.has_value());
  REQUIRE((*made)->script("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)").has_value());
  for (int64_t rows : {100, 130, 260, 2000}) {
    REQUIRE((*made)->begin().has_value());
    REQUIRE((*made)->script("DELETE FROM t").has_value());
    for (int64_t i = 0; i < rows; ++i)
      REQUIRE((*made)->exec("INSERT INTO t VALUES ($1, $2)", {i, std::string(900, 'x')}));
    auto done = (*made)->commit();
    REQUIRE_MESSAGE(done.has_value(), (done ? "" : done.error().message));
    CHECK_EQ((*made)->query("SELECT count(*) FROM t").value()[0].integer(0), rows);
  }
  CHECK_EQ((*made)->query("PRAGMA integrity_check").value()[0].text(0), "ok");
}

TEST_CASE("a database is opened where another VFS was the default before") {
  { Bench bench; }
  sql_test::TemporaryDirectory place;
  auto made = ph::sql::connect({.url = "sqlite:" + place.path() + "/x.db"});
  REQUIRE(made.has_value());
  REQUIRE((*made)->script("CREATE TABLE t (id INTEGER PRIMARY KEY)").has_value());
  auto reader =
      ph::sql::connect({.url = "sqlite:" + place.path() + "/x.db", .access = Access::read});
  REQUIRE(reader.has_value());
  CHECK_EQ((*reader)->query("SELECT count(*) FROM t").value()[0].integer(0), 0);
}

TEST_CASE("a write that fails is the commit's failure, and the next commit is whole") {
  Bench bench;
  REQUIRE(bench.put(0, 10).has_value());
  bench.disk.set_faults({.room = 3000});
  auto full = bench.put(10, 200);
  REQUIRE_FALSE(full.has_value());
  CHECK(full.error().code == Errc::limit);
  static_cast<void>(bench.writer->rollback());
  bench.disk.set_faults({.write_in = 0});
  auto broken = bench.put(10, 200);
  REQUIRE_FALSE(broken.has_value());
  CHECK(broken.error().code == Errc::io);
  static_cast<void>(bench.writer->rollback());
  bench.disk.set_faults({});
  REQUIRE(bench.put(10, 5).has_value());
  auto reader = bench.connect(Access::read);
  CHECK_EQ(bench.count(*reader), 15);
  CHECK_EQ(bench.integrity(*reader), "ok");
}
