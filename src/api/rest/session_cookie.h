// Purpose: the session cookie, and the token that proves that a change by cookie was meant.
// Spec: RFC 6265 §4.1; SameSite as RFC 6265bis.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ph::rest {

std::string session_cookie(std::string_view token, bool tls);
std::string ended_cookie(bool tls);
// Of a Cookie header.
std::optional<std::string> session_of_cookie(std::string_view header);
// What X-Posthouse-Csrf must say: derived from the session, so that nothing is kept for it.
std::string csrf_of(std::string_view token);

}  // namespace ph::rest
