// Purpose: the DNS questions behind mx.h: MX, then A and AAAA of all hosts at the same time.
#include "base/limits.h"
#include "delivery/mx.h"
#include "net/gather.h"

namespace ph::delivery {
namespace {

net::Task<std::vector<HostAnswers>> ask_hosts(dns::Resolver& resolver,
                                              std::vector<Exchange> exchanges,
                                              Deadline deadline) {
  static_assert(2 * limits::kMxHosts <= limits::kGatherMost);
  std::vector<net::Task<dns::Answer>> questions;
  for (const Exchange& exchange : exchanges) {
    questions.push_back(resolver.query({exchange.host, dns::Type::a}, deadline));
    questions.push_back(resolver.query({exchange.host, dns::Type::aaaa}, deadline));
  }
  std::vector<dns::Answer> answers = co_await net::gather(std::move(questions));
  std::vector<HostAnswers> out;
  for (size_t i = 0; i < exchanges.size(); ++i) {
    out.push_back({std::move(exchanges[i]), std::move(answers[2 * i]),
                   std::move(answers[2 * i + 1])});
  }
  co_return out;
}

Targets settle(std::variant<std::vector<Target>, NoTarget> found) {
  if (auto* none = std::get_if<NoTarget>(&found)) return {{}, std::move(*none)};
  return {std::move(std::get<std::vector<Target>>(found)), std::nullopt};
}

}  // namespace

net::Task<Targets> find_targets(dns::Resolver& resolver, std::string domain, MxRules rules,
                                Random& random, Deadline deadline) {
  if (domain.starts_with('[')) co_return settle(literal_target(domain, rules));
  dns::Answer mx = co_await resolver.query({domain, dns::Type::mx}, deadline);
  auto exchanges = exchanges_of(domain, mx, rules, random);
  if (auto* none = std::get_if<NoTarget>(&exchanges)) co_return Targets{{}, std::move(*none)};
  std::vector<HostAnswers> hosts = co_await ask_hosts(
      resolver, std::move(std::get<std::vector<Exchange>>(exchanges)), deadline);
  co_return settle(targets_of(domain, hosts, rules, random));
}

net::Task<Targets> find_route_targets(dns::Resolver& resolver, std::string host, uint16_t port,
                                      Random& random, Deadline deadline) {
  if (auto ip = IpAddress::parse(host)) co_return Targets{{{host, {*ip, port}, 0}}, std::nullopt};
  MxRules rules{PrivateAddresses::allowed, port, {}, {}};
  std::vector<Exchange> one;
  one.push_back({host, 0});
  std::vector<HostAnswers> hosts = co_await ask_hosts(resolver, std::move(one), deadline);
  Targets found = settle(targets_of(host, hosts, rules, random));
  // A next hop without an address is its operator's to mend: mail waits.
  if (found.none && found.none->outcome == core::AttemptOutcome::bounced) {
    found.none = NoTarget{core::AttemptOutcome::deferred, core::Cause::dns_temporary, "4.4.4",
                          fmt::format("the next hop {} has no address", host)};
  }
  co_return found;
}

}  // namespace ph::delivery
