#include "billing/reputation.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/text.h"
#include "billing/reputation_rows.h"
#include "billing/rights.h"
#include "core/audit.h"
#include "core/event.h"
#include "core/settings.h"
#include "core/terms.h"
#include "core/transaction.h"
#include "json/json.h"
#include "store/bulk.h"
#include "store/domain.h"
#include "store/event.h"

namespace ph::billing {
namespace {

using core::Reason;
using core::refuse;

constexpr int64_t kDomainsShown = 200;

Outcome<store::ActiveDomain> domain_of(sql::Connection& sql, const Actor& actor,
                                       AccountId account, const std::string& name) {
  auto row = store::domain_by_name(sql, account, lower(name));
  bool there = row && sees_domain(actor, row->name);
  if (!there && (row || row.error().code == Errc::not_found))
    return refuse(Reason::not_found, "There is no such sender domain.", "domain");
  store::DomainRow domain = REFUSE_TRY(std::move(row));
  return store::ActiveDomain{account, domain.id, domain.name};
}

std::optional<int64_t> daily_limit(const store::AccountRow& account, int64_t of_level) {
  int64_t own = account.limits.daily_per_domain;
  if (of_level == store::kNoDailyLimit) return own > 0 ? std::optional(own) : std::nullopt;
  return own > 0 ? std::min(own, of_level) : of_level;
}

struct Viewed {
  sql::Connection& sql;
  store::AccountRow account;
  store::AllowanceRow allowance;
  LevelRules rules;
  bool levels = false;
  int64_t today = 0;
  WallTime now;
};

Result<DomainQuota> domain_quota(const Viewed& v, const store::ActiveDomain& domain) {
  AccountId account = v.account.id;
  auto row = TRY(reputation_of(v.sql, account, domain));
  row.daily = v.levels ? TRY(core::volume_of_level(v.sql, account, row.level))
                       : store::kNoDailyLimit;
  DomainQuota out{.domain = domain.name, .levels = v.levels, .level = row.level};
  out.limit = daily_limit(v.account, row.daily);
  bool blocked = row.blocked_until > v.now;
  out.blocked_until = blocked ? row.blocked_until : WallTime{};
  out.blocked_why = blocked ? row.blocked_why : "";
  out.today = TRY(figures_of(v.sql, domain, v.today));
  out.yesterday = TRY(figures_of(v.sql, domain, v.today - 1));
  if (v.levels && row.level > 0 && row.level < static_cast<int64_t>(limits::kLevelsMost))
    out.needs = rise_needs(v.rules, out.today, row.daily);
  out.history = TRY(store::reputation_days(v.sql, account, domain.name, limits::kLevelHistory));
  return out;
}

Outcome<QuotaView> read_quota(sql::Connection& sql, const Actor& actor, AccountId id,
                              WallTime now) {
  auto account = store::account(sql, id);
  if (!account && account.error().code == Errc::not_found)
    return refuse(Reason::not_found, "There is no such account.", "account");
  Viewed v{.sql = sql,
           .account = REFUSE_TRY(std::move(account)),
           .allowance = REFUSE_TRY(store::allowance(sql, id)),
           .rules = REFUSE_TRY(read_rules(sql, id)),
           .today = store::day_of(now),
           .now = now};
  v.levels = REFUSE_TRY(core::has_levels(sql, v.allowance));
  const store::AccountLimits& own = v.account.limits;
  QuotaView out;
  out.requests_per_second =
      own.requests_per_second > 0 ? own.requests_per_second : v.allowance.requests_second;
  out.per_mailbox_hour =
      own.per_mailbox_hour > 0 ? own.per_mailbox_hour : v.allowance.mailbox_hour;
  auto domains = REFUSE_TRY(store::domains(sql, id, {.limit = kDomainsShown}));
  for (const store::DomainRow& domain : domains)
    if (sees_domain(actor, domain.name))
      out.domains.push_back(REFUSE_TRY(domain_quota(v, {id, domain.id, domain.name})));
  out.providers = REFUSE_TRY(store::provider_blocks(sql, id, now));
  return out;
}

Outcome<> record_level(store::Tx& tx, const Actor& actor, const store::ReputationRow& row,
                       std::string_view action, int64_t before) {
  REFUSE_TRY(core::record_change(tx, actor,
                                 {.account = row.account_id,
                                  .action = action,
                                  .object = "domain:" + row.name,
                                  .before = fmt::format("{{\"level\":{}}}", before),
                                  .after = fmt::format("{{\"level\":{}}}", row.level)}));
  REFUSE_TRY(store::hasten_bulk_jobs(tx.sql(), row.account_id, tx.now()));
  return {};
}

Outcome<> set_level_now(store::Tx& tx, const Actor& actor, AccountId account,
                        const std::string& name, int64_t level) {
  REFUSE_TRY(tx.settle_usage(account));
  auto domain = REFUSE_TRY(domain_of(tx.sql(), actor, account, name));
  auto row = REFUSE_TRY(reputation_of(tx.sql(), account, domain));
  int64_t before = row.level, today = store::day_of(tx.now());
  Figures figures = REFUSE_TRY(figures_of(tx.sql(), domain, today));
  row.judged_through = std::max(row.judged_through, today - 1);
  REFUSE_TRY(move_level(tx, row,
                        {.to = level,
                         .day = today,
                         .sent = figures.sent(),
                         .why = "set by the operator"}));
  return record_level(tx, actor, row, "level.set", before);
}

Outcome<> unblock_now(store::Tx& tx, const Actor& actor, AccountId account,
                      const std::string& name) {
  REFUSE_TRY(tx.settle_usage(account));
  auto domain = REFUSE_TRY(domain_of(tx.sql(), actor, account, name));
  auto row = REFUSE_TRY(reputation_of(tx.sql(), account, domain));
  int64_t before = row.level, today = store::day_of(tx.now());
  row.blocked_until = tx.now();
  row.blocked_why = kLifted;
  row.judged_through = std::max(row.judged_through, today - 1);
  if (row.level > 0) {
    row.daily = REFUSE_TRY(daily_of_level(tx.sql(), account, row.level));
    REFUSE_TRY(store::put_reputation(tx.sql(), row));
  } else {
    REFUSE_TRY(move_level(
        tx, row, {.to = 1, .day = today, .sent = 0, .why = "unblocked by the operator"}));
  }
  return record_level(tx, actor, row, "level.unblock", before);
}

Outcome<int64_t> ask_now(store::Tx& tx, const Actor& actor, AccountId account,
                         const std::string& name, const std::string& why) {
  REFUSE_TRY(tx.settle_usage(account));
  auto domain = REFUSE_TRY(domain_of(tx.sql(), actor, account, name));
  auto row = REFUSE_TRY(reputation_of(tx.sql(), account, domain));
  if (row.level > 0 && row.blocked_until <= tx.now())
    return refuse(Reason::conflict, "This sender domain is not blocked.", "domain");
  auto allowance = REFUSE_TRY(store::allowance(tx.sql(), account));
  int64_t most = REFUSE_TRY(core::setting_number(tx.sql(), account, "quota.unblocks"));
  if (allowance.unblocks >= most)
    return refuse(Reason::conflict, "The account has asked as often as it may. Write to us.");
  ++allowance.unblocks;
  REFUSE_TRY(store::update_allowance(tx.sql(), allowance));
  json::Value data = json::Value::object({{"domain", domain.name}, {"why", why}});
  REFUSE_TRY(core::record_event(tx, {.account_id = account,
                                     .type = core::event::kUnblockAsked,
                                     .domain_id = domain.domain_id,
                                     .data = json::serialize(data)}));
  REFUSE_TRY(core::record_change(tx, actor,
                                 {.account = account,
                                  .action = "level.ask_unblock",
                                  .object = "domain:" + domain.name,
                                  .after = json::serialize(data)}));
  return most - allowance.unblocks;
}

}  // namespace

net::Task<Outcome<QuotaView>> Reputation::view(Actor actor, AccountId named) {
  if (!allowed(actor, core::Action::view))
    co_return refuse(Reason::forbidden, "This key or role may not read that.");
  AccountId account = CO_REFUSE_TRY(acting_account(actor, named));
  auto job = [actor, account, now = context_.clock.wall()](sql::Connection& sql) {
    return read_quota(sql, actor, account, now);
  };
  co_return co_await core::look<QuotaView>(context_, std::move(job));
}

net::Task<Outcome<QuotaView>> Reputation::set_level(Actor actor, AccountId account,
                                                    std::string domain, int64_t level) {
  CO_REFUSE_TRY(need_operator(actor));
  if (level < 0 || level > static_cast<int64_t>(limits::kLevelsMost))
    co_return refuse(Reason::invalid_field, "A level is 0 to 20.", "level");
  auto job = [actor, account, domain, level](store::Tx& tx) -> Outcome<QuotaView> {
    REFUSE_TRY(set_level_now(tx, actor, account, domain, level));
    return read_quota(tx.sql(), actor, account, tx.now());
  };
  co_return co_await core::transact<QuotaView>(context_, std::move(job));
}

net::Task<Outcome<int64_t>> Reputation::ask_unblock(Actor actor, AccountId named,
                                                    std::string domain, std::string why) {
  AccountId account = CO_REFUSE_TRY(account_to_change(actor, named));
  if (trim(why).empty()) co_return refuse(Reason::missing_field, "Say what you changed.", "why");
  if (!is_utf8(why) || utf8_length(why) > limits::kUnblockReason)
    co_return refuse(Reason::invalid_field, "At most 500 characters.", "why");
  auto job = [actor, account, domain, why](store::Tx& tx) {
    return ask_now(tx, actor, account, domain, why);
  };
  co_return co_await core::transact<int64_t>(context_, std::move(job));
}

net::Task<Outcome<QuotaView>> Reputation::unblock(Actor actor, AccountId account,
                                                  std::string domain) {
  CO_REFUSE_TRY(need_operator(actor));
  auto job = [actor, account, domain](store::Tx& tx) -> Outcome<QuotaView> {
    REFUSE_TRY(unblock_now(tx, actor, account, domain));
    return read_quota(tx.sql(), actor, account, tx.now());
  };
  co_return co_await core::transact<QuotaView>(context_, std::move(job));
}

}  // namespace ph::billing
