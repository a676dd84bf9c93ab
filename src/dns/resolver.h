// Purpose: the seam through which everything asks the DNS.
// Shapes: Unbound (unbound.h) for delivery, StubResolver (stub.h) for domain checks, ZoneFake
//   (zone_fake.h) for tests and --dns.
// Threads: query() on any loop.
// Errors: in Answer.status; a query never takes longer than its deadline.
#pragma once

#include "base/deadline.h"
#include "dns/answer.h"
#include "net/task.h"

namespace ph::dns {

class Resolver {
 public:
  virtual ~Resolver() = default;
  virtual net::Task<Answer> query(Question question, Deadline deadline) = 0;
};

}  // namespace ph::dns
