// Purpose: what the accepts of one group read of their senders, once for each sender.
// Shapes: forgotten when a group begins and when a job has written by itself, so that no accept is
//   judged by what a job before it in the group has changed.
// Errors: of sender_facts(); they are not kept.
// Threads: the writer's.
#pragma once

#include <map>

#include "store/sender.h"

namespace ph::store {

class GroupSenders {
 public:
  Result<SenderFacts> find(sql::Connection& connection, const SenderKey& key, WallTime now) {
    auto known = facts_.find(key);
    if (known == facts_.end())
      known = facts_.emplace(key, TRY(sender_facts(connection, key, now))).first;
    return known->second;
  }
  void forget() { facts_.clear(); }

 private:
  std::map<SenderKey, SenderFacts> facts_;  // of at most kGroupMost jobs
};

}  // namespace ph::store
