// Purpose: the Date field.
// Spec: RFC 5322 §3.3.
// Threads: any.
#pragma once

#include <string>

#include "base/clock.h"

namespace ph::mime {

// "Sat, 21 Nov 2026 22:11:45 +0000"
std::string format_date(WallTime t);

}  // namespace ph::mime
