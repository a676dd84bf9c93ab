// Purpose: the whole server: services, doors, signals, and the first start of the sandbox.
// Shapes: prints one line `ready` on stdout when every listener is open. SIGTERM and SIGINT: the
//   doors close, sessions end, deliveries are drained; a second one ends at once.
// Errors: what cannot be opened, before `ready`; a store that failed for good, after it.
// Threads: run_server() is the main thread's.
#pragma once

#include "app/services.h"

namespace ph::app {

struct ServerOptions {
  Config config;
  std::string data_dir;
  Mode mode = Mode::serve;
};

Result<> run_server(ServerOptions options);

}  // namespace ph::app
