#include "crypto/openssl_error.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <sodium.h>

#include "base/check.h"

namespace ph::crypto {

std::unexpected<Error> fail_openssl(Errc code, std::string_view what) {
  unsigned long error = ERR_peek_last_error();
  const char* reason = error == 0 ? nullptr : ERR_reason_error_string(error);
  ERR_clear_error();
  if (reason == nullptr) return fail(code, std::string(what));
  return fail(code, fmt::format("{}: {}", what, reason));
}

OpensslErrorsCleared::~OpensslErrorsCleared() { ERR_clear_error(); }

void ready_sodium() {
  static const bool ready = sodium_init() >= 0;
  PH_CHECK(ready);
}

}  // namespace ph::crypto
