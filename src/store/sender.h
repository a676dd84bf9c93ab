// Purpose: what decides in the accept itself whether a sender may still send: one read of what may
//   have changed since the request was judged.
// Shapes: domain_state is empty and address_there false where there is none of that account.
// Errors: not_found (the account).
// Threads: any with a connection.
#pragma once

#include <optional>

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

struct SenderFacts {
  AccountState account_state = AccountState::created;
  int64_t daily_per_domain = 0;  // of the account; 0: no limit
  int64_t daily_of_level = kNoDailyLimit;
  int64_t per_mailbox_hour = 0;  // of the account, or else of its plan
  WallTime blocked_until;        // of the domain
  std::string blocked_why;
  bool provider_blocks = false;  // there are some, maybe over by now (reputation.h)
  std::optional<DomainState> domain_state;
  std::string return_path_host;  // of the domain
  bool address_there = false;
};

Result<SenderFacts> sender_facts(sql::Connection& connection, const SenderKey& key);

}  // namespace ph::store
