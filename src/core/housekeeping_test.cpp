#include "core/housekeeping.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "core/context_fixture_test.h"
#include "core/user.h"
#include "store/fsck.h"
#include "store/idempotency.h"
#include "store/inbox.h"
#include "store/user.h"

namespace ph {
namespace {

using store_test::need;

struct HousekeepingFixture : core_test::ContextFixture {
  void keep_answers(AccountId account, const std::string& name, int64_t count) {
    auto job = [&](store::Tx& tx) -> Result<int64_t> {
      for (int64_t i = 0; i < count; ++i) {
        store::IdempotencyRow row{.idem_key = name + std::to_string(i),
                                  .body_hash = "h",
                                  .status = 202,
                                  .answer = "1",
                                  .created_at = clock.wall()};
        TRY(store::take_idempotency_key(tx, account, row, WallTime{}));
      }
      return count;
    };
    REQUIRE(loop->run_until(store->write<int64_t>(job)));
  }
  int64_t gone() {
    auto rows = loop->run_until(core::keep_house(*store, clock));
    REQUIRE(rows);
    return *rows;
  }
};

TEST_CASE_FIXTURE(HousekeepingFixture,
                  "answers of old idempotency keys go, in slices, and young ones stay") {
  AccountId account = make_active_account("acme");
  int64_t old = limits::kHousekeepingSlice * 2 + 7;
  keep_answers(account, "old", old);
  clock.advance(limits::kIdempotencyKept);
  CHECK(gone() == 0);  // as old as a repeat may be, and not older
  clock.advance(std::chrono::seconds(1));
  keep_answers(account, "young", 3);
  CHECK(gone() == old);
  CHECK(gone() == 0);
  auto kept = loop->run_until(store->write<bool>([&](store::Tx& tx) -> Result<bool> {
    return TRY(store::find_idempotency_key(tx.sql(), account, "young2")).has_value();
  }));
  CHECK(kept.value());
}

TEST_CASE_FIXTURE(HousekeepingFixture, "sessions go when they have expired") {
  AccountId account = make_active_account("acme");
  auto user = core_test::wanted(loop->run_until(
      core::Users(context).create(operator_actor(), {.email = "anna@acme.example",
                                                     .password = "a long enough password",
                                                     .role = core::Role::owner,
                                                     .account = account})));
  auto insert = [&](const char* hash, Duration kept) {
    auto job = [&, hash, kept](store::Tx& tx) -> Result<bool> {
      TRY(store::insert_session_for_sign_in(tx.sql(), {.token_hash = hash,
                                                       .user_id = user.id,
                                                       .created_at = clock.wall(),
                                                       .expires_at = clock.wall() + kept}));
      return true;
    };
    REQUIRE(loop->run_until(store->write<bool>(job)));
  };
  insert("short", std::chrono::seconds(10));
  insert("long", std::chrono::hours(1));
  clock.advance(std::chrono::seconds(11));
  CHECK(gone() == 1);
  clock.advance(std::chrono::hours(2));
  CHECK(gone() == 1);
}

TEST_CASE_FIXTURE(HousekeepingFixture,
                  "old mail goes in slices with its room on the disk, mail that waits does not") {
  AccountId account = make_active_account("acme");
  std::string content = "Subject: x\r\n\r\n" + std::string(6000, 'x');
  auto waiting = accept(account, {"waits@x.example"}, content);
  int64_t many = limits::kHousekeepingSlice + 20;
  for (int64_t i = 0; i < many; ++i) accept(account, {"a@x.example", "b@x.example"}, content);
  auto finish = [&](MessageId except) {
    need(write([&](store::Tx& tx) -> Result<> {
      TRY(tx.sql().exec("UPDATE recipient SET state = 'delivered' WHERE message_id <> $1",
                        {except}));
      return {};
    }));
  };
  finish(waiting.id);
  auto put_in_inbox = [&] {
    need(write([&](store::Tx& tx) -> Result<> {
      store::InboxRow mail{.id = tx.new_id(), .received_at = tx.now()};
      mail.content = TRY(tx.put_content(content));
      store::InboundRow report{.id = tx.new_id(), .received_at = tx.now(), .kind = "bounce"};
      report.content = TRY(tx.put_content(content));
      TRY(store::insert_inbox(tx.sql(), account, mail));
      return store::insert_inbound(tx.sql(), account, report);
    }));
  };
  put_in_inbox();
  CHECK(gone() == 0);
  clock.advance(std::chrono::hours(24 * 31));
  put_in_inbox();
  auto kept_for_ever = loop->run_until(core::keep_house(
      *store, clock,
      {.retention = {.messages_days = 0, .inbox_days = 0, .inbound_days = 0}, .pause = {}}));
  CHECK(kept_for_ever.value() == 0);
  CHECK(gone() == 1);  // the sandbox's
  clock.advance(std::chrono::hours(24 * 60));
  auto young = accept(account, {"a@x.example"}, content);
  finish(waiting.id);
  // All but the one that waits, and the inbox's and inbound's older ones; what is left of the
  // segments moves together.
  CHECK(gone() >= many + 2);
  CHECK(gone() == 0);
  CHECK(recipients_of(waiting).size() == 1);
  CHECK(recipients_of(young).size() == 1);
  CHECK(need(store->read_content_now(waiting.content)) == content);
  auto sparse = need(read<std::vector<store::SparseSegment>>(
      [&](sql::Connection& c) { return store->content().sparse(c); }));
  CHECK(sparse.empty());
  // The outcomes were written by hand, without their counters.
  for (const store::Finding& finding : need(store::fsck(*store)))
    if (finding.kind != store::FindingKind::counter) FAIL_CHECK(finding.what);
  finish({});
  CHECK(gone() == 1);
}

}  // namespace
}  // namespace ph
