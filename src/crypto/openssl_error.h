// Purpose: what OpenSSL last complained about on this thread, as our Error.
// Threads: any; the error queue is per thread and is emptied.
#pragma once

#include <string_view>

#include "base/result.h"

namespace ph::crypto {

[[nodiscard]] std::unexpected<Error> fail_openssl(Errc code, std::string_view what);

// Empties the queue when it goes: what a failed attempt leaves there would be read as a failure of
// the thread's next TLS call.
struct OpensslErrorsCleared {
  ~OpensslErrorsCleared();
};

// libsodium, made ready once. Every user of it calls this first.
void ready_sodium();

}  // namespace ph::crypto
