// Purpose: who uses the house: clients that send, and send again with the same Idempotency-Key
//   until they have read an answer; an operator who holds, releases, retries, cancels and expires.
// Threads: one.
#pragma once

#include <string>

#include "simulation/house.h"

namespace ph::simulation {

// All requests of a run; account numbers from 0.
void plan_sends(Surroundings& around, const Plan& plan);
// One more, to a destination of its own, while all is well.
void plan_probe(Surroundings& around, unsigned account);
// Of one recipient of a bulk job.
std::string bulk_body_of(const Send& send, ptrdiff_t place);
std::string body_of(unsigned number, size_t size, Random& random);

// The client of an account: goes on until everything of its is acknowledged.
net::Task<void> send_all(Surroundings& around, House& house, unsigned account);
net::Task<void> operate(Surroundings& around, House& house, Life life, bool* hurried);
// Nothing is held or paused any more.
net::Task<void> release_all(Surroundings& around, House& house);

}  // namespace ph::simulation
