// Purpose: where a diagnosis verb asks the DNS: --dns FILE.json, --dns-server H:P, or the
//   configuration's servers.
// Errors: a file or address that is none.
#pragma once

#include <memory>

#include "base/limits.h"
#include "cli/command.h"
#include "dns/resolver.h"
#include "json/json.h"
#include "net/loop.h"

namespace ph::cli {

inline constexpr Option kDnsOption{"dns", OptionKind::text, Need::optional,
                                   "answers from FILE.json instead of the DNS"};
inline constexpr Option kDnsServerOption{"dns-server", OptionKind::text, Need::optional,
                                         "asks this server, HOST:PORT"};
inline constexpr Option kNowOption{"now", OptionKind::number, Need::optional,
                                   "seconds since 1970 instead of the clock"};

// A diagnosis has its answer within ten seconds, whatever the DNS does.
inline constexpr Duration kDiagnosisWait = std::chrono::seconds(8);

Result<std::unique_ptr<dns::Resolver>> dns_source(const Invocation& invocation);

// Runs a coroutine that asks a resolver.
template <class T>
T ask_dns(net::Loop& loop, net::Task<T> task) {
  return loop.run_until(std::move(task));
}

WallTime now_of(const Invocation& invocation);

// One line of JSON on stdout, exit 0; or one line on stderr, exit 2.
int print_verdict(const json::Value& verdict);
int usage(const std::string& why);
// Standard input, at most kMessageBytes.
Result<std::string> read_stdin();

}  // namespace ph::cli
