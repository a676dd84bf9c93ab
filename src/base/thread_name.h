// Purpose: names a thread, as top -H, perf and a debugger show it.
// Shapes: at most 15 octets are kept: "ph-loop-0", "ph-writer".
// Threads: any; names the caller's own.
#pragma once

#include <string_view>

namespace ph {

void name_this_thread(std::string_view name);
void name_this_thread(std::string_view name, size_t number);  // "name-number"

}  // namespace ph
