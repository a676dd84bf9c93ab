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
std::string body_of(unsigned number, size_t size, Random& random);

// The client of an account: goes on until everything of its is acknowledged.
net::Task<void> send_all(Surroundings& around, House& house, unsigned account);
net::Task<void> operate(Surroundings& around, House& house, Life life, bool* hurried);
// Nothing is held any more.
net::Task<void> release_all(Surroundings& around, House& house);

}  // namespace ph::simulation
