// Purpose: asks the name servers of a zone themselves, found through another resolver: what a
//   person has just published is seen at once, whatever caches hold.
// Shapes: the nearest name above the question that has NS records is the zone; its servers are
//   asked through StubResolver, and CNAMEs that lead to another zone are followed there.
// Threads: query() on any loop.
// Errors: servfail when no zone or no server's address can be found.
// Spec: RFC 1034 §4.2, RFC 2181 §6.
#pragma once

#include "dns/stub.h"

namespace ph::dns {

struct AuthoritativeOptions {
  Resolver* finder = nullptr;  // finds NS records and addresses; may cache
  uint16_t port = 53;          // of every name server
  Random* random = &system_random();
  net::Network* network = nullptr;
};

class AuthoritativeResolver : public Resolver {
 public:
  explicit AuthoritativeResolver(AuthoritativeOptions options) : options_(options) {}
  net::Task<Answer> query(Question question, Deadline deadline) override;

 private:
  // Status ok and `servers`, or why not.
  struct Servers {
    Status status = Status::servfail;
    std::vector<Endpoint> at;
  };
  net::Task<Servers> servers_of(std::string name, Deadline deadline);
  AuthoritativeOptions options_;
};

}  // namespace ph::dns
