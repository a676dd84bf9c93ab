// Purpose: what the steps of sending read of an account, a sender domain and an address, kept for a
//   moment, so that a sender's next mail needs no read.
// Shapes: keyed by account and From address. A kept fact lives kSenderFactsKept (another node may
//   change the rows) and ends with every transaction of this process that may change one: what an
//   answered request has changed is never seen as it was. Who reads takes the version first and
//   gives it to keep(), so that what changed meanwhile is not kept.
// Threads: any.
// Not here: whether the sender may send: the accept's own transaction asks the rows again.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "store/account.h"
#include "store/address.h"
#include "store/domain.h"

namespace ph::core {

class SenderFacts {
 public:
  struct Facts {
    store::AccountRow account;
    std::optional<store::DomainRow> domain;
    std::optional<store::AddressRow> address;
    int64_t requests_per_second = 0;  // of the account, or else of its plan; 0: no limit
  };
  using Known = std::shared_ptr<const Facts>;

  Known find(AccountId account, const std::string& email, MonoTime now);
  uint64_t version() const { return version_.load(std::memory_order_acquire); }
  void keep(const std::string& email, Known facts, uint64_t read_at_version, MonoTime now);
  void forget_all();

 private:
  struct Kept {
    Known facts;
    MonoTime until;
  };
  struct Key {
    AccountId account;
    std::string email;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    size_t operator()(const Key& key) const {
      return std::hash<std::string>()(key.email) ^ std::hash<AccountId>()(key.account);
    }
  };
  std::atomic<uint64_t> version_{0};
  std::mutex mutex_;
  std::unordered_map<Key, Kept, KeyHash> kept_;  // under mutex_
};

}  // namespace ph::core
