// Segments in which little is wanted: their contents move, whoever reads them meanwhile, and
// whenever the process ends.
#include "store/compaction.h"

#include <filesystem>

#include "store/fsck.h"
#include "store/inbox.h"
#include "store/store_fixture_test.h"

using namespace ph;
using namespace ph::store;
using namespace ph::store_test;
using ph::sql_test::each_engine;

namespace {

struct Fixture : StoreFixture {
  explicit Fixture(sql::Engine which = sql::Engine::sqlite) : StoreFixture(which) {
    account = make_account("one");
  }

  // Fills segments; of each content so many go that little is left in every segment.
  void thin_out() {
    for (int i = 0; i < 60; ++i) {
      std::string bytes = fmt::format("Subject: {}\r\n\r\n{}", i, std::string(6000, 'x'));
      MessageRow message = accept(account, {"a@x.example"}, bytes);
      if (i % 10 == 0) kept.emplace_back(message, bytes);
    }
    need(write([&](Tx& tx) -> Result<> {
      TRY(tx.sql().exec("UPDATE recipient SET state = 'delivered'"));
      for (const auto& [message, bytes] : kept)
        TRY(tx.sql().exec("UPDATE recipient SET state = 'held' WHERE message_id = $1",
                          {message.id}));
      return {};
    }));
    clock.advance(std::chrono::hours(24));
    int64_t gone = 1;
    while (gone > 0)
      gone = need(write<int64_t>(
          [&](Tx& tx) { return purge_messages_for_operator(tx, tx.now(), 500); }));
  }

  std::vector<SparseSegment> sparse() {
    return need(read<std::vector<SparseSegment>>(
        [&](sql::Connection& c) { return store->content().sparse(c); }));
  }
  std::vector<ContentPlace> places(const SparseSegment& segment) {
    std::vector<ContentPlace> out;
    IdRange ids = ids_of(segment);
    for (size_t table = 0; table < content_tables(); ++table) {
      PlaceQuery query{.table = table, .segment = segment.id, .after = ids.after,
                       .until = ids.until};
      auto page = need(read<PlacePage>(
          [&](sql::Connection& c) { return places_in_segment_for_operator(c, query); }));
      std::ranges::copy(page.places, std::back_inserter(out));
    }
    return out;
  }
  Result<int64_t> move(const std::vector<ContentPlace>& which) {
    return write<int64_t>([&](Tx& tx) { return move_contents_for_operator(tx, which); });
  }
  size_t files_there() {
    std::filesystem::directory_iterator all(directory.path() + "/segments");
    return static_cast<size_t>(std::distance(begin(all), end(all)));
  }
  MessageRow now(const MessageRow& row) {
    return need(read<MessageRow>(
        [&](sql::Connection& c) { return message(c, account, row.id); }));
  }
  // By the rows of before and by the rows as they are.
  void check_all_there() {
    for (const auto& [row, bytes] : kept) {
      CHECK_EQ(need(store->read_content_now(row.content)), bytes);
      CHECK_EQ(need(store->read_content_now(now(row).content)), bytes);
    }
    check_sound();
  }
  void check_sound() {
    for (const Finding& finding : need(fsck(*store))) FAIL_CHECK(finding.what);
  }

  AccountId account;
  std::vector<std::pair<MessageRow, std::string>> kept;
};

}  // namespace

TEST_CASE("what is wanted of a thinned out segment moves, and the file goes") {
  Fixture f;
  f.thin_out();
  size_t before = f.files_there();
  REQUIRE(f.sparse().size() >= 4);
  // The one that was being filled is thinned out too, and full after the first moves.
  for (int rounds = 0; rounds < 3 && !f.sparse().empty(); ++rounds) {
    for (const SparseSegment& segment : f.sparse()) {
      auto places = f.places(segment);
      CHECK_EQ(static_cast<int64_t>(places.size()), segment.live);
      CHECK_EQ(need(f.move(places)), segment.live);
      f.check_all_there();
    }
  }
  CHECK(f.sparse().empty());
  CHECK_EQ(f.files_there(), 1);
  CHECK(before > 4);
  // The moved rows want what is in a newer segment; a later compaction finds them by their age.
  f.reopen();
  f.check_sound();
  for (const auto& [row, bytes] : f.kept)
    CHECK_EQ(need(f.store->read_content_now(f.now(row).content)), bytes);
}

TEST_CASE("a content that moved twice is read by its first place") {
  Fixture f;
  f.thin_out();
  auto first = f.places(f.sparse().front());
  need(f.move(first));
  REQUIRE_FALSE(first.empty());
  std::vector<ContentPlace> second = first;
  for (ContentPlace& place : second)
    for (const auto& [row, bytes] : f.kept)
      if (row.id.value == place.id) place.content = f.now(row).content;
  CHECK_EQ(need(f.move(second)), static_cast<int64_t>(second.size()));
  // Who asks with the place of before moves nothing.
  CHECK_EQ(need(f.move(first)), 0);
  f.check_all_there();
}

TEST_CASE("a row that was read before its content moved releases it where it is now") {
  Fixture f;
  f.thin_out();
  auto sparse = f.sparse().front();
  auto places = f.places(sparse);
  need(f.move(places));
  auto old = std::ranges::find_if(f.kept, [&](const auto& item) {
    return item.first.id.value == places.front().id;
  });
  REQUIRE(old != f.kept.end());
  need(f.write([&](Tx& tx) -> Result<> {
    TRY(tx.release_content(old->first.content));
    for (const char* sql : {"DELETE FROM recipient WHERE message_id = $1",
                            "DELETE FROM message WHERE id = $1"})
      TRY(tx.sql().exec(sql, {old->first.id}));
    return {};
  }));
  f.kept.erase(old);
  f.check_all_there();
}

TEST_CASE("a row that went while its content was about to move is passed over") {
  Fixture f;
  f.thin_out();
  auto sparse = f.sparse().front();
  auto places = f.places(sparse);
  need(f.write([&](Tx& tx) -> Result<> {
    TRY(tx.sql().exec("UPDATE recipient SET state = 'delivered'"));
    return {};
  }));
  need(f.write<int64_t>([&](Tx& tx) { return purge_messages_for_operator(tx, tx.now(), 500); }));
  CHECK_EQ(need(f.move(places)), 0);
  f.check_sound();
}

TEST_CASE("a move that fails leaves every content where it was") {
  Fixture f;
  f.thin_out();
  auto places = f.places(f.sparse().front());
  auto failed = f.write<int64_t>([&](Tx& tx) -> Result<int64_t> {
    TRY(move_contents_for_operator(tx, places));
    return fail(Errc::denied, "changed its mind");
  });
  CHECK_FALSE(failed.has_value());
  f.check_all_there();
  CHECK_EQ(need(f.move(places)), static_cast<int64_t>(places.size()));
  f.check_all_there();
}

TEST_CASE("a device that fails in a move loses nothing") {
  Fixture f;
  f.thin_out();
  auto places = f.places(f.sparse().front());
  f.files.fail_sync = true;
  CHECK_EQ(f.move(places).error().code, Errc::io);
  f.files.fail_sync = false;
  f.reopen();
  f.check_all_there();
}

TEST_CASE("after a cut at any step of a compaction all is there, once") {
  namespace fs = std::filesystem;
  Fixture f;
  f.thin_out();
  std::string image = f.directory.path() + "-image";
  auto look_at_image = [&] {
    fs::remove_all(image);
    // As a cut leaves it: the database with its log, the segments, nothing closed.
    fs::create_directory(image);
    for (const auto& entry : fs::directory_iterator(f.directory.path())) {
      if (entry.path().filename() == "lock" || entry.path().string().ends_with("-shm")) continue;
      fs::copy(entry.path(), image / entry.path().filename(), fs::copy_options::recursive);
    }
    StoreOptions options = f.options();
    options.data_dir = image;
    auto store = need(Store::open(std::move(options)));
    for (const Finding& finding : need(fsck(*store))) FAIL_CHECK(finding.what);
    for (const auto& [row, bytes] : f.kept) {
      auto now = need(store->read_now<MessageRow>(
          [&](sql::Connection& c) { return message(c, f.account, row.id); }));
      CHECK_EQ(need(store->read_content_now(now.content)), bytes);
    }
  };
  for (const SparseSegment& segment : f.sparse()) {
    // One content a slice; the file of each segment goes with its last one, and comes back as if
    // the cut had been before it went.
    std::string file = fmt::format("{}/segments/{:08}.seg", f.directory.path(), segment.id);
    std::string copy = f.directory.path() + "-copy";
    for (const ContentPlace& place : f.places(segment)) {
      fs::copy_file(file, copy, fs::copy_options::overwrite_existing);
      need(f.move({place}));
      look_at_image();
      if (!fs::exists(file)) {
        fs::copy_file(copy, file);
        look_at_image();
        fs::remove(file);
      }
    }
    fs::remove(copy);
  }
  fs::remove_all(image);
}

TEST_CASE("PostgreSQL has no segments to compact") {
  each_engine([](sql::Engine engine) {
    if (engine != sql::Engine::postgresql) return;
    Fixture f(engine);
    f.thin_out();
    CHECK(f.sparse().empty());
    f.check_all_there();
  });
}
