#include "core/metering.h"

#include <doctest/doctest.h>

#include "store/event.h"
#include "store/ledger.h"

namespace ph {
namespace {

using namespace ph::core;
using store::UsageDepth;
using store::UsageFacts;
using store::UseSource;

constexpr int64_t kDay = 86'400'000'000;

// What meter() asks for; its clock runs on at each look.
class RunningTx : public store::Tx {
 public:
  UsageFacts known;
  std::map<store::UseKey, int64_t> uses;
  WallTime at{1000 * kDay};
  Duration step = std::chrono::seconds(1);

  WallTime now() override { return at = at + step; }
  Result<const UsageFacts*> usage(AccountId, UsageDepth) override { return &known; }
  void use(const store::UseKey& key, int64_t n) override { uses[key] += n; }
  int64_t used(UseSource source) const {
    int64_t out = 0;
    for (const auto& [key, n] : uses)
      if (key.source == source) out += n;
    return out;
  }

  sql::Connection& sql() override { std::abort(); }
  sql::Connection& settled() override { std::abort(); }
  Result<store::SenderFacts> sender(const store::SenderKey&) override { return none(); }
  Result<int64_t> exec_undoable(store::Undoable) override { return none(); }
  Result<> insert(const sql::InsertInto&, sql::Params) override { return none(); }
  void count(const store::CounterAdd&) override {}
  Result<int64_t> counted(AccountId, const store::CounterRow&) override { return none(); }
  Result<int64_t> mails_to(AccountId, std::string_view) override { return none(); }
  void note_mail_to(AccountId, std::string_view, WallTime) override {}
  Result<> settle_usage(AccountId) override { return none(); }
  Result<store::ContentRef> put_content(std::string_view) override { return none(); }
  Result<> release_content(const store::ContentRef&) override { return none(); }
  Result<std::string> read_content(const store::ContentRef&) override { return none(); }
  Result<store::ContentRef> move_content(const store::ContentRef&) override { return none(); }
  void after_commit(std::move_only_function<void()>) override {}
  void when_undone(std::move_only_function<void()>) override {}
  int64_t new_id() override { return 1; }
  int64_t epoch(int32_t) override { return 1; }

 private:
  static std::unexpected<Error> none() { return fail(Errc::internal, "not asked for"); }
};

RunningTx customer() {
  RunningTx tx;
  tx.known.rest = true;
  tx.known.row.plan = store::Plan::customer;
  tx.known.row.post_paid = false;
  return tx;
}

}  // namespace

TEST_CASE("a package that ends while it is counted becomes no post-paid mail") {
  // Ends after so many looks at the clock.
  for (int looks = 1; looks < 6; ++looks) {
    CAPTURE(looks);
    RunningTx tx = customer();
    store::PackageRow package;
    package.id = PackageId(1);
    package.mails = 5;
    package.expires_at = tx.at + tx.step * looks;
    tx.known.packages = {package};
    bool counted = meter(tx, AccountId(1), 5).has_value();
    CHECK(tx.used(UseSource::post_paid) == 0);
    CHECK(tx.used(UseSource::package) == (counted ? 5 : 0));
  }
}

TEST_CASE("mails are of the day on which they were priced") {
  for (int looks = 1; looks < 6; ++looks) {
    CAPTURE(looks);
    RunningTx tx = customer();
    tx.known.row.post_paid = true;
    tx.known.row.balance = 1000;
    tx.known.prices = {{.from_day = 0, .tiers = "[{\"from\":0,\"price\":100}]"},
                       {.from_day = 1001, .tiers = "[{\"from\":0,\"price\":900}]"}};
    tx.at = WallTime{1001 * kDay} - tx.step * looks;
    if (!meter(tx, AccountId(1), 10)) continue;
    REQUIRE(tx.uses.size() == 1);
    CHECK(tx.uses.begin()->first.day == 1000);
  }
}

TEST_CASE("prices are not read while prepaid mails do") {
  RunningTx tx = customer();
  tx.known.row.post_paid = true;
  tx.known.row.free_granted = 3;
  store::PackageRow package;
  package.id = PackageId(1);
  package.mails = 5;
  package.expires_at = tx.at + std::chrono::hours(1);
  tx.known.packages = {package};
  tx.known.row.balance = 1'000'000;
  CHECK(mails_left(tx, AccountId(1), 8).value_or(0) == 8);
  CHECK(mails_left(tx, AccountId(1), 9).value_or(0) > 8);
}

}  // namespace ph
