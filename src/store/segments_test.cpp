// Crash images of content segments: torn tails are dropped, damage before them is told.
#include "store/segments.h"

#include <filesystem>
#include <fstream>

#include "base/random.h"
#include "store/crc32c.h"
#include "store/fsck.h"
#include "store/store_fixture_test.h"

using namespace ph;
using namespace ph::store;
using namespace ph::store_test;

namespace {

// A file in memory.
struct MemoryFile : File {
  explicit MemoryFile(std::string b) : bytes(std::move(b)) {}
  Result<> write_at(uint64_t, std::string_view) override { return fail(Errc::io, "read only"); }
  Result<std::string> read_at(uint64_t offset, size_t size) override {
    return offset >= bytes.size() ? std::string() : bytes.substr(offset, size);
  }
  Result<uint64_t> size() override { return bytes.size(); }
  Result<> preallocate(uint64_t) override { return {}; }
  Result<> truncate(uint64_t) override { return {}; }
  Result<> sync() override { return {}; }
  std::string bytes;
};

struct Image {
  std::string bytes = encode_segment_header(5);
  std::vector<uint64_t> ends = {kSegmentHeader};
  void add(std::string_view content) {
    append_record(bytes, {5, bytes.size()}, content);
    ends.push_back(bytes.size());
  }
};

Result<SegmentScan> scan(const std::string& bytes, uint64_t committed) {
  MemoryFile file(bytes);
  return scan_segment(file, 5, committed);
}

std::string segment_path(const StoreFixture& f, int number) {
  return fmt::format("{}/segments/{:08}.seg", f.directory.path(), number);
}

void overwrite(const std::string& path, uint64_t at, std::string_view bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(at));
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  REQUIRE(file.good());
}

}  // namespace

TEST_CASE("CRC-32C gives the values of RFC 3720 appendix B.4") {
  CHECK_EQ(crc32c("123456789"), 0xE3069283);
  CHECK_EQ(crc32c(std::string(32, '\0')), 0x8A9136AA);
  CHECK_EQ(crc32c(std::string(32, '\xff')), 0x62A8AB43);
  CHECK_EQ(crc32c(""), 0U);
}

TEST_CASE("cut at any byte of the tail, everything that was committed is there") {
  Image image;
  image.add(std::string(700, 'a'));
  image.add("");
  image.add("third, committed");
  uint64_t committed = image.bytes.size();
  image.add(std::string(300, 'd'));
  image.add("fifth");
  for (uint64_t cut = committed; cut <= image.bytes.size(); ++cut) {
    CAPTURE(cut);
    for (size_t zeros : {0UL, 5UL, 200UL}) {
      auto found = scan(image.bytes.substr(0, cut) + std::string(zeros, '\0'), committed);
      REQUIRE(found.has_value());
      REQUIRE_EQ(found->end, committed);
      REQUIRE_EQ(found->records, 3);
      REQUIRE_EQ(found->dropped > 0, cut > committed);
    }
  }
  for (uint64_t cut = 0; cut < committed; ++cut) {
    CAPTURE(cut);
    auto found = scan(image.bytes.substr(0, cut) + std::string(4096, '\0'), committed);
    REQUIRE_FALSE(found.has_value());
    REQUIRE(found.error().code == Errc::corrupt);
  }
}

TEST_CASE("every flipped bit in what was committed is found, with its place") {
  Image image;
  image.add("first record");
  image.add("second record, a little longer");
  for (size_t at = 0; at < image.bytes.size(); ++at)
    for (int bit = 0; bit < 8; ++bit) {
      CAPTURE(at);
      std::string bad = image.bytes;
      bad[at] = static_cast<char>(bad[at] ^ (1 << bit));
      auto found = scan(bad, image.bytes.size());
      REQUIRE_FALSE(found.has_value());
      REQUIRE(found.error().code == Errc::corrupt);
      REQUIRE(found.error().message.find("content segment 5 is damaged at offset") == 0);
    }
}

TEST_CASE("a whole record of another segment or offset is not taken") {
  std::string bytes = encode_segment_header(5);
  append_record(bytes, {6, bytes.size()}, "of segment six");
  CHECK_FALSE(scan(bytes, bytes.size()).has_value());
  bytes = encode_segment_header(5);
  append_record(bytes, {5, bytes.size() + 1}, "of another offset");
  CHECK_FALSE(scan(bytes, bytes.size()).has_value());
  CHECK_FALSE(scan(encode_segment_header(4), kSegmentHeader).has_value());
  CHECK_FALSE(scan("", kSegmentHeader).has_value());
}

TEST_CASE("a store whose last segment has a torn tail opens with all that was acknowledged") {
  StoreFixture f(sql::Engine::sqlite);
  AccountId account = f.make_account("one");
  std::vector<MessageRow> kept;
  for (char c : {'a', 'b', 'c'})
    kept.push_back(f.accept(account, {"a@x.example"}, std::string(200, c)));
  uint64_t end = static_cast<uint64_t>(kept.back().content.offset) + kRecordHeader + 200;
  std::string tail;
  append_record(tail, {1, end}, std::string(100, 'z'));
  FakeRandom random(3);
  for (size_t cut = 1; cut <= tail.size(); cut += 7) {
    CAPTURE(cut);
    f.store->close();
    overwrite(segment_path(f, 1), end, tail.substr(0, cut) + random.bytes(20));
    f.reopen();
    for (size_t i = 0; i < kept.size(); ++i)
      REQUIRE_EQ(need(f.store->read_content_now(kept[i].content)),
                 std::string(200, static_cast<char>('a' + i)));
    REQUIRE(need(fsck(*f.store)).empty());
  }
  // And what is accepted afterwards takes the place of what was dropped.
  MessageRow next = f.accept(account, {"a@x.example"}, "next");
  CHECK_EQ(next.content.offset, static_cast<int64_t>(end));
  f.reopen();
  CHECK_EQ(need(f.store->read_content_now(next.content)), "next");
}

TEST_CASE("damage before the tail is refused at the start and named; a read never gives it") {
  StoreFixture f(sql::Engine::sqlite);
  AccountId account = f.make_account("one");
  MessageRow first = f.accept(account, {"a@x.example"}, std::string(500, 'a'));
  f.accept(account, {"a@x.example"}, std::string(500, 'b'));
  overwrite(segment_path(f, 1), static_cast<uint64_t>(first.content.offset) + 100, "X");
  auto read = f.store->read_content_now(first.content);
  REQUIRE_FALSE(read.has_value());
  CHECK(read.error().code == Errc::corrupt);
  f.store.reset();
  auto opened = Store::open(f.options());
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().code == Errc::corrupt);
  CHECK(opened.error().message.find("content segment 1 is damaged at offset 24") == 0);
}

TEST_CASE("a missing segment is refused, a file that no row knows is removed") {
  StoreFixture f(sql::Engine::sqlite);
  AccountId account = f.make_account("one");
  f.accept(account, {"a@x.example"});
  f.store->close();
  overwrite(segment_path(f, 1), 0, "");
  std::ofstream(segment_path(f, 9)) << "left behind";
  f.reopen();
  CHECK_FALSE(std::filesystem::exists(segment_path(f, 9)));
  f.store.reset();
  std::filesystem::remove(segment_path(f, 1));
  auto opened = Store::open(f.options());
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().message.find("content segment 1 is missing") == 0);
}

TEST_CASE("segments follow each other, and one in which nothing is wanted is removed") {
  StoreFixture f(sql::Engine::sqlite);
  AccountId account = f.make_account("one");
  std::string body(30'000, 'x');  // two of them in a segment
  std::vector<MessageRow> all;
  for (int i = 0; i < 5; ++i) all.push_back(f.accept(account, {"a@x.example"}, body));
  CHECK_EQ(all[4].content.segment, 3);
  auto remove = [&](const MessageRow& row) {
    need(f.write([&](Tx& tx) -> Result<> {
      TRY(tx.release_content(row.content));
      for (const char* sql : {"DELETE FROM recipient WHERE message_id = $1",
                              "DELETE FROM message WHERE id = $1"})
        TRY(tx.sql().exec(sql, {row.id}));
      return {};
    }));
  };
  remove(all[0]);
  CHECK(std::filesystem::exists(segment_path(f, 1)));
  remove(all[1]);
  CHECK_FALSE(std::filesystem::exists(segment_path(f, 1)));
  CHECK(std::filesystem::exists(segment_path(f, 2)));
  remove(all[4]);  // the active one stays
  CHECK(std::filesystem::exists(segment_path(f, 3)));
  f.reopen();
  CHECK_EQ(need(f.store->read_content_now(all[2].content)), body);
  CHECK_EQ(f.accept(account, {"a@x.example"}, "more").content.segment, 3);
}

TEST_CASE("below the disk reserve new content is refused and everything else goes on") {
  StoreFixture f(sql::Engine::sqlite);
  AccountId account = f.make_account("one");
  MessageRow message = f.accept(account, {"a@x.example"});
  f.files.free = limits::kDiskReserve - 1;
  auto refused = f.try_accept(account, {"a@x.example"}, "no room");
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::limit);
  CHECK(refused.error().message.find("insufficient storage") == 0);
  CHECK_FALSE(f.store->content().has_room());
  Outcome outcome{.key = {message.id, 0}, .account_id = account, .domain_id = DomainId(1),
                  .epoch = f.store->epoch(), .state = RecipientState::delivered,
                  .at = f.clock.wall()};
  CHECK_EQ(need(f.write<std::vector<bool>>([&](Tx& tx) {
             return record_outcomes_for_queue(tx, {outcome});
           })),
           std::vector<bool>{true});
  f.files.free = 1ULL << 40;
  CHECK(f.store->content().has_room());
  f.accept(account, {"a@x.example"});
  CHECK_EQ(f.failures, 0);
}

TEST_CASE("a segment that cannot be allocated refuses that content only") {
  StoreFixture f(sql::Engine::sqlite);
  AccountId account = f.make_account("one");
  f.accept(account, {"a@x.example"}, std::string(40'000, 'x'));
  f.files.fail_preallocate = true;
  auto refused = f.try_accept(account, {"a@x.example"}, std::string(40'000, 'y'));
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::limit);
  CHECK_EQ(f.accept(account, {"a@x.example"}, "small fits").content.segment, 1);
  f.files.fail_preallocate = false;
  CHECK_EQ(f.accept(account, {"a@x.example"}, std::string(40'000, 'z')).content.segment, 2);
  CHECK(need(fsck(*f.store)).empty());
}

TEST_CASE("zeros are written ahead once, and the contents after them read back") {
  StoreFixture f(sql::Engine::sqlite);
  AccountId account = f.make_account("one");
  f.accept(account, {"a@x.example"});  // makes the segment
  int before = f.files.writes;
  std::vector<ContentRef> kept;
  for (const char* text : {"first", "second", "third"})
    kept.push_back(f.accept(account, {"a@x.example"}, text).content);
  CHECK_EQ(f.files.writes - before, 3);
  f.reopen();
  before = f.files.writes;
  kept.push_back(f.accept(account, {"a@x.example"}, "fourth").content);
  CHECK_EQ(f.files.writes - before, 2);  // nobody remembers how far the zeros reach
  std::vector<std::string> read;
  for (const ContentRef& ref : kept)
    read.push_back(need(f.read<std::string>(
        [&](sql::Connection& c) { return f.store->content().read(c, ref); })));
  CHECK_EQ(read, std::vector<std::string>{"first", "second", "third", "fourth"});
  CHECK(need(fsck(*f.store)).empty());
}
