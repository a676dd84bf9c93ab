// Purpose: what both of Tencent Cloud's signatures read of a request: timestamps, and the host that
//   a client may have signed.
// Threads: any.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ph::httpauth {

// The number as it is signed: no sign, no leading zero, so that one timestamp has one spelling.
std::optional<int64_t> read_timestamp(std::string_view text);

// "127.0.0.1:8080" -> "127.0.0.1", "[::1]:8080" -> "[::1]".
std::string_view without_port(std::string_view host);

}  // namespace ph::httpauth
