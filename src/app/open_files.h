// Purpose: how many files and sockets the process may have open, and how many it may come to want.
// Threads: any.
#pragma once

#include "app/config.h"

namespace ph::app {

struct OpenFiles {
  uint64_t soft = 0;  // what binds now
  uint64_t hard = 0;  // the most that we may raise it to
};
OpenFiles open_files();
// As far as we may; gives what binds from now on.
uint64_t raise_open_files();
// All sessions and connections that the configuration lets in and out at once.
uint64_t open_files_wanted(const Config& config);

}  // namespace ph::app
