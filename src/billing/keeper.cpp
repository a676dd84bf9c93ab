#include "billing/keeper.h"

#include <fmt/format.h>

#include "base/id_source.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"
#include "billing/judge.h"
#include "core/event.h"
#include "core/transaction.h"
#include "store/event.h"
#include "store/setting.h"

namespace ph::billing {
namespace {

using core::look;
using core::transact;

constexpr Duration kPurgeEvery = std::chrono::hours(1);
constexpr int64_t kDayMicros = 86'400'000'000;
constexpr int64_t kEarlierKept = 8;  // days that a level may be judged by
constexpr std::string_view kSummed = "billing.movements_summed";
constexpr int64_t kSumRows = 2000;
constexpr int kSumSteps = 100;  // of one look
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

// What one account or domain meets is not the others': they have their turn.
void Keeper::note(const core::Refusal& why, std::string_view part) {
  log::warn("days and levels wait", {{"part", part}, {"detail", why.detail}});
  if (!failed_) failed_ = why;
}

net::Task<Outcome<>> Keeper::end_all_days() {
  auto settings = [](sql::Connection& sql) -> Outcome<std::string> {
    return REFUSE_TRY(store::settings_under(sql, "set."));
  };
  std::string now_set = CO_REFUSE_TRY(co_await look<std::string>(context_, std::move(settings)));
  WallTime now = context_.clock.wall();
  int64_t day = store::day_of(now);
  auto which = now_set != settings_ || day != all_day_ ? store::LookAt::all : store::LookAt::due;
  AccountId after;
  for (bool more = true; more;) {
    using Ids = std::vector<AccountId>;
    auto find = [&after, &more, which, now](sql::Connection& sql) -> Outcome<Ids> {
      Ids ids = REFUSE_TRY(store::accounts_to_look_at_for_operator(sql, after, now, which));
      more = ids.size() == static_cast<size_t>(limits::kBillingSlice);
      if (more) after = ids.back();
      // One that cannot be read says why where it is written.
      std::erase_if(ids, [&](AccountId id) { return !wants_look(sql, id, now).value_or(true); });
      return ids;
    };
    Ids ids = CO_REFUSE_TRY(co_await look<Ids>(context_, std::move(find)));
    for (AccountId id : ids) co_await end_days_of(id);
  }
  settings_ = std::move(now_set);
  all_day_ = day;
  co_return Outcome<>{};
}

net::Task<> Keeper::end_days_of(AccountId id) {
  auto job = [id](store::Tx& tx) { return end_days(tx, id); };
  auto news = co_await transact<DayNews>(context_, std::move(job), core::Changes::mail);
  if (!news) note(news.error(), "an account's day");
  else if (news->standing && tidings_.standing) co_await tidings_.standing(id, *news);
}

net::Task<Outcome<>> Keeper::judge_all_domains() {
  DomainId after;
  for (bool more = true; more;) {
    using Domains = std::vector<store::ActiveDomain>;
    WallTime now = context_.clock.wall();
    auto find = [&after, &more, now](sql::Connection& sql) -> Outcome<Domains> {
      auto rows = REFUSE_TRY(store::active_domains_for_operator(
          sql, store::day_of(now) - 1, after, limits::kBillingSlice));
      more = rows.size() == static_cast<size_t>(limits::kBillingSlice);
      if (more) after = rows.back().domain_id;
      std::erase_if(rows, [&](const store::ActiveDomain& row) {
        return !wants_judgement(sql, row, now).value_or(true);
      });
      return rows;
    };
    Domains domains = CO_REFUSE_TRY(co_await look<Domains>(context_, std::move(find)));
    for (const store::ActiveDomain& domain : domains) {
      using News = std::optional<LevelNews>;
      auto job = [domain](store::Tx& tx) { return judge_domain(tx, domain); };
      auto news = co_await transact<News>(context_, std::move(job), core::Changes::mail);
      if (!news) note(news.error(), "a domain's level");
      else if (*news && tidings_.level) co_await tidings_.level(**news);
    }
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
    auto done = co_await transact<void>(context_, std::move(job), core::Changes::mail);
    if (!done) note(done.error(), "an ended package");
    else if (tidings_.package_ended) co_await tidings_.package_ended(row.account_id, row);
  }
  co_return Outcome<>{};
}

// Those of days that both their accepts and their bills have left behind, in short jobs between
// which others write. How far it came stands in the store.
net::Task<Outcome<>> Keeper::sum_movements() {
  using store::MovementWalk;
  if (walk_.done || walk_.high == 0) {
    WallTime end{store::day_of(context_.clock.wall() - limits::kMovementsKept) * kDayMicros};
    int64_t high = id_floor(end);
    auto read = [](sql::Connection& sql) -> Outcome<int64_t> {
      auto done = REFUSE_TRY(store::setting(sql, kSummed));
      return done ? parse_number<int64_t>(*done).value_or(0) : 0;
    };
    int64_t low = CO_REFUSE_TRY(co_await look<int64_t>(context_, std::move(read)));
    if (low >= high) co_return Outcome<>{};
    walk_ = {.low = low, .high = high};
  }
  for (int i = 0; i < kSumSteps && !walk_.done; ++i) {
    auto job = [walk = walk_](store::Tx& tx) -> Outcome<MovementWalk> {
      auto out = REFUSE_TRY(store::sum_movements_for_operator(tx, walk, kSumRows));
      if (out.done)
        REFUSE_TRY(store::set_setting(tx.sql(), kSummed, fmt::to_string(out.high)));
      return out;
    };
    walk_ = CO_REFUSE_TRY(
        co_await transact<MovementWalk>(context_, std::move(job), core::Changes::mail));
  }
  co_return Outcome<>{};
}

net::Task<Outcome<>> Keeper::purge() {
  MonoTime now = context_.clock.mono();
  if (now < purge_at_) co_return Outcome<>{};
  purge_at_ = now + kPurgeEvery;
  auto job = [](store::Tx& tx) -> Outcome<> {
    REFUSE_TRY(store::purge_provider_blocks_for_operator(tx.sql(), tx.now()));
    REFUSE_TRY(store::purge_earlier_domains_for_operator(
        tx.sql(), store::day_of(tx.now()) - kEarlierKept));
    return {};
  };
  co_return co_await transact<void>(context_, std::move(job), core::Changes::mail);
}

net::Task<Outcome<>> Keeper::turn() {
  failed_.reset();
  if (auto done = co_await end_all_days(); !done) note(done.error(), "days");
  if (auto done = co_await judge_all_domains(); !done) note(done.error(), "levels");
  if (auto done = co_await tell_ended_packages(); !done) note(done.error(), "packages");
  if (auto done = co_await sum_movements(); !done) note(done.error(), "movements");
  if (auto done = co_await purge(); !done) note(done.error(), "what is over");
  if (failed_) co_return core::lift(*failed_);
  co_return Outcome<>{};
}

net::Task<> Keeper::run(std::shared_ptr<Keeper> self) {
  for (;;) {
    core::Context& context = self->context_;
    if (context.store.leases().epoch(0, context.clock.mono()) != 0) {
      static_cast<void>(co_await self->turn());  // logged
    }
    co_await net::sleep_for(limits::kBillingLook);
  }
}

}  // namespace ph::billing
