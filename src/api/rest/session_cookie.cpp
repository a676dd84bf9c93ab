#include "api/rest/session_cookie.h"

#include <fmt/format.h>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/hash.h"

namespace ph::rest {
namespace {

constexpr std::string_view kName = "posthouse_session";

std::string attributes(bool tls) {
  return fmt::format("; Path=/; HttpOnly; SameSite=Strict{}", tls ? "; Secure" : "");
}

}  // namespace

std::string session_cookie(std::string_view token, bool tls) {
  auto age = std::chrono::duration_cast<std::chrono::seconds>(limits::kSessionKept).count();
  return fmt::format("{}={}; Max-Age={}{}", kName, token, age, attributes(tls));
}

std::string ended_cookie(bool tls) {
  return fmt::format("{}=; Max-Age=0{}", kName, attributes(tls));
}

std::optional<std::string> session_of_cookie(std::string_view header) {
  for (std::string_view pair : split(header, ';')) {
    pair = trim(pair);
    if (pair.starts_with(kName) && pair.substr(kName.size()).starts_with('='))
      return std::string(pair.substr(kName.size() + 1));
  }
  return std::nullopt;
}

std::string csrf_of(std::string_view token) {
  return hex_encode(crypto::view(crypto::hmac_sha256(token, "posthouse csrf")));
}

}  // namespace ph::rest
