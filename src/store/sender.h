// Purpose: what decides in the accept itself whether a sender may still send: one read of what may
//   have changed since the request was judged.
// Shapes: pauses are those that are not over. domain_state is empty and address_there false where
//   there is none of that account.
// Errors: not_found (the account).
// Threads: any with a connection.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/connection.h"
#include "store/allowance.h"
#include "store/domain.h"

namespace ph::store {

struct SenderKey {
  AccountId account;
  DomainId domain;
  AddressId address;  // 0: none is needed
  auto operator<=>(const SenderKey&) const = default;
};

struct ProviderPause {
  std::string provider;  // destination domain
  WallTime until;
};

struct SenderFacts {
  AccountState account_state = AccountState::created;
  int64_t daily_per_domain = 0;  // of the account; 0: no limit
  int64_t daily_of_level = kNoDailyLimit;
  int64_t per_mailbox_hour = 0;  // of the account, or else of its plan
  WallTime blocked_until;        // of the domain
  std::string blocked_why;
  std::vector<ProviderPause> pauses;  // provider blocks (reputation.h)
  int64_t accepted_before = 0;  // today, by the name's earlier domains, which were deleted
  std::optional<DomainState> domain_state;
  std::string return_path_host;  // of the domain
  bool address_there = false;
};

Result<SenderFacts> sender_facts(sql::Connection& connection, const SenderKey& key, WallTime now);

}  // namespace ph::store
