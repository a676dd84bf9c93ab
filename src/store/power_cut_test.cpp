// The store on a disk that loses what was not synced: rows and content together, after power cuts
// at every step, tails cut, and bits turned over.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "base/log.h"
#include "base/simulated_disk.h"
#include "sql/files_vfs.h"
#include "store/fsck.h"
#include "store/store_fixture_test.h"
#include "store/usage.h"

using namespace ph;
using namespace ph::store;
using namespace ph::store_test;

namespace {

// One machine: its disk is in memory, only the lock is a real file.
struct Machine {
  explicit Machine(uint64_t seed) : disk(seed), random(seed) {
    log::set_level(static_cast<log::Level>(255));  // faults are the rule here
    disk.load({{directory.path() + "/", ""}});
  }
  ~Machine() { log::set_level(log::Level::info); }
  Result<std::unique_ptr<Store>> open() {
    return Store::open({.data_dir = directory.path(),
                        .clock = clock,
                        .files = disk,
                        .failed = [this](const Error&) { ++failures; },
                        .segment_bytes = 8 << 10,
                        .post = [](std::move_only_function<void()>) {}});
  }
  std::string wal() const { return directory.path() + "/posthouse.db-wal"; }
  std::string segment() const { return directory.path() + "/segments/00000001.seg"; }

  sql_test::TemporaryDirectory directory;
  SimulatedDisk disk;
  FakeClock clock;
  FakeRandom random;
  sql::FilesVfs vfs{disk, clock, random};
  int failures = 0;
};

std::string content_of(size_t number) {
  return fmt::format("content {} ", number) + std::string(40 + number % 300, 'c');
}

// A setting for each content, so that rows say what there must be.
Result<ContentRef> put(Store& store, size_t number) {
  return store.write_now<ContentRef>([&](Tx& tx) -> Result<ContentRef> {
    ContentRef ref = TRY(tx.put_content(content_of(number)));
    MessageRow message{.id = MessageId(tx.new_id()), .account_id = AccountId(1),
                       .domain_id = DomainId(1), .subject = fmt::format("{}", number),
                       .content = ref, .created_at = tx.now()};
    std::vector<RecipientRow> to{{.address = "a@x.example", .domain = "x.example",
                                  .cause = "accepted", .next_at = tx.now()}};
    TRY(insert_message_with_recipients(tx, message, to));
    use_post_paid(tx, message.account_id, 1);
    return ref;
  });
}

// How many there are: each whole, in their order, none left out.
Result<size_t> count_whole(Store& store) {
  auto rows = TRY(store.read_now<std::vector<ContentRef>>(
      [](sql::Connection& connection) -> Result<std::vector<ContentRef>> {
        std::vector<ContentRef> out;
        for (sql::Row row : TRY(connection.query(
                 "SELECT content_segment, content_offset, content_length, subject FROM message"
                 " ORDER BY id")))
          out.push_back({row.integer(0), row.integer(1), row.integer(2)});
        return out;
      }));
  for (size_t i = 0; i < rows.size(); ++i) {
    std::string bytes = TRY(store.read_content_now(rows[i]));
    if (bytes != content_of(i)) return fail(Errc::internal, "another content than was stored");
  }
  return rows.size();
}

// A store that was filled and then lost its process: with a WAL, and its last segment.
struct Filled {
  explicit Filled(size_t count) {
    auto store = need(machine.open());
    need(store->write_now<AccountId>([](Tx& tx) -> Result<AccountId> {
      return TRY(insert_account(tx.sql(), {.name = "one", .created_at = tx.now()})).id;
    }));
    for (size_t i = 0; i < count; ++i) need(put(*store, i));
    machine.disk.switch_off();
    store.reset();
    machine.disk.switch_on();
    image = machine.disk.image();
  }
  // Opens a disk with this content: the number of contents, or the error of whoever noticed.
  Result<size_t> opened_with(const SimulatedDisk::Image& changed) {
    machine.disk.load(changed);
    machine.disk.switch_on();
    auto store = TRY(machine.open());
    auto out = count_whole(*store);
    machine.disk.switch_off();
    store.reset();
    return out;
  }
  Machine machine{1};
  SimulatedDisk::Image image;
};

// Stores until the disk stops at one of the next `most` steps; how many were acknowledged by now.
size_t one_life(Machine& machine, uint64_t most, size_t acknowledged) {
  uint64_t steps = machine.random.below(most);
  machine.disk.on_change = [&](const char*) {
    if (steps-- == 0) machine.disk.switch_off();
  };
  if (auto store = machine.open()) {
    size_t there = count_whole(**store).value_or(0);
    for (size_t i = there; i < there + 10 && put(**store, i); ++i) acknowledged = i + 1;
    machine.disk.switch_off();
  }
  machine.disk.on_change = nullptr;
  return acknowledged;
}

}  // namespace

TEST_CASE("after a power cut at any step all that was acknowledged is there, from the first mail") {
  for (uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    Machine machine(seed);
    size_t acknowledged = 0;
    for (int life = 0; life < 3; ++life) {
      acknowledged = one_life(machine, life == 0 ? 700 : 200, acknowledged);
      machine.disk.cut_power();
      machine.disk.switch_on();
      auto store = machine.open();
      REQUIRE_MESSAGE(store.has_value(), (store ? "" : store.error().message));
      size_t there = need(count_whole(**store));
      CHECK(there >= acknowledged);
      CHECK(there <= acknowledged + 1);
      CHECK(need(fsck(**store)).empty());
    }
  }
}

TEST_CASE("what a failed sync left in memory only is made sure by the next start") {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    Machine machine(seed);
    size_t there = 0;
    for (int life = 0; life < 3; ++life) {
      auto store = need(machine.open());
      there = need(count_whole(*store));
      machine.disk.set_faults({.sync_in = life == 2 ? DiskFaults::kNever : seed % 8});
      while (there < 12 * (static_cast<size_t>(life) + 1) && put(*store, there)) ++there;
      machine.disk.switch_off();
      store.reset();
      machine.disk.switch_on();
    }
    machine.disk.cut_power();
    auto store = need(machine.open());
    CHECK(need(count_whole(*store)) == there);
    CHECK(need(fsck(*store)).empty());
  }
}

TEST_CASE("WAL or segment cut within its last 4 KiB: a beginning of what was stored") {
  Filled filled(12);
  size_t least = 12;
  for (const std::string& path : {filled.machine.wal(), filled.machine.segment()}) {
    bool is_wal = path == filled.machine.wal();
    std::string whole = filled.image.at(path);
    size_t end = whole.find_last_not_of('\0') + 1;
    // SQLite may fill a sector up with the last frame once more, so of its log several frames go.
    size_t tail = std::min<size_t>(end, is_wal ? 3 * 4120 : 4096);
    for (size_t cut = end - tail; cut <= end; cut += is_wal ? 21 : 3) {
      CAPTURE(cut);
      auto image = filled.image;
      image[path].resize(cut);
      auto count = filled.opened_with(image);
      // The WAL's tail is what was being written; of a segment nothing before its end may miss.
      if (is_wal) REQUIRE_MESSAGE(count.has_value(), (count ? "" : count.error().message));
      if (count) REQUIRE(*count <= 12);
      if (!is_wal && cut < end) REQUIRE_FALSE(count.has_value());
      if (!is_wal && !count) REQUIRE(count.error().code == Errc::corrupt);
      if (is_wal && count) least = std::min(least, *count);
    }
  }
  CHECK(least < 12);  // some cut really took something
}

TEST_CASE("a bit that turned over in WAL or segment is dropped or told, never delivered") {
  Filled filled(12);
  FakeRandom random(5);
  int told = 0;
  int fewer = 0;
  for (int i = 0; i < 1000; ++i) {
    CAPTURE(i);
    auto image = filled.image;
    const std::string& path = i % 2 == 0 ? filled.machine.wal() : filled.machine.segment();
    std::string& bytes = image[path];
    uint64_t most = i % 2 == 0 ? bytes.size() : bytes.find_last_not_of('\0') + 1;
    uint64_t at = random.below(most);
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.below(8)));
    auto count = filled.opened_with(image);
    if (!count) REQUIRE(count.error().code == Errc::corrupt);
    told += count ? 0 : 1;
    fewer += count && *count < 12 ? 1 : 0;
  }
  CHECK(told > 300);
  CHECK(fewer > 100);
}
