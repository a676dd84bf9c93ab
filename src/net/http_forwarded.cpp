#include "net/http_forwarded.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace ph::net {
namespace {

bool is_trusted(const IpAddress& address, std::span<const ph::Network> trusted) {
  return std::ranges::any_of(trusted, [&](const ph::Network& n) { return n.contains(address); });
}

// "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]" or "[2001:db8::1]:4711".
std::optional<IpAddress> parse_hop(std::string_view text) {
  if (text.starts_with('[') && text.ends_with(']')) text = text.substr(1, text.size() - 2);
  if (auto address = IpAddress::parse(text)) return *address;
  if (auto endpoint = Endpoint::parse(text)) return endpoint->address;
  return std::nullopt;
}

// The hops of all fields of that name, the last one first.
std::vector<std::string_view> hops_from_end(const HttpRequest& request) {
  std::vector<std::string_view> out;
  for (auto field = request.headers.rbegin(); field != request.headers.rend(); ++field) {
    if (!iequals(field->name, "X-Forwarded-For")) continue;
    std::string_view left = field->value;
    while (out.size() < limits::kForwardedHops) {
      size_t comma = left.rfind(',');
      out.push_back(trim(comma == left.npos ? left : left.substr(comma + 1)));
      if (comma == left.npos) break;
      left = left.substr(0, comma);
    }
  }
  return out;
}

}  // namespace

void take_forwarded(HttpRequest& request, std::span<const ph::Network> trusted) {
  if (!is_trusted(request.peer.address, trusted)) return;
  for (std::string_view hop : hops_from_end(request)) {
    auto address = parse_hop(hop);
    if (!address) break;
    request.peer = {*address, 0};
    if (!is_trusted(*address, trusted)) break;
  }
  auto is_proto = [](const HttpHeader& h) { return iequals(h.name, "X-Forwarded-Proto"); };
  if (std::ranges::count_if(request.headers, is_proto) != 1) return;
  std::string_view proto = *request.header("X-Forwarded-Proto");
  if (iequals(proto, "https")) request.tls = true;
  if (iequals(proto, "http")) request.tls = false;
}

}  // namespace ph::net
