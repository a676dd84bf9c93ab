// Purpose: accounts that send and pay, over either engine, with a clock that the test sets.
#pragma once

#include "billing/bill_days.h"
#include "billing/billing.h"
#include "billing/keeper.h"
#include "core/core_fixture_test.h"
#include "core/settings.h"
#include "core/transaction.h"
#include "store/fsck.h"
#include "store/usage.h"

namespace ph::billing_test {

using namespace ph::billing;
using core_test::granted;
using core_test::refusal;
using sql_test::each_engine;
using store_test::need;

inline constexpr int64_t kDay = 86'400'000'000;

struct BillingFixture : core_test::CoreFixture {
  explicit BillingFixture(sql::Engine which = sql::Engine::sqlite) : CoreFixture(which) {
    set("billing.day_offset_minutes", "0");
  }

  void set(const std::string& name, const std::string& value) {
    auto job = [&](store::Tx& tx) {
      return core::put_setting(tx, context, boss, {.account = {}, .name = name, .value = value});
    };
    now(core::transact<void>(context, std::move(job)));
  }
  // An account that may send, with so many free mails.
  AccountId customer(const std::string& name, int64_t free) {
    set("billing.free_mails", std::to_string(free));
    AccountId id = sending_account(name, "m." + name + ".example");
    now(billing.set_plan(boss, id, {.plan = store::Plan::customer, .post_paid = false}));
    set("quota.mode", "fixed");
    set("quota.per_mailbox_hour", "0");
    set("quota.requests_per_second", "0");
    look();
    return id;
  }
  std::string send(AccountId id, const std::string& name, int64_t recipients = 1) {
    std::vector<std::string> to;
    for (int64_t i = 0; i < recipients; ++i)
      to.push_back("r" + std::to_string(i) + "@there.example");
    return refusal(run(sender.send(fields(owner(id), "a@m." + name + ".example", to))));
  }
  BillingView view(AccountId id) { return now(billing.view(boss, id)); }
  void pay(AccountId id, int64_t amount, const std::string& reference) {
    now(billing.pay(boss, id, {.amount = amount, .reference = reference, .note = ""}));
  }
  PackageId grant(AccountId id, int64_t mails, int64_t days) {
    return now(billing.grant(boss, id, {.name = "gift", .mails = mails, .days = days})).id;
  }
  // What the keeper does.
  void look() {
    Keeper keeper(context, {});
    now(keeper.turn());
  }
  void sound() {
    for (const store::Finding& finding : need(store::fsck(*store))) FAIL_CHECK(finding.what);
  }
  int64_t used(AccountId id, store::UseSource source) {
    using Rows = std::vector<store::UsageDayRow>;
    int64_t out = 0;
    for (const auto& row : need(read<Rows>([&](sql::Connection& c) {
           return store::usage_days(c, id, 0, INT64_MAX / 2);
         })))
      if (row.source == source) out += row.n;
    return out;
  }

  Billing billing{context};
};

}  // namespace ph::billing_test
