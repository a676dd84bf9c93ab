#include "app/local_addresses.h"

#include <ifaddrs.h>
#include <netinet/in.h>

#include <cstring>

namespace ph::app {
namespace {

std::vector<IpAddress> local_addresses() {
  std::vector<IpAddress> out;
  ifaddrs* list = nullptr;
  if (::getifaddrs(&list) != 0) return out;
  for (const ifaddrs* at = list; at != nullptr; at = at->ifa_next) {
    if (at->ifa_addr == nullptr) continue;
    if (at->ifa_addr->sa_family == AF_INET) {
      sockaddr_in address{};
      std::memcpy(&address, at->ifa_addr, sizeof address);
      out.push_back(IpAddress::v4(ntohl(address.sin_addr.s_addr)));
    } else if (at->ifa_addr->sa_family == AF_INET6) {
      sockaddr_in6 address{};
      std::memcpy(&address, at->ifa_addr, sizeof address);
      std::array<uint8_t, 16> bytes{};
      std::memcpy(bytes.data(), &address.sin6_addr, bytes.size());
      out.push_back(IpAddress::v6(bytes));
    }
  }
  ::freeifaddrs(list);
  return out;
}

bool is_any(const IpAddress& ip) {
  return ip == IpAddress() || ip == IpAddress::v6(std::array<uint8_t, 16>{});
}

}  // namespace

std::vector<Endpoint> with_local_addresses(const std::vector<Endpoint>& listeners) {
  std::vector<Endpoint> out;
  for (const Endpoint& listener : listeners) {
    if (!is_any(listener.address)) {
      out.push_back(listener);
      continue;
    }
    for (const IpAddress& ip : local_addresses()) out.push_back({ip, listener.port});
  }
  return out;
}

}  // namespace ph::app
