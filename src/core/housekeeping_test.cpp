#include "core/housekeeping.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "core/context_fixture_test.h"
#include "core/user.h"
#include "store/idempotency.h"
#include "store/user.h"

namespace ph {
namespace {

struct HousekeepingFixture : core_test::ContextFixture {
  void keep_answers(AccountId account, const std::string& name, int64_t count) {
    auto job = [&](store::Tx& tx) -> Result<int64_t> {
      for (int64_t i = 0; i < count; ++i) {
        store::IdempotencyRow row{.idem_key = name + std::to_string(i),
                                  .body_hash = "h",
                                  .status = 202,
                                  .answer = "1",
                                  .created_at = clock.wall()};
        TRY(store::take_idempotency_key(tx.sql(), account, row, WallTime{}));
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

}  // namespace
}  // namespace ph
