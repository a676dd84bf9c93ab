// Purpose: hold, release and retry of all recipients of an account or a destination, in slices: a
//   reader finds whom, a write job of at most kQueueVerbSlice changes them by their keys.
// Shapes: each slice is whole by itself, and who was changed is not found again: a walk that was
//   cut is done to its end by walking again. Who is accepted meanwhile may be among them or not.
// Errors: of the database.
// Not here: verbs of single messages (recipient.h), memory (queue/).
#pragma once

#include <string>
#include <vector>

#include "store/recipient.h"

namespace ph::store {

enum class QueueVerb : uint8_t { hold, release, retry };

struct QueueWalk {
  QueueVerb verb = QueueVerb::hold;
  AccountId account;   // 0: of all
  std::string domain;  // of the recipients; '': all
  WallTime since;      // when it began: who is released or retried is due then
};

// Where a walk goes on; in the beginning as it is made.
struct WalkPlace {
  int32_t shard = 0;                                    // hold, retry: in the order of what is due
  DueCursor due{WallTime{INT64_MIN}, {}};
  AccountId account;                                    // release: in the order of who is held
  RecipientKey key{MessageId(0), -1};
};

struct WalkPage {
  std::vector<RecipientKey> keys;
  WalkPlace next;
  bool last = false;
};
Result<WalkPage> walk_for_operator(sql::Connection& connection, const QueueWalk& walk,
                                   const WalkPlace& from, int64_t most);

// How many of these changed.
Result<int64_t> change_for_operator(sql::Connection& connection, const QueueWalk& walk,
                                    const std::vector<RecipientKey>& keys, WallTime now);

}  // namespace ph::store
