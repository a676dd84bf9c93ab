// Purpose: each sender domain's level, judged by what became of its mails, and what a person is
//   shown of it.
// Shapes: days are UTC, as those of counters. A rise is in force at once, a fall from the next day
//   on, a block until the day ends. Level 0 sends nothing until the operator lifts it. A domain
//   that was deleted comes back with the level it had.
// Errors: forbidden, not_found, invalid_field, conflict.
// Threads: any loop; judge_domain() the store's writer.
#pragma once

#include <string>
#include <vector>

#include "billing/levels.h"
#include "core/access.h"
#include "core/context.h"
#include "store/reputation.h"

namespace ph::billing {

using core::Actor;
using core::Outcome;

struct LevelNews {
  AccountId account;
  std::string domain;
  int64_t before = 0;
  int64_t after = 0;
};
// Nothing when the level is as it was.
Outcome<std::optional<LevelNews>> judge_domain(store::Tx& tx, const store::ActiveDomain& domain);

struct DomainQuota {
  std::string domain;
  bool levels = false;
  int64_t level = 0;
  std::optional<int64_t> limit;  // mails a day; nothing: no limit
  WallTime blocked_until;
  std::string blocked_why;
  Figures today, yesterday;
  std::vector<RiseNeed> needs;
  std::vector<store::ReputationDayRow> history;
};
struct QuotaView {
  int64_t requests_per_second = 0;  // 0: no limit
  int64_t per_mailbox_hour = 0;
  std::vector<DomainQuota> domains;
  std::vector<store::ProviderBlockRow> providers;
};

class Reputation {
 public:
  explicit Reputation(core::Context& context) : context_(context) {}

  net::Task<Outcome<QuotaView>> view(Actor actor, AccountId account);
  // The operator's word; it is judged on from there.
  net::Task<Outcome<QuotaView>> set_level(Actor actor, AccountId account, std::string domain,
                                          int64_t level);
  // The account asks; gives how often it still may.
  net::Task<Outcome<int64_t>> ask_unblock(Actor actor, AccountId account, std::string domain,
                                          std::string why);
  // The operator lifts a block, and level 0 to the first one.
  net::Task<Outcome<QuotaView>> unblock(Actor actor, AccountId account, std::string domain);

 private:
  core::Context& context_;
};

}  // namespace ph::billing
