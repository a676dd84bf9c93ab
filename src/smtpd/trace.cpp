#include "smtpd/trace.h"

#include <fmt/format.h>

#include "mime/date.h"

namespace ph::smtpd {

std::string received_field(const smtpio::Client& client, std::string_view hostname, WallTime now,
                           Trace trace) {
  std::string out = "Received: ";
  if (trace == Trace::with_client) {
    const IpAddress& ip = client.peer.address;
    out += fmt::format("from {} ([{}{}])\r\n", client.hello.empty() ? "unknown" : client.hello,
                       ip.is_v6() ? "IPv6:" : "", ip.text());
    out += "\t";
  }
  return out + fmt::format("by {} with {};\r\n\t{}\r\n", hostname, client.protocol,
                           mime::format_date(now));
}

}  // namespace ph::smtpd
