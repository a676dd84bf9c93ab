#include "dns/authoritative.h"

#include <algorithm>

#include "dns/wire_name.h"

namespace ph::dns {

AuthoritativeResolver::AuthoritativeResolver(AuthoritativeOptions options)
    : options_(options),
      stub_({.servers = {}, .random = options.random, .network = options.network}) {}

// Up from the name until a zone says who serves it.
net::Task<std::vector<std::string>> AuthoritativeResolver::hosts_of(std::string name,
                                                                    Answer* failure,
                                                                    Deadline deadline) {
  auto labels = name_labels(name);
  if (!labels) {
    *failure = Answer::failed(Status::nxdomain, labels.error().message);
    co_return std::vector<std::string>();
  }
  for (size_t i = 0; i < labels->size(); ++i) {
    std::string zone = name_from_labels(std::span(*labels).subspan(i));
    Answer answer = co_await options_.finder->query({std::move(zone), Type::ns}, deadline);
    // Names behind a CNAME are another zone's.
    if (answer.ok() && answer.aliases.empty()) co_return answer.targets();
    if (answer.temporary()) {
      *failure = std::move(answer);
      co_return std::vector<std::string>();
    }
  }
  *failure = Answer::failed(Status::servfail, "no zone with name servers holds this name");
  co_return std::vector<std::string>();
}

net::Task<AuthoritativeResolver::Servers> AuthoritativeResolver::servers_of(std::string name,
                                                                            Deadline deadline) {
  Servers out;
  auto hosts = co_await hosts_of(std::move(name), &out.failure, deadline);
  bool refused = false;
  for (const std::string& host : hosts) {
    for (Type type : {Type::a, Type::aaaa}) {
      if (out.endpoints.size() >= limits::kDnsZoneServers) co_return out;
      Answer answer = co_await options_.finder->query({host, type}, deadline);
      auto addresses = answer.addresses();
      if (addresses.empty()) continue;
      bool special = addresses[0].is_special();
      refused = refused || special;
      if (special && options_.private_servers == PrivateServers::refused) continue;
      out.endpoints.push_back({addresses[0], options_.port});
      break;
    }
  }
  if (out.endpoints.empty() && !hosts.empty())
    out.failure = Answer::failed(Status::servfail,
                                 refused ? "the zone's name servers have private addresses"
                                         : "the zone's name servers have no addresses");
  co_return out;
}

net::Task<Answer> AuthoritativeResolver::query(Question question, Deadline deadline) {
  std::vector<std::string> aliases;
  uint32_t ttl = INT32_MAX;
  for (unsigned step = 0; step <= limits::kCnameChain; ++step) {
    Servers servers = co_await servers_of(question.name, deadline);
    if (servers.endpoints.empty()) co_return servers.failure;
    auto [answer, unfollowed] = co_await stub_.query_once(servers.endpoints, question, deadline);
    answer.aliases.insert(answer.aliases.begin(), aliases.begin(), aliases.end());
    ttl = answer.ttl = std::min(ttl, answer.ttl);
    if (unfollowed.empty()) co_return answer;
    aliases = std::move(answer.aliases);
    question.name = std::move(unfollowed);
  }
  co_return Answer::failed(Status::servfail, "the CNAME chain is too long or a loop");
}

}  // namespace ph::dns
