#include "httpauth/tencent_request.h"

#include <algorithm>

#include "base/text.h"

namespace ph::httpauth {
namespace {

constexpr size_t kTimestampDigits = 10;  // until the year 2286

}  // namespace

std::optional<int64_t> read_timestamp(std::string_view text) {
  bool plain = !text.empty() && text.size() <= kTimestampDigits && text[0] != '0' &&
               std::ranges::all_of(text, is_digit);
  return plain ? parse_number<int64_t>(text) : std::nullopt;
}

std::string_view without_port(std::string_view host) {
  size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || host.find(']', colon) != std::string_view::npos)
    return host;
  std::string_view port = host.substr(colon + 1);
  return std::ranges::all_of(port, is_digit) ? host.substr(0, colon) : host;
}

}  // namespace ph::httpauth
