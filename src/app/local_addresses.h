// Purpose: a listener on every address ("0.0.0.0:25") as the addresses that it is reached by.
#pragma once

#include <vector>

#include "base/ip.h"

namespace ph::app {

std::vector<Endpoint> with_local_addresses(const std::vector<Endpoint>& listeners);

}  // namespace ph::app
