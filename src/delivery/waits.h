// Purpose: how long a receiver is waited for: delivery.timeouts of the configuration.
// Threads: values.
// Spec: RFC 5321 §4.5.3.2.
#pragma once

#include "smtp/phase.h"

namespace ph::delivery {

struct Waits {
  Duration connect = limits::kConnectWait;   // of one address
  Duration session = limits::kSessionTotal;  // of one attempt, whatever its phases took
  smtp::ClientWaits phases{};
};

}  // namespace ph::delivery
