// Hold, release and retry of many: in slices, each whole by itself, and done by walking again.
#include "store/queue_slice.h"

#include "store/fsck.h"
#include "store/store_fixture_test.h"

using namespace ph;
using namespace ph::store;
using namespace ph::store_test;
using ph::sql_test::each_engine;

namespace {

constexpr int64_t kSlice = 50;

struct Many : StoreFixture {
  explicit Many(sql::Engine which)
      : StoreFixture(which), one(make_account("one")), two(make_account("two")) {
    for (AccountId account : {one, two})
      for (int message = 0; message < 3; ++message) {
        std::vector<std::string> to;
        for (int i = 0; i < 60; ++i) to.push_back(fmt::format("a{}@d{}.example", i, i % 7));
        accept(account, to);
        clock.advance(std::chrono::seconds(1));
      }
  }
  // At most `slices` of them; how many recipients changed.
  int64_t walk(QueueWalk walk, int slices = 1000) {
    walk.since = clock.wall();
    int64_t changed = 0;
    WalkPage page;
    for (; slices > 0 && !page.last; --slices) {
      page = need(read<WalkPage>([&](sql::Connection& c) {
        return walk_for_operator(c, walk, page.next, kSlice);
      }));
      CHECK(page.keys.size() <= static_cast<size_t>(kSlice));
      changed += need(write<int64_t>(
          [&](Tx& tx) { return change_for_operator(tx.sql(), walk, page.keys, tx.now()); }));
    }
    return changed;
  }
  QueueCounts counts() {
    return need(read<QueueCounts>(
        [&](sql::Connection& c) { return queue_counts_for_operator(c, clock.wall()); }));
  }
  int64_t due(AccountId account) {
    int64_t out = 0;
    for (int32_t shard = 0; shard < static_cast<int32_t>(limits::kShards); ++shard)
      out += static_cast<int64_t>(need(read<std::vector<RecipientRow>>([&](sql::Connection& c) {
               return due_recipients_for_queue(c, {.shard = shard, .now = clock.wall(),
                                                   .after = {}, .limit = 1000,
                                                   .only = {{}, account}});
             })).size());
    return out;
  }

  AccountId one, two;
};

}  // namespace

TEST_CASE("a hold that was cut after a slice is done to its end by asking again") {
  each_engine([](sql::Engine engine) {
    Many m(engine);
    CHECK_EQ(m.walk({.verb = QueueVerb::hold, .account = m.one}, 1), kSlice);
    CHECK_EQ(m.counts().held, kSlice);
    m.reopen();
    CHECK_EQ(m.walk({.verb = QueueVerb::hold, .account = m.one}), 180 - kSlice);
    CHECK_EQ(m.counts().held, 180);
    CHECK_EQ(m.due(m.one), 0);
    CHECK_EQ(m.due(m.two), 180);
    CHECK_EQ(m.walk({.verb = QueueVerb::release, .account = m.two}), 0);
    m.clock.advance(std::chrono::seconds(9));
    CHECK_EQ(m.walk({.verb = QueueVerb::release, .account = m.one}, 2), 2 * kSlice);
    CHECK_EQ(m.walk({.verb = QueueVerb::release, .account = m.one}), 180 - 2 * kSlice);
    CHECK_EQ(m.due(m.one), 180);
    CHECK(need(fsck(*m.store)).empty());
  });
}

TEST_CASE("a destination is held and released in slices over all accounts") {
  each_engine([](sql::Engine engine) {
    Many m(engine);
    // Addresses 3, 10, 17 ... of six messages.
    CHECK_EQ(m.walk({.verb = QueueVerb::hold, .account = {}, .domain = "d3.example"}), 6 * 9);
    CHECK_EQ(m.walk({.verb = QueueVerb::hold, .account = {}, .domain = "d3.example"}), 0);
    CHECK_EQ(m.walk({.verb = QueueVerb::release, .account = {}, .domain = "d4.example"}), 0);
    CHECK_EQ(m.walk({.verb = QueueVerb::hold, .account = m.one}), 180 - 27);
    CHECK_EQ(m.walk({.verb = QueueVerb::release, .account = {}, .domain = "d3.example"}), 54);
    CHECK_EQ(m.counts().held, 180 - 27);
    CHECK_EQ(m.due(m.one), 27);
    CHECK_EQ(m.due(m.two), 180);
  });
}

TEST_CASE("a retry in slices makes each recipient due once, those that wait and those due") {
  each_engine([](sql::Engine engine) {
    Many m(engine);
    m.walk({.verb = QueueVerb::hold, .account = m.two});
    need(m.write([&](Tx& tx) -> Result<> {
      TRY(tx.sql().exec("UPDATE recipient SET next_at = next_at + $1, attempts = 1 WHERE idx < 40",
                        {std::chrono::microseconds(std::chrono::hours(1)).count()}));
      return {};
    }));
    CHECK_EQ(m.counts().deferred, 120);
    CHECK_EQ(m.due(m.one), 60);
    CHECK_EQ(m.walk({.verb = QueueVerb::retry, .account = m.one}), 180);
    CHECK_EQ(m.counts().deferred, 0);
    CHECK_EQ(m.due(m.one), 180);
    CHECK_EQ(m.counts().held, 180);
  });
}
