#include "billing/keeper.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/log.h"
#include "billing/judge.h"
#include "core/event.h"
#include "core/transaction.h"
#include "store/event.h"
#include "store/setting.h"

namespace ph::billing {
namespace {

using core::look;
using core::transact;

constexpr Duration kSumEvery = std::chrono::hours(1);
constexpr int64_t kToldAtOnce = 100;

Outcome<> mark_told(store::Tx& tx, const store::PackageRow& row) {
  const char* why = row.left() <= 0 ? "used_up" : "expired";
  REFUSE_TRY(store::mark_package_told(tx.sql(), row));
  REFUSE_TRY(core::record_event(
      tx, {.account_id = row.account_id,
           .type = core::event::kPackageEnded,
           .data = fmt::format("{{\"package\":{},\"why\":\"{}\"}}", row.id.value, why)}));
  return {};
}

}  // namespace

net::Task<Outcome<>> Keeper::end_all_days() {
  auto settings = [](sql::Connection& sql) -> Outcome<std::string> {
    return REFUSE_TRY(store::settings_under(sql, "set."));
  };
  std::string now_set = CO_REFUSE_TRY(co_await look<std::string>(context_, std::move(settings)));
  bool all = now_set != settings_ || now_set.contains("billing.count_bounces");
  AccountId after;
  for (;;) {
    using Ids = std::vector<AccountId>;
    auto find = [after, all, now = context_.clock.wall()](sql::Connection& sql) -> Outcome<Ids> {
      return REFUSE_TRY(store::accounts_to_look_at_for_operator(
          sql, after, now, all ? store::LookAt::all : store::LookAt::due));
    };
    Ids ids = CO_REFUSE_TRY(co_await look<Ids>(context_, std::move(find)));
    for (AccountId id : ids) {
      auto job = [id](store::Tx& tx) { return end_days(tx, id); };
      DayNews news = CO_REFUSE_TRY(
          co_await transact<DayNews>(context_, std::move(job), core::Changes::mail));
      if (news.standing && tidings_.standing) co_await tidings_.standing(id, news);
    }
    if (ids.size() < static_cast<size_t>(limits::kBillingSlice)) break;
    after = ids.back();
  }
  settings_ = std::move(now_set);
  co_return Outcome<>{};
}

net::Task<Outcome<>> Keeper::judge_all_domains() {
  DomainId after;
  for (;;) {
    using Domains = std::vector<store::ActiveDomain>;
    bool more = false;
    WallTime now = context_.clock.wall();
    auto find = [&after, &more, now](sql::Connection& sql) -> Outcome<Domains> {
      auto rows = REFUSE_TRY(store::active_domains_for_operator(
          sql, store::day_of(now) - 1, after, limits::kBillingSlice));
      more = rows.size() == static_cast<size_t>(limits::kBillingSlice);
      if (more) after = rows.back().domain_id;
      Domains out;
      for (store::ActiveDomain& row : rows)
        if (REFUSE_TRY(wants_judgement(sql, row, now))) out.push_back(std::move(row));
      return out;
    };
    Domains domains = CO_REFUSE_TRY(co_await look<Domains>(context_, std::move(find)));
    for (const store::ActiveDomain& domain : domains) {
      using News = std::optional<LevelNews>;
      auto job = [domain](store::Tx& tx) { return judge_domain(tx, domain); };
      News news = CO_REFUSE_TRY(
          co_await transact<News>(context_, std::move(job), core::Changes::mail));
      if (news && tidings_.level) co_await tidings_.level(*news);
    }
    if (!more) break;
  }
  co_return Outcome<>{};
}

net::Task<Outcome<>> Keeper::tell_ended_packages() {
  using Rows = std::vector<store::PackageRow>;
  auto find = [now = context_.clock.wall()](sql::Connection& sql) -> Outcome<Rows> {
    return REFUSE_TRY(store::packages_to_tell_for_operator(sql, now, kToldAtOnce));
  };
  Rows rows = CO_REFUSE_TRY(co_await look<Rows>(context_, std::move(find)));
  for (const store::PackageRow& row : rows) {
    auto job = [row](store::Tx& tx) { return mark_told(tx, row); };
    CO_REFUSE_TRY(co_await transact<void>(context_, std::move(job), core::Changes::mail));
    if (tidings_.package_ended) co_await tidings_.package_ended(row.account_id, row);
  }
  co_return Outcome<>{};
}

// Those of a day that both its accepts and its bill have left behind.
net::Task<Outcome<>> Keeper::sum_movements() {
  MonoTime now = context_.clock.mono();
  if (now < sum_at_) co_return Outcome<>{};
  sum_at_ = now + kSumEvery;
  WallTime before = context_.clock.wall() - limits::kMovementsKept;
  auto job = [before](store::Tx& tx) -> Outcome<> {
    REFUSE_TRY(store::sum_movements_for_operator(tx, before - limits::kMovementsKept, before));
    REFUSE_TRY(store::purge_provider_blocks_for_operator(tx.sql(), tx.now()));
    return {};
  };
  co_return co_await transact<void>(context_, std::move(job), core::Changes::mail);
}

net::Task<Outcome<>> Keeper::turn() {
  CO_REFUSE_TRY(co_await end_all_days());
  CO_REFUSE_TRY(co_await judge_all_domains());
  CO_REFUSE_TRY(co_await tell_ended_packages());
  co_return co_await sum_movements();
}

net::Task<> Keeper::run(std::shared_ptr<Keeper> self) {
  for (;;) {
    core::Context& context = self->context_;
    if (context.store.leases().epoch(0, context.clock.mono()) != 0) {
      auto done = co_await self->turn();
      if (!done) log::warn("days and levels wait", {{"detail", done.error().detail}});
    }
    co_await net::sleep_for(limits::kBillingLook);
  }
}

}  // namespace ph::billing
