#include "cli/dns_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include <fmt/format.h>

#include "app/config.h"
#include "dns/stub.h"
#include "dns/unbound.h"
#include "dns/zone_fake.h"
#include "json/json.h"

namespace ph::cli {
namespace {

// All that a descriptor gives, at most `most` octets; a pipe's end too.
Result<std::string> read_all(int fd, size_t most, const std::string& what) {
  std::string out;
  char buffer[64 << 10];
  while (true) {
    ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno(what, errno);
    if (n == 0) return out;
    out.append(buffer, static_cast<size_t>(n));
    if (out.size() > most)
      return fail(Errc::limit, fmt::format("{} is larger than {} octets", what, most));
  }
}

// The file may be a pipe: `--dns <(...)`.
Result<std::string> read_dns_file(const std::string& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return fail_errno("--dns " + path, errno);
  auto text = read_all(fd, limits::kDnsFileBytes, "--dns " + path);
  ::close(fd);
  return text;
}

}  // namespace

Result<std::unique_ptr<dns::Resolver>> dns_source(const Invocation& invocation) {
  if (invocation.has("dns")) {
    std::string text = TRY(read_dns_file(invocation.text("dns")));
    auto zone = dns::ZoneFake::from_json(text);
    if (zone) return std::make_unique<dns::ZoneFake>(std::move(*zone));
    const Error& why = zone.error();
    std::string place = why.field.empty() ? "" : why.field + ": ";
    return fail(Errc::invalid, fmt::format("--dns: {}{}", place, why.message));
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
  return read_all(STDIN_FILENO, limits::kMessageBytes, "standard input");
}

}  // namespace ph::cli
