// Purpose: a receiving provider that limited us gets nothing more of that customer's for a while
//   (quota.provider_block_minutes): new sends to it are refused.
// Shapes: a provider is a destination domain. In house nobody is refused; what is queued already
//   follows its own schedule.
// Errors: provider_blocked.
// Threads: the store's writer.
#pragma once

#include <string>

#include "core/reason.h"
#include "store/store.h"

namespace ph::core {

struct ProviderLimit {
  AccountId account;
  std::string provider;
  std::string reply;  // the provider's words
};
Result<> note_provider_limit(store::Tx& tx, const ProviderLimit& limit);

Outcome<> provider_takes(const store::SenderFacts& sender, WallTime now,
                         const std::string& provider, const std::string& field);

}  // namespace ph::core
