// Purpose: whether the machine itself stopped while a server ran on a data directory: then the file
//   of open deliveries, which is never synced, tells nothing.
// Shapes: the file `boot` has the kernel's boot id while a server runs, and is gone after a good
//   end. A kernel without one (/proc/sys/kernel/random/boot_id) counts as always the same.
// Threads: any, one at a time.
// Not here: what follows (queue::QueueOptions::doubt).
#pragma once

#include <string>

#include "base/result.h"

namespace ph::app {

enum class LastEnd : uint8_t { of_process, of_machine };

// The caller holds the directory's lock. Durable before it returns.
Result<LastEnd> mark_boot(const std::string& data_dir, const std::string& boot_id);
void unmark_boot(const std::string& data_dir);

std::string kernel_boot_id();  // empty: not known

}  // namespace ph::app
