#include "dns/authoritative.h"

#include <algorithm>

#include "base/limits.h"

namespace ph::dns {
namespace {

// The name one label up; empty above a single label.
std::string parent_of(const std::string& name) {
  size_t dot = name.find('.');
  return dot == std::string::npos ? std::string() : name.substr(dot + 1);
}

}  // namespace

net::Task<AuthoritativeResolver::Servers> AuthoritativeResolver::servers_of(std::string name,
                                                                            Deadline deadline) {
  // Upwards to the first name with NS records: the zone's apex (RFC 2181 §6.1).
  for (std::string zone = name; !zone.empty(); zone = parent_of(zone)) {
    Answer ns = co_await options_.finder->query({zone, Type::ns}, deadline);
    if (ns.temporary()) co_return Servers{ns.status, {}};
    if (!ns.ok()) continue;
    Servers out{Status::ok, {}};
    std::vector<std::string> hosts = ns.targets();
    hosts.resize(std::min<size_t>(hosts.size(), limits::kDnsZoneServers));
    for (const std::string& host : hosts) {
      Answer addresses = co_await options_.finder->query({host, Type::a}, deadline);
      for (const IpAddress& ip : addresses.addresses()) out.at.push_back({ip, options_.port});
      if (!out.at.empty() && out.at.size() >= 2) break;  // two different ways are enough
    }
    if (out.at.empty()) out.status = Status::servfail;
    co_return out;
  }
  co_return Servers{Status::nxdomain, {}};
}

net::Task<Answer> AuthoritativeResolver::query(Question question, Deadline deadline) {
  std::vector<std::string> aliases;
  for (unsigned step = 0; step <= limits::kCnameChain; ++step) {
    Servers servers = co_await servers_of(question.name, deadline);
    if (servers.status == Status::nxdomain) co_return Answer::failed(Status::nxdomain);
    if (servers.status != Status::ok)
      co_return Answer::failed(servers.status, "the zone's name servers cannot be found");
    StubResolver stub({.servers = servers.at, .random = options_.random,
                       .network = options_.network});
    std::string unfollowed;
    Answer answer = Answer::failed(Status::servfail, "no name server of the zone answered");
    for (const Endpoint& server : servers.at) {
      Deadline one = deadline.sooner(net::Loop::current()->in(limits::kDnsTry));
      auto response = co_await stub.exchange(server, question, DnssecWish::no, one);
      if (!response) continue;
      answer = interpret(*response, question, &unfollowed);
      answer.server = server.text();
      if (!unfollowed.empty() || !answer.temporary()) break;
    }
    answer.aliases.insert(answer.aliases.begin(), aliases.begin(), aliases.end());
    if (unfollowed.empty()) co_return answer;
    aliases = std::move(answer.aliases);
    question.name = std::move(unfollowed);
  }
  co_return Answer::failed(Status::servfail, "the CNAME chain is too long or a loop");
}

}  // namespace ph::dns
