// Purpose: what became of attempts, written in one go: recipients, attempts, events, counters.
// Shapes: an outcome counts only when the recipient is still queued under the outcome's epoch (or
//   held, when the outcome is final). One that does not count writes nothing, except its attempt
//   when the recipient was held, cancelled or expired under that epoch meanwhile.
// Threads: the writer's job.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/event.h"
#include "store/recipient.h"

namespace ph::store {

class Tx;

struct Outcome {
  RecipientKey key;
  AccountId account_id;
  DomainId domain_id;  // the sender's, for counters
  int64_t epoch = 0;
  RecipientState state = RecipientState::queued;  // queued: deferred until next_at
  std::string cause;
  WallTime next_at;
  WallTime at;
  std::string reply;
  uint32_t copies = 0;  // that the receiver may have; kept by a recipient that is tried again
  std::optional<AttemptRow> attempt;  // counts as one; key, account and number are filled in
  std::vector<EventRow> events;
  std::vector<CounterAdd> counters;  // beside the store's own
};

// For each, whether it counts.
Result<std::vector<bool>> record_outcomes_for_queue(Tx& tx,
                                                    const std::vector<Outcome>& outcomes);

// A late report about a delivered or queued recipient: becomes bounced. False when it is final
// otherwise.
Result<bool> record_late_bounce_for_queue(Tx& tx, const Outcome& outcome);

}  // namespace ph::store
