#include "billing/reputation.h"

#include "base/limits.h"
#include "billing/billing_fixture_test.h"

using namespace ph;
using namespace ph::billing_test;

namespace {

struct Fixture : BillingFixture {
  Fixture() {
    account = customer("acme", 100'000);
    set("quota.mode", "levels");
    domain = need(read<DomainId>([&](sql::Connection& c) -> Result<DomainId> {
      return TRY(store::domain_by_name(c, account, kName)).id;
    }));
    // The middle of a day.
    clock.set_wall({(clock.wall().micros / kDay + 1) * kDay + kDay / 2});
  }
  void count(const char* kind, int64_t n) {
    need(write([&](store::Tx& tx) -> Result<> {
      tx.count({.account_id = account,
                .day = store::day_of(tx.now()),
                .domain_id = domain,
                .kind = kind,
                .n = n});
      return {};
    }));
  }
  void next_day() { clock.advance(std::chrono::hours(24)); }
  DomainQuota quota() {
    auto view = now(reputation.view(boss, account));
    REQUIRE(view.domains.size() == 1);
    return view.domains[0];
  }
  int64_t level() { return quota().level; }

  static constexpr const char* kName = "m.acme.example";
  Reputation reputation{context};
  AccountId account;
  DomainId domain;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a domain begins at the first level and rises one a day at most") {
  count("delivered", 1);
  look();
  CHECK(level() == 1);
  CHECK(quota().limit == 500);
  count("delivered", 400);
  look();
  CHECK(level() == 2);
  CHECK(quota().limit == 1000);
  count("delivered", 5000);
  look();
  CHECK(level() == 2);
  next_day();
  count("delivered", 700);
  look();
  CHECK(level() == 3);
  CHECK(quota().history.size() == 2);
}

TEST_CASE_FIXTURE(Fixture, "without a bound it rises as often as it earns it") {
  set("quota.levels_a_day", "0");
  count("delivered", 20'000);
  for (int i = 0; i < 30; ++i) look();
  // 20,000 are 70 % of the quotas up to level 6.
  CHECK(level() == 7);
}

TEST_CASE_FIXTURE(Fixture, "a bad day is a level less from the next day on, down to none at all") {
  set("quota.first_level", "2");
  count("delivered", 300);
  count("bounced", 200);
  look();
  CHECK(level() == 2);
  next_day();
  count("accepted", 1);
  look();
  CHECK(level() == 1);
  count("bounced", 400);
  next_day();
  count("accepted", 1);
  look();
  CHECK(level() == 0);
  CHECK(send(account, "acme") == "domain_blocked from");
  CHECK(now(reputation.ask_unblock(owner(account), {}, kName, "cleaned the list")) == 2);
  now(reputation.unblock(boss, account, kName));
  CHECK(level() == 1);
  CHECK(send(account, "acme") == "granted");
}

TEST_CASE_FIXTURE(Fixture, "too many invalid addresses block the domain until the day ends") {
  count("delivered", 300);
  count("bounced", 60);
  count("invalid", 60);
  look();
  CHECK(quota().blocked_why == "invalid addresses 16.66 %");
  CHECK(send(account, "acme") == "domain_blocked from");
  next_day();
  CHECK(send(account, "acme") == "granted");
}

TEST_CASE_FIXTURE(Fixture, "a block that the operator lifts does not come back the same day") {
  count("bounced", 400);
  count("invalid", 400);
  look();
  CHECK(send(account, "acme") == "domain_blocked from");
  now(reputation.unblock(boss, account, kName));
  look();
  CHECK(send(account, "acme") == "granted");
}

TEST_CASE_FIXTURE(Fixture, "an account asks three times in all, for a domain that is blocked") {
  auto ask = [&] {
    return refusal(run(reputation.ask_unblock(owner(account), {}, kName, "please")));
  };
  CHECK(ask() == "conflict domain");
  now(reputation.set_level(boss, account, kName, 0));
  for (int i = 0; i < 3; ++i) CHECK(ask() == "granted");
  CHECK(ask() == "conflict");
  auto wrong = [&](const std::string& domain, const std::string& why) {
    return refusal(run(reputation.ask_unblock(owner(account), {}, domain, why)));
  };
  CHECK(wrong("other.example", "please") == "not_found domain");
  CHECK(wrong(kName, " ") == "missing_field why");
  CHECK(wrong(kName, std::string(limits::kUnblockReason + 1, 'x')) == "invalid_field why");
}

TEST_CASE_FIXTURE(Fixture, "the day's quota of a level is what the domain may send") {
  set("quota.level_volumes", "3,5");
  look();
  CHECK(send(account, "acme", 3) == "granted");
  CHECK(send(account, "acme") == "daily_limit");
  next_day();
  CHECK(send(account, "acme", 3) == "granted");
}

TEST_CASE_FIXTURE(Fixture, "a domain that is deleted and comes back has sent what it sent") {
  set("quota.level_volumes", "3,5");
  look();
  CHECK(send(account, "acme", 3) == "granted");
  count("bounced", 400);
  count("invalid", 400);
  core::Actor who = owner(account);
  now(addresses.remove(who, {}, "a@m.acme.example"));
  now(domains.remove(who, {}, kName));
  // Its other records stand in the zone still.
  for (const auto& record : now(domains.create(who, {}, kName)).check.records)
    if (record.check == "dkim") zone.add_txt(record.host, record.expected);
  now(domains.verify(who, {}, kName));
  now(addresses.create(who, {.email = "a@m.acme.example", .display_name = "A"}));
  CHECK(quota().today.accepted == 3);
  CHECK(quota().today.invalid == 400);
  CHECK(send(account, "acme") == "daily_limit");
  look();
  CHECK(send(account, "acme") == "domain_blocked from");
}

TEST_CASE_FIXTURE(Fixture, "a quiet domain follows the plan and the settings") {
  now(reputation.set_level(boss, account, kName, 0));
  next_day();
  next_day();
  next_day();
  look();
  CHECK(send(account, "acme") == "domain_blocked from");
  now(billing.set_plan(boss, account, {.plan = store::Plan::in_house}));
  CHECK(send(account, "acme") == "granted");
  now(billing.set_plan(boss, account, {.plan = store::Plan::customer}));
  CHECK(send(account, "acme") == "domain_blocked from");
  next_day();
  next_day();
  next_day();
  set("quota.mode", "fixed");
  look();
  CHECK(send(account, "acme") == "granted");
}

TEST_CASE_FIXTURE(Fixture, "a block ends where there are no levels any more") {
  count("bounced", 400);
  count("invalid", 400);
  look();
  CHECK(send(account, "acme") == "domain_blocked from");
  now(billing.set_plan(boss, account, {.plan = store::Plan::in_house}));
  CHECK(send(account, "acme") == "granted");
}

TEST_CASE_FIXTURE(Fixture, "a level that is set where there are none limits nothing") {
  set("quota.mode", "fixed");
  look();
  now(reputation.set_level(boss, account, kName, 0));
  CHECK(send(account, "acme") == "granted");
  now(reputation.unblock(boss, account, kName));
  CHECK(send(account, "acme") == "granted");
  // And where there are, an unblocked domain has its level's quota at once.
  set("quota.mode", "levels");
  set("quota.level_volumes", "2,5");
  now(reputation.unblock(boss, account, kName));
  CHECK(send(account, "acme", 3) == "daily_limit");
}

TEST_CASE_FIXTURE(Fixture, "a clock that steps back over midnight gives no second rise") {
  count("delivered", 5000);
  look();
  CHECK(level() == 2);
  WallTime today = clock.wall();
  clock.set_wall(today - std::chrono::hours(24));
  count("delivered", 5000);
  look();
  CHECK(level() == 2);
  clock.set_wall(today);
  look();
  CHECK(level() == 2);
}

TEST_CASE_FIXTURE(Fixture, "a clock that was a year ahead keeps no day from being judged") {
  WallTime today = clock.wall();
  count("delivered", 1);
  clock.set_wall(today + std::chrono::hours(24 * 365));
  count("delivered", 1);
  look();
  clock.set_wall(today);
  look();
  count("bounced", 400);
  next_day();
  count("accepted", 1);
  look();
  CHECK(level() == 0);
}

TEST_CASE_FIXTURE(Fixture, "with a fixed mode, and in house, there are no levels") {
  count("bounced", 400);
  count("invalid", 400);
  set("quota.mode", "fixed");
  look();
  CHECK_FALSE(quota().levels);
  CHECK_FALSE(quota().limit.has_value());
  set("quota.mode", "levels");
  now(billing.set_plan(boss, account, {.plan = store::Plan::in_house}));
  look();
  CHECK_FALSE(quota().levels);
  CHECK(send(account, "acme") == "granted");
}
