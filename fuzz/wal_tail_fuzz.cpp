// The tail of SQLite's write-ahead log as any octets: what opens is a beginning of the committed
// groups, whole and unchanged, or a clear error.
#include <fmt/format.h>

#include <cstdint>
#include <string>

#include "base/check.h"
#include "base/simulated_disk.h"
#include "sql/connection.h"
#include "sql/files_vfs.h"

using namespace ph;

namespace {

constexpr int64_t kGroups = 12;
constexpr int64_t kRowsOfGroup = 3;
constexpr const char* kUrl = "sqlite:/d/x.db";
constexpr const char* kLog = "/d/x.db-wal";

std::string value_of(int64_t id) { return fmt::format("row {} ", id) + std::string(200, 'v'); }

struct Machine {
  SimulatedDisk disk{1};
  FakeClock clock;
  FakeRandom random;
  sql::FilesVfs vfs{disk, clock, random};
  SimulatedDisk::Image image;

  Machine() {
    disk.load({{"/d/", ""}});
    auto connection = std::move(*sql::connect({.url = kUrl}));
    PH_CHECK(connection->script("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT);"
                                "PRAGMA wal_checkpoint(TRUNCATE)"));
    for (int64_t group = 0; group < kGroups; ++group) {
      PH_CHECK(connection->begin());
      for (int64_t i = 0; i < kRowsOfGroup; ++i) {
        int64_t id = group * kRowsOfGroup + i;
        PH_CHECK(connection->exec("INSERT INTO t VALUES ($1, $2)", {id, value_of(id)}));
      }
      PH_CHECK(connection->commit());
    }
    disk.switch_off();
    connection.reset();
    disk.switch_on();
    image = disk.image();
  }
};

// Octets 0 and 1 of each piece: where it goes, counted from the log's end; octet 2: its length.
std::string changed(std::string log, std::string_view input) {
  while (input.size() > 3) {
    auto octet = [&](size_t at) { return static_cast<size_t>(static_cast<uint8_t>(input[at])); };
    size_t back = (octet(0) << 8 | octet(1)) % (log.size() + 1);
    size_t length = std::min(octet(2) & 0x7f, input.size() - 3);
    bool cut = (octet(2) & 0x80) != 0;
    size_t at = log.size() - back;
    if (cut) log.resize(at);
    log.replace(at, std::min(length, log.size() - at), input.substr(3, length));
    input.remove_prefix(3 + length);
  }
  return log;
}

void check_rows(const sql::Rows& rows) {
  PH_CHECK(rows.size() % kRowsOfGroup == 0 && rows.size() <= kGroups * kRowsOfGroup);
  int64_t id = 0;
  for (sql::Row row : rows) {
    PH_CHECK(row.integer(0) == id && row.text(1) == value_of(id));
    ++id;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Machine machine;
  auto image = machine.image;
  image[kLog] = changed(image[kLog], {reinterpret_cast<const char*>(data), size});
  machine.disk.load(image);
  auto connection = sql::connect({.url = kUrl});
  auto rows = connection ? (*connection)->query("SELECT id, v FROM t ORDER BY id")
                         : Result<sql::Rows>(std::unexpected(connection.error()));
  if (rows) check_rows(*rows);
  else PH_CHECK(rows.error().code == Errc::corrupt && !rows.error().message.empty());
  machine.disk.switch_off();
  if (connection) connection->reset();
  machine.disk.switch_on();
  return 0;
}
