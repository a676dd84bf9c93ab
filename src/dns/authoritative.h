// Purpose: a Resolver that asks a zone's own name servers, which a finder names: what stands in the
//   zone now, where no dns.servers are configured.
// Threads: query() on any loop.
// Errors: see Answer. Name servers at private addresses are not asked (unless allowed): the
//   owner of a domain chooses where its servers are said to be.
// Spec: RFC 1034 §4.2, RFC 2181 §6.
// Not here: the finder's own way (unbound.h).
#pragma once

#include "dns/stub.h"

namespace ph::dns {

enum class PrivateServers : uint8_t { refused, allowed };

struct AuthoritativeOptions {
  Resolver* finder = nullptr;  // finds NS records and addresses; may cache
  Random* random = &system_random();
  net::Network* network = nullptr;  // for TCP; null: system_network(Reach::anywhere)
  PrivateServers private_servers = PrivateServers::refused;
  uint16_t port = 53;          // of every name server
};

class AuthoritativeResolver : public Resolver {
 public:
  explicit AuthoritativeResolver(AuthoritativeOptions options);
  net::Task<Answer> query(Question question, Deadline deadline) override;

  struct Servers {
    std::vector<Endpoint> endpoints;  // at most kDnsZoneServers
    Answer failure;                   // why there are none
  };
  // Of the zone that holds `name`.
  net::Task<Servers> servers_of(std::string name, Deadline deadline);

 private:
  net::Task<std::vector<std::string>> hosts_of(std::string name, Answer* failure,
                                               Deadline deadline);
  AuthoritativeOptions options_;
  StubResolver stub_;
};

}  // namespace ph::dns
