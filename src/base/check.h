// Purpose: invariants that stay on in release. A failed PH_CHECK is a bug: it logs and aborts; the
//   queue is built to survive that (design: durable before acknowledged).
// Not here: errors that input or the world can cause; those are Result (result.h).
#pragma once

namespace ph {

[[noreturn]] void check_failed(const char* expression, const char* file, int line);

}  // namespace ph

#define PH_CHECK(expression)                                            \
  do {                                                               \
    if (!(expression)) [[unlikely]]                                  \
      ::ph::check_failed(#expression, __FILE__, __LINE__);           \
  } while (false)
