// Purpose: SIGTERM and SIGINT as a value to wait for, beside the server's own reason to end.
// Shapes: block() before any thread is made: all threads inherit the mask, one waits.
// Threads: wait() the main thread; end() any.
#pragma once

#include <atomic>

#include "base/result.h"

namespace ph::app {

enum class Ending : uint8_t { signal, store_failed };

class Signals {
 public:
  static Result<Signals> block();
  Ending wait();
  // The server ends by itself.
  void end(Ending why);
  // From now on a signal ends the process at once: as a signal does, or, after the store failed,
  // with the status of that.
  void exit_on_next(Ending why);

 private:
  Signals() = default;
  std::atomic<bool> failed_{false};

 public:
  Signals(Signals&& other) noexcept : failed_(other.failed_.load()) {}
};

}  // namespace ph::app
