// Purpose: how much a sender domain may send a day for what it has sent: its level, what moved it,
//   and blocks.
// Shapes: keyed by the domain's name, so that a domain that was deleted comes back as it was. Days
//   are UTC, as those of counters. daily: mails a day; kNoDailyLimit: none.
// Errors: not_found.
// Threads: any with a connection.
// Not here: when a level moves (billing/levels.h).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "sql/connection.h"
#include "store/allowance.h"

namespace ph::store {

struct ReputationRow {
  AccountId account_id;
  std::string name;  // of the sender domain
  DomainId domain_id;
  int64_t level = 0;
  int64_t daily = kNoDailyLimit;
  int64_t rise_day = 0;  // when it last rose
  int64_t rises = 0;     // on that day
  int64_t judged_through = 0;
  WallTime blocked_until;
  std::string blocked_why;
};

Result<> put_reputation(sql::Connection& connection, const ReputationRow& row);
Result<std::optional<ReputationRow>> reputation(sql::Connection& connection, AccountId account,
                                                std::string_view name);
Result<std::vector<ReputationRow>> reputations(sql::Connection& connection, AccountId account);

struct ReputationDayRow {
  AccountId account_id;
  std::string name;
  int64_t day = 0;
  int64_t level = 0;  // that came
  int64_t sent = 0;
  std::string why;
};
Result<> insert_reputation_day(sql::Connection& connection, const ReputationDayRow& row);
// Newest first.
Result<std::vector<ReputationDayRow>> reputation_days(sql::Connection& connection,
                                                      AccountId account, std::string_view name,
                                                      int64_t most);

// A deleted domain's counts stay its name's: noted where it counted anything since `day`.
Result<> note_earlier_domain(sql::Connection& connection, const ReputationRow& of, int64_t day);
// The ids of deleted domains of that name.
Result<std::vector<DomainId>> earlier_domains(sql::Connection& connection, AccountId account,
                                              std::string_view name);
Result<int64_t> purge_earlier_domains_for_operator(sql::Connection& connection, int64_t before);

// Sender domains that counted anything on a day or after.
struct ActiveDomain {
  AccountId account_id;
  DomainId domain_id;
  std::string name;
};
Result<std::vector<ActiveDomain>> active_domains_for_operator(sql::Connection& connection,
                                                              int64_t day, DomainId after,
                                                              int64_t most);

// A receiving provider that limited us: an account's mail to it pauses.
struct ProviderBlockRow {
  AccountId account_id;
  std::string provider;  // destination domain
  WallTime until;
  std::string why;
};
Result<> put_provider_block(sql::Connection& connection, const ProviderBlockRow& row);
Result<std::optional<ProviderBlockRow>> provider_block(sql::Connection& connection,
                                                      AccountId account,
                                                      std::string_view provider);
Result<std::vector<ProviderBlockRow>> provider_blocks(sql::Connection& connection,
                                                      AccountId account, WallTime now);
Result<int64_t> purge_provider_blocks_for_operator(sql::Connection& connection, WallTime now);

}  // namespace ph::store
