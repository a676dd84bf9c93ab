#include "base/id_source.h"
#include "base/limits.h"
#include "billing/billing_fixture_test.h"
#include "billing/day.h"
#include "core/metering.h"
#include "core/provider_block.h"

using namespace ph;
using namespace ph::billing_test;
using store::UseSource;

TEST_CASE("free mails go first, then packages by earliest expiry, then post-paid") {
  each_engine([](sql::Engine engine) {
    BillingFixture f(engine);
    AccountId id = f.customer("acme", 2);
    PackageId late = f.grant(id, 2, 20), soon = f.grant(id, 2, 10);
    f.pay(id, 2 * 1900, "p1");
    f.now(f.billing.set_post_paid(f.boss, id, true));
    auto left = [&](PackageId which) {
      for (const auto& row : f.view(id).packages)
        if (row.id == which) return row.left();
      return int64_t{-1};
    };
    CHECK(f.view(id).state.next == NextSource::free);
    CHECK(f.send(id, "acme", 3) == "granted");
    CHECK(f.view(id).state.facts.free_left() == 0);
    CHECK((left(soon) == 1 && left(late) == 2));
    CHECK(f.send(id, "acme", 2) == "granted");
    CHECK((left(soon) == 0 && left(late) == 1));
    CHECK(f.send(id, "acme", 2) == "granted");
    CHECK(f.view(id).state.next == NextSource::post_paid);
    CHECK(f.view(id).today_amount == 1900);
    CHECK(f.send(id, "acme", 2) == "allowance_exhausted");
    CHECK(f.send(id, "acme") == "granted");
    CHECK(f.send(id, "acme") == "allowance_exhausted");
    CHECK(f.view(id).state.standing == Standing::exhausted);
    CHECK(f.used(id, UseSource::free) == 2);
    CHECK(f.used(id, UseSource::package) == 4);
    CHECK(f.used(id, UseSource::post_paid) == 2);
    f.sound();
  });
}

TEST_CASE("a package that has expired is not used, and one that is bought is paid at once") {
  BillingFixture f;
  AccountId id = f.customer("acme", 0);
  f.grant(id, 5, 1);
  f.clock.advance(std::chrono::hours(24));
  CHECK(f.send(id, "acme") == "allowance_exhausted");
  NewOffer small{.name = "small", .mails = 3, .price = 500, .days = 30};
  OfferId offer = f.now(f.billing.add_offer(f.boss, small)).id;
  core::Actor owner = f.owner(id);
  CHECK(refusal(f.run(f.billing.buy(owner, {}, offer, {}))) == "arrears");
  f.pay(id, 1200, "p1");
  core::Idempotency once{.key = "k", .body_hash = std::string(32, 'h')};
  PackageId bought = f.now(f.billing.buy(owner, {}, offer, once)).id;
  CHECK(f.now(f.billing.buy(owner, {}, offer, once)).id == bought);
  CHECK(f.view(id).state.facts.row.balance == 700);
  once.body_hash = std::string(32, 'x');
  CHECK(refusal(f.run(f.billing.buy(owner, {}, offer, once))) ==
        "idempotency_mismatch Idempotency-Key");
  CHECK(f.send(id, "acme", 3) == "granted");
  CHECK(f.send(id, "acme") == "allowance_exhausted");
  f.now(f.billing.set_on_sale(f.boss, offer, false));
  CHECK(refusal(f.run(f.billing.buy(owner, {}, offer, {}))) == "not_found offer");
  f.look();
  f.sound();
}

TEST_CASE("activation grants the free mails once, whatever comes after") {
  BillingFixture f;
  f.set("billing.free_mails", "7");
  AccountId id = f.now(f.accounts.create(f.boss, "acme")).id;
  CHECK(f.view(id).state.facts.row.free_granted == 0);
  f.now(f.accounts.activate(f.boss, id));
  f.now(f.accounts.activate(f.boss, id));
  CHECK(f.view(id).state.facts.row.free_granted == 7);
}

TEST_CASE("an account in house sends on when its free mails are used, at no price") {
  BillingFixture f;
  f.set("billing.free_mails", "1");
  AccountId id = f.sending_account("acme", "m.acme.example");
  CHECK(f.send(id, "acme", 3) == "granted");
  CHECK(f.used(id, UseSource::free) == 1);
  CHECK(f.used(id, UseSource::post_paid) == 2);
  CHECK(f.view(id).today_amount == 0);
  f.clock.advance(std::chrono::hours(48));
  f.look();
  CHECK(f.now(f.billing.bills(f.boss, id, {})).empty());
  CHECK(f.view(id).state.standing == Standing::good);
  f.sound();
}

TEST_CASE("a change of the plan prices no mail anew") {
  each_engine([](sql::Engine engine) {
    BillingFixture f(engine);
    f.set("billing.free_mails", "0");
    AccountId id = f.sending_account("acme", "m.acme.example");
    f.set("quota.mode", "fixed");
    f.set("quota.per_mailbox_hour", "0");
    auto plan = [&](store::Plan which, std::optional<bool> post_paid) {
      f.now(f.billing.set_plan(
          f.boss, id, {.plan = which, .credit_limit = 1'000'000, .post_paid = post_paid}));
    };
    CHECK(f.send(id, "acme", 3) == "granted");
    plan(store::Plan::customer, std::nullopt);
    CHECK(core::unbilled(f.view(id).state.facts) == 0);
    // He has not switched it on.
    CHECK_FALSE(f.view(id).state.facts.row.post_paid);
    CHECK(f.send(id, "acme") == "allowance_exhausted");
    plan(store::Plan::customer, true);
    CHECK(f.send(id, "acme", 2) == "granted");
    plan(store::Plan::in_house, std::nullopt);
    CHECK(f.view(id).state.facts.row.balance == -2 * 1900);
    CHECK(f.send(id, "acme", 4) == "granted");
    plan(store::Plan::customer, true);
    CHECK(f.send(id, "acme", 1) == "granted");
    f.clock.advance(std::chrono::hours(24 * 9));
    f.look();
    CHECK(f.view(id).state.facts.row.balance == -3 * 1900);
    CHECK(f.used(id, UseSource::post_paid) == 10);
    f.sound();
  });
}

TEST_CASE("a clock that is a year ahead for one look moves no day") {
  BillingFixture f;
  AccountId id = f.customer("acme", 0);
  f.now(f.billing.set_plan(
      f.boss, id, {.plan = store::Plan::customer, .credit_limit = 1'000'000, .post_paid = true}));
  WallTime real = f.clock.wall();
  CHECK(f.send(id, "acme", 2) == "granted");
  f.clock.set_wall(real + std::chrono::hours(24 * 365));
  f.look();
  f.clock.set_wall(real + std::chrono::hours(24 * 2));
  CHECK(f.send(id, "acme", 1) == "granted");
  f.clock.set_wall(real + std::chrono::hours(24 * 3));
  f.look();
  CHECK(f.now(f.billing.bills(f.boss, id, {})).size() == 2);
  CHECK(f.view(id).state.facts.row.balance == -3 * 1900);
  f.sound();
}

TEST_CASE("an account that cannot be read keeps nobody else from his bill") {
  BillingFixture f;
  AccountId broken = f.customer("one", 0), id = f.customer("two", 0);
  f.now(f.billing.set_plan(
      f.boss, id, {.plan = store::Plan::customer, .credit_limit = 1'000'000, .post_paid = true}));
  f.grant(id, 1, 1);
  CHECK(f.send(id, "two", 2) == "granted");
  auto set_plan = [&](const char* plan) {
    need(f.write([&](store::Tx& tx) -> Result<> {
      TRY(tx.sql().exec("UPDATE account SET plan = $2 WHERE id = $1", {broken, plan}));
      return {};
    }));
  };
  set_plan("unknown");
  f.clock.advance(std::chrono::hours(48));
  Keeper keeper(f.context, {});
  CHECK_FALSE(f.run(keeper.turn()).has_value());
  CHECK(f.now(f.billing.bills(f.boss, id, {})).size() == 1);
  CHECK(f.view(id).packages[0].told);
  set_plan("customer");
  CHECK(f.run(keeper.turn()).has_value());
}

TEST_CASE("accounts for which nothing is due are not written") {
  BillingFixture f;
  AccountId id = f.customer("acme", 5);
  CHECK(f.send(id, "acme", 5) == "granted");
  f.look();
  auto wants = [&] {
    return need(f.read<bool>(
        [&](sql::Connection& c) { return wants_look(c, id, f.clock.wall()); }));
  };
  CHECK(f.view(id).state.facts.row.told == "exhausted");
  CHECK_FALSE(wants());
  f.set("billing.count_bounces", "false");
  CHECK(wants());
  f.look();
  CHECK_FALSE(wants());
  f.grant(id, 100, 10);
  CHECK(wants());
}

TEST_CASE("a provider that limits us is left alone until then, and nothing is asked after") {
  BillingFixture f;
  AccountId id = f.customer("acme", 100);
  auto note = [&](const char* provider) {
    need(f.write([&](store::Tx& tx) {
      return core::note_provider_limit(tx, {.account = id, .provider = provider, .reply = "slow"});
    }));
  };
  note("there.example");
  note("other.example");
  CHECK(f.send(id, "acme") == "provider_blocked to[0]");
  store::SenderKey key{.account = id, .domain = {}, .address = {}};
  auto pauses = [&] {
    return need(f.read<size_t>([&](sql::Connection& c) -> Result<size_t> {
      return TRY(store::sender_facts(c, key, f.clock.wall())).pauses.size();
    }));
  };
  CHECK(pauses() == 2);
  f.clock.advance(std::chrono::minutes(11));
  CHECK(pauses() == 0);
  CHECK(f.send(id, "acme") == "granted");
}

TEST_CASE("who cannot send buys no package") {
  BillingFixture f;
  AccountId id = f.customer("acme", 0);
  NewOffer small{.name = "small", .mails = 3, .price = 500, .days = 30};
  OfferId offer = f.now(f.billing.add_offer(f.boss, small)).id;
  f.pay(id, 1000, "p1");
  auto buy = [&](store::AccountState state) {
    need(f.write([&](store::Tx& tx) {
      return store::set_account_state(tx.sql(), id, state, tx.now());
    }));
    return refusal(f.run(f.billing.buy(f.boss, id, offer, {})));
  };
  CHECK(buy(store::AccountState::suspended) == "account_suspended");
  CHECK(buy(store::AccountState::created) == "account_not_activated");
  CHECK(f.view(id).state.facts.row.balance == 1000);
  CHECK(buy(store::AccountState::active) == "granted");
}

TEST_CASE("old movements become one a day, a few at a time, and sums stay") {
  each_engine([](sql::Engine engine) {
    BillingFixture f(engine);
    AccountId id = f.customer("acme", 100), other = f.customer("other", 100);
    for (int i = 0; i < 7; ++i) CHECK(f.send(id, "acme") == "granted");
    for (int i = 0; i < 3; ++i) CHECK(f.send(other, "other") == "granted");
    auto movements = [&](AccountId of) {
      using Rows = std::vector<store::UsageMovementRow>;
      return need(f.read<Rows>([&](sql::Connection& c) {
        return store::usage_movements(c, of, {.limit = 100});
      }));
    };
    CHECK(movements(id).size() == 7);
    f.clock.advance(std::chrono::hours(24 * 4));
    CHECK(f.send(id, "acme") == "granted");
    store::MovementWalk walk{.high = id_floor(f.clock.wall() - std::chrono::hours(48))};
    int steps = 0;
    for (; !walk.done && steps < 20; ++steps)
      walk = need(f.write<store::MovementWalk>([&](store::Tx& tx) {
        return store::sum_movements_for_operator(tx, walk, 2);
      }));
    CHECK(steps > 5);
    CHECK(walk.gone == 6 + 2);
    CHECK(movements(id).size() == 2);
    CHECK(movements(id)[1].n == 7);
    CHECK(movements(other).size() == 1);
    f.look();
    CHECK(movements(id).size() == 2);
    f.sound();
  });
}

TEST_CASE("a repeated request is counted once") {
  BillingFixture f;
  AccountId id = f.customer("acme", 5);
  for (int i = 0; i < 3; ++i) {
    core::SendRequest request = f.fields(f.owner(id), "a@m.acme.example", {"x@there.example"});
    request.idempotency = {.key = "once", .body_hash = std::string(32, 'h')};
    granted(f.run(f.sender.send(std::move(request))));
  }
  CHECK(f.used(id, UseSource::free) == 1);
  f.sound();
}

TEST_CASE("a day is billed once, when it has ended by the account's own midnight") {
  each_engine([](sql::Engine engine) {
    BillingFixture f(engine);
    f.set("billing.day_offset_minutes", "480");
    AccountId id = f.customer("acme", 0);
    f.now(f.billing.set_plan(
        f.boss, id,
        {.plan = store::Plan::customer, .credit_limit = 1'000'000, .post_paid = true}));
    // 15:59 UTC is 23:59 of China's day.
    int64_t utc = f.clock.wall().micros / kDay + 1;
    f.clock.set_wall({utc * kDay + kDay / 24 * 16 - 60'000'000});
    CHECK(f.send(id, "acme", 3) == "granted");
    f.look();
    CHECK(f.now(f.billing.bills(f.boss, id, {})).empty());
    f.clock.advance(std::chrono::minutes(1));
    CHECK(f.send(id, "acme", 2) == "granted");
    f.look();
    f.look();
    auto bills = f.now(f.billing.bills(f.boss, id, {}));
    REQUIRE(bills.size() == 1);
    CHECK((bills[0].day == utc && bills[0].mails == 3 && bills[0].amount == 5700));
    CHECK(f.view(id).state.facts.row.balance == -5700);
    CHECK(core::unbilled(f.view(id).state.facts) == 3800);
    // A clock that goes back does not reopen the day.
    f.clock.set_wall({utc * kDay});
    CHECK(f.send(id, "acme", 1) == "granted");
    f.clock.set_wall({(utc + 2) * kDay});
    f.look();
    bills = f.now(f.billing.bills(f.boss, id, {}));
    REQUIRE(bills.size() == 2);
    CHECK((bills[0].day == utc + 1 && bills[0].mails == 3));
    f.sound();
  });
}

TEST_CASE("a debt stops sending after its grace, and a top-up lets it go on") {
  BillingFixture f;
  AccountId id = f.customer("acme", 0);
  f.now(f.billing.set_plan(
      f.boss, id, {.plan = store::Plan::customer, .credit_limit = 19'000, .post_paid = true}));
  CHECK(f.send(id, "acme", 4) == "granted");
  f.clock.set_wall({(f.clock.wall().micros / kDay + 1) * kDay});
  f.look();
  CHECK(f.view(id).state.standing == Standing::grace);
  CHECK(f.send(id, "acme") == "granted");
  f.clock.advance(std::chrono::hours(24));
  CHECK(f.view(id).state.standing == Standing::arrears);
  CHECK(f.send(id, "acme") == "arrears");
  f.pay(id, 100, "too little");
  CHECK(f.send(id, "acme") == "arrears");
  f.look();
  f.pay(id, 20'000, "enough");
  CHECK(f.send(id, "acme") == "granted");
  CHECK(f.view(id).state.facts.row.debt_since == WallTime{});
  f.sound();
}

TEST_CASE("a payment's reference counts once, with its amount") {
  BillingFixture f;
  AccountId id = f.customer("acme", 0);
  f.pay(id, 100, "r");
  f.pay(id, 100, "r");
  CHECK(f.view(id).state.facts.row.balance == 100);
  auto again = f.run(f.billing.pay(f.boss, id, {.amount = 101, .reference = "r", .note = ""}));
  CHECK(refusal(again) == "conflict reference");
  for (int64_t amount : {int64_t{0}, limits::kMoneyMost + 1, -limits::kMoneyMost - 1})
    CHECK(refusal(f.run(f.billing.pay(f.boss, id, {.amount = amount, .reference = "x"}))) ==
          "invalid_field amount");
  CHECK(refusal(f.run(f.billing.pay(f.owner(id), id, {.amount = 1, .reference = "x"}))) ==
        "forbidden");
  f.sound();
}

TEST_CASE("bounces are given back where they do not count") {
  BillingFixture f;
  AccountId id = f.customer("acme", 5);
  f.set("billing.count_bounces", "false");
  f.look();
  CHECK(f.send(id, "acme", 5) == "granted");
  need(f.write([&](store::Tx& tx) -> Result<> {
    tx.count({.account_id = id,
              .day = store::day_of(tx.now()),
              .domain_id = DomainId(9),
              .kind = "bounced",
              .n = 2});
    return {};
  }));
  f.look();
  f.look();
  CHECK(f.view(id).state.facts.free_left() == 2);
  f.set("billing.count_bounces", "true");
  f.look();
  CHECK(f.view(id).state.facts.free_left() == 2);
}

TEST_CASE("a price begins on a day that has begun nowhere, and changes no other") {
  BillingFixture f;
  int64_t today = f.clock.wall().micros / kDay;
  auto add = [&](int64_t day) {
    return refusal(f.run(f.billing.add_price(f.boss, {.from_day = day, .tiers = {{0, 7}}})));
  };
  CHECK(add(today) == "invalid_field from");
  CHECK(add(today + 1) == "invalid_field from");
  CHECK(add(today + 2) == "granted");
  CHECK(add(today + 2) == "conflict from");
  CHECK(f.now(f.billing.prices(f.boss)).size() == 2);
}

TEST_CASE("days are read as they are written, and nothing else is one") {
  CHECK(day_text(20'000) == "2024-10-04");
  CHECK(read_day("2024-10-04", "from").value_or(0) == 20'000);
  for (const char* text : {"", "2024-10-4", "2024-02-30", "04.10.2024", "2024-10-04T00:00:00Z",
                           "1969-12-31", "xxxx-xx-xx"})
    CHECK(refusal(read_day(text, "from")) == "invalid_field from");
}
