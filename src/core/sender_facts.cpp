#include "core/sender_facts.h"

#include "base/limits.h"

namespace ph::core {

SenderFacts::Known SenderFacts::find(AccountId account, const std::string& email, MonoTime now) {
  std::lock_guard lock(mutex_);
  auto found = kept_.find({account, email});
  if (found == kept_.end() || found->second.until <= now) return nullptr;
  return found->second.facts;
}

void SenderFacts::keep(const std::string& email, Known facts, uint64_t read_at_version,
                       MonoTime now) {
  std::lock_guard lock(mutex_);
  if (version() != read_at_version) return;
  if (kept_.size() >= limits::kSenderFacts) kept_.clear();
  AccountId account = facts->account.id;
  kept_[{account, email}] = {std::move(facts), now + limits::kSenderFactsKept};
}

void SenderFacts::forget_all() {
  std::lock_guard lock(mutex_);
  version_.fetch_add(1, std::memory_order_acq_rel);
  kept_.clear();
}

}  // namespace ph::core
