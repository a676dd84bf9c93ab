// Purpose: what a receiver's reply means for the queue: its Cause.
// Threads: pure.
// Spec: RFC 5321 §4.2.1, RFC 3463, RFC 6647 (greylisting).
// Not here: the fine classes of bounces (feedback/).
#pragma once

#include "core/cause.h"
#include "smtp/reply.h"

namespace ph::delivery {

core::Cause cause_of_temporary(const smtp::Reply& reply);
core::Cause cause_of_permanent(const smtp::Reply& reply);

// At most limits::kReplyKept octets, cut between code points.
std::string kept_reply(std::string text);

}  // namespace ph::delivery
