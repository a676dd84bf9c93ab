#include "cli/dns_source.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "app/config.h"
#include "base/files.h"
#include "dns/stub.h"
#include "dns/unbound.h"
#include "dns/zone_fake.h"
#include "json/json.h"

namespace ph::cli {

Result<std::unique_ptr<dns::Resolver>> dns_source(const Invocation& invocation) {
  if (invocation.has("dns")) {
    std::string text = TRY(read_file(invocation.text("dns"), limits::kMessageBytes));
    return std::make_unique<dns::ZoneFake>(TRY(dns::ZoneFake::from_json(text)));
  }
  if (invocation.has("dns-server")) {
    auto server = TRY(Endpoint::parse(invocation.text("dns-server")));
    return std::make_unique<dns::StubResolver>(dns::StubOptions{.servers = {server}});
  }
  app::Config config =
      TRY(app::load_config({.file = invocation.global.config, .sets = invocation.global.sets}));
  if (!config.dns_servers.empty())
    return std::make_unique<dns::StubResolver>(dns::StubOptions{.servers = config.dns_servers});
  return TRY(dns::Unbound::make({}));
}

WallTime now_of(const Invocation& invocation) {
  auto now = invocation.number("now");
  return now ? WallTime::from_seconds(*now) : system_clock().wall();
}

int print_verdict(const json::Value& verdict) {
  std::fputs((json::serialize(verdict) + "\n").c_str(), stdout);
  return kDone;
}

int usage(const std::string& why) {
  std::fprintf(stderr, "posthouse: %s\n", why.substr(0, why.find('\n')).c_str());
  return kUsage;
}

Result<std::string> read_stdin() {
  std::string out;
  char buffer[64 << 10];
  while (true) {
    ssize_t n = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("standard input", errno);
    if (n == 0) return out;
    out.append(buffer, static_cast<size_t>(n));
    if (out.size() > limits::kMessageBytes)
      return fail(Errc::limit, "standard input is larger than a message may be");
  }
}

}  // namespace ph::cli
