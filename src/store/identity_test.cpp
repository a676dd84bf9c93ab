// Who customers are, over SQLite and PostgreSQL: what the rows and queries promise.
#include <doctest/doctest.h>

#include "base/limits.h"
#include "store/agreement.h"
#include "store/compaction.h"
#include "store/evidence.h"
#include "store/fsck.h"
#include "store/identity_claim.h"
#include "store/store_fixture_test.h"
#include "store/suspension.h"

using namespace ph;
using namespace ph::store;
using namespace ph::store_test;
using ph::sql_test::each_engine;

namespace {

struct Fixture : StoreFixture {
  using StoreFixture::StoreFixture;

  void submit(AccountId account, std::string name) {
    need(write([&](Tx& tx) {
      return put_identity_claim(tx.sql(), {.account_id = account,
                                           .id = tx.new_id(),
                                           .name = name,
                                           .number_sealed = std::string("\0sealed", 7),
                                           .number_mask = "1***4",
                                           .submitted_at = tx.now()});
    }));
  }
  void decide(AccountId account, IdentityState state, std::string reason = {}) {
    need(write([&](Tx& tx) {
      return decide_identity_claim(
          tx.sql(), account, {.state = state, .reason = reason, .at = tx.now()});
    }));
  }
  int64_t add(AccountId account, const std::string& bytes) {
    return need(write<int64_t>([&](Tx& tx) -> Result<int64_t> {
      EvidenceRow row{.id = tx.new_id(), .account_id = account, .filename = "passport.pdf",
                      .content_type = "application/pdf",
                      .size = static_cast<int64_t>(bytes.size()), .created_at = tx.now()};
      row.content = TRY(tx.put_content(bytes));
      TRY(insert_evidence(tx.sql(), row));
      return row.id;
    }));
  }
  std::vector<EvidenceRow> files(AccountId account) {
    return need(read<std::vector<EvidenceRow>>(
        [&](sql::Connection& c) { return evidence_of(c, account); }));
  }
  int64_t uploads(AccountId account, WallTime since) {
    return need(read<int64_t>(
        [&](sql::Connection& c) { return evidence_uploads(c, account, since); }));
  }
  int64_t purge(WallTime decided, WallTime removed) {
    return need(write<int64_t>([&](Tx& tx) {
      return purge_evidence_for_operator(
          tx, {.decided_before = decided, .removed_before = removed}, 100);
    }));
  }
  void sound() {
    for (const Finding& finding : need(fsck(*store))) FAIL(finding.what);
  }
};

}  // namespace

TEST_CASE("an account has one claim, and a later submission takes its place and its turn") {
  each_engine([](sql::Engine engine) {
    Fixture f(engine);
    AccountId one = f.make_account("one"), two = f.make_account("two");
    f.submit(one, "Anna");
    f.submit(two, "Bob");
    auto queue = [&] {
      std::vector<std::string> names;
      for (const IdentityReviewRow& row : need(f.read<std::vector<IdentityReviewRow>>(
               [](sql::Connection& c) {
                 return identity_reviews_for_operator(c, IdentityState::submitted, {});
               })))
        names.push_back(row.account_name + " " + row.claim.name);
      return names;
    };
    CHECK(queue() == std::vector<std::string>{"one Anna", "two Bob"});
    f.decide(one, IdentityState::rejected, "not readable");
    CHECK(queue() == std::vector<std::string>{"two Bob"});
    auto claim = need(f.read<IdentityClaimRow>(
        [&](sql::Connection& c) { return identity_claim(c, one); }));
    CHECK(claim.state == IdentityState::rejected);
    CHECK(claim.reason == "not readable");
    CHECK(claim.decided_at == f.clock.wall());
    CHECK(claim.number_sealed == std::string("\0sealed", 7));
    f.submit(one, "Anna B");
    CHECK(queue() == std::vector<std::string>{"two Bob", "one Anna B"});
    CHECK(need(f.read<std::vector<IdentityReviewRow>>([](sql::Connection& c) {
            return all_identity_reviews_for_operator(c, {});
          })).size() == 2);
    auto none = f.read<IdentityClaimRow>(
        [](sql::Connection& c) { return identity_claim(c, AccountId(99)); });
    REQUIRE_FALSE(none);
    CHECK(none.error().code == Errc::not_found);
  });
}

TEST_CASE("evidence belongs to its account, and a removed file still counts as an upload") {
  each_engine([](sql::Engine engine) {
    Fixture f(engine);
    AccountId one = f.make_account("one"), two = f.make_account("two");
    WallTime before = f.clock.wall() - std::chrono::seconds(1);
    int64_t id = f.add(one, "first");
    f.add(one, "second");
    CHECK(f.files(one).size() == 2);
    CHECK(f.files(two).empty());
    auto foreign = f.write([&](Tx& tx) { return remove_evidence(tx, two, id); });
    REQUIRE_FALSE(foreign);
    CHECK(foreign.error().code == Errc::not_found);
    CHECK(need(f.store->read_content_now(f.files(one)[0].content)) == "first");
    need(f.write([&](Tx& tx) { return remove_evidence(tx, one, id); }));
    CHECK_FALSE(f.write([&](Tx& tx) { return remove_evidence(tx, one, id); }));
    CHECK(f.files(one).size() == 1);
    CHECK(f.uploads(one, before) == 2);
    CHECK(f.uploads(two, before) == 0);
    f.sound();
    f.reopen();
    f.sound();
  });
}

TEST_CASE("evidence goes some time after the decision, and not while somebody still looks at it") {
  each_engine([](sql::Engine engine) {
    Fixture f(engine);
    AccountId waits = f.make_account("waits"), decided = f.make_account("decided");
    AccountId never = f.make_account("never");
    for (AccountId account : {waits, decided, never}) f.add(account, "a scan");
    f.submit(waits, "Anna");
    f.submit(decided, "Bob");
    f.decide(decided, IdentityState::approved);
    WallTime decided_at = f.clock.wall();
    f.clock.advance(std::chrono::hours(24));
    CHECK(f.purge(decided_at, decided_at) == 0);
    WallTime later = decided_at + std::chrono::seconds(1);
    CHECK(f.purge(later, decided_at) == 2);
    CHECK(f.files(waits).size() == 1);
    CHECK(f.files(decided).empty());
    CHECK(f.files(never).empty());
    CHECK(f.purge(later, f.clock.wall()) == 0);
    CHECK(f.purge(later, f.clock.wall() + std::chrono::seconds(1)) == 2);  // the rows themselves
    f.sound();
  });
}

TEST_CASE("a segment's evidence moves with everything else that is wanted of it") {
  Fixture f(sql::Engine::sqlite);
  AccountId account = f.make_account("one");
  f.add(account, "a scan");
  size_t table = 0;
  while (content_table(table) != std::string("evidence")) ++table;
  ContentRef old = f.files(account)[0].content;
  auto page = need(f.read<PlacePage>([&](sql::Connection& c) {
    return places_in_segment_for_operator(c, {.table = table, .segment = old.segment});
  }));
  REQUIRE(page.places.size() == 1);
  CHECK(need(f.write<int64_t>([&](Tx& tx) {
          return move_contents_for_operator(tx, page.places);
        })) == 1);
  ContentRef moved = f.files(account)[0].content;
  CHECK(moved != old);
  CHECK(need(f.store->read_content_now(moved)) == "a scan");
  f.sound();
}

TEST_CASE("a suspension is remembered until it ends") {
  each_engine([](sql::Engine engine) {
    Fixture f(engine);
    AccountId one = f.make_account("one");
    auto get = [&] {
      return need(f.read<std::optional<SuspensionRow>>(
          [&](sql::Connection& c) { return suspension(c, one); }));
    };
    CHECK_FALSE(get());
    need(f.write([&](Tx& tx) {
      return put_suspension(tx.sql(), {.account_id = one, .reason = "spam", .at = tx.now(),
                                       .before = AccountState::created});
    }));
    REQUIRE(get());
    CHECK(get()->reason == "spam");
    CHECK(get()->before == AccountState::created);
    need(f.write([&](Tx& tx) { return delete_suspension(tx.sql(), one); }));
    CHECK_FALSE(get());
  });
}

TEST_CASE("the newest version of the agreement is the current one, and none changes") {
  each_engine([](sql::Engine engine) {
    Fixture f(engine);
    auto put = [&](std::string version) {
      return f.write([&](Tx& tx) {
        return insert_agreement(tx.sql(), {.id = tx.new_id(), .version = version,
                                           .text_en = "We agree.", .text_zh = "同意",
                                           .created_at = tx.now()});
      });
    };
    auto newest = [&] {
      return need(f.read<std::optional<AgreementRow>>(newest_agreement));
    };
    CHECK_FALSE(newest());
    need(put("2026-2"));
    need(put("2026-1"));
    CHECK(newest()->version == "2026-1");
    CHECK(newest()->text_zh == "同意");
    auto again = put("2026-2");
    REQUIRE_FALSE(again);
    CHECK(again.error().code == Errc::conflict);
  });
}
