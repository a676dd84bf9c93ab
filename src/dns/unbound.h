// Purpose: the resolver of delivery: asynchronous, caching, DNSSEC-validating, in process.
// Shapes: forwards to the configured servers (through forwarder.h), or resolves from the root. With
//   Dnssec::automatic the servers are probed: where they do not pass DNSSEC on, answers are taken
//   unvalidated and validation() says so.
// Threads: query() on any loop; background threads of ours and of libunbound's.
// Errors: see Answer. Bogus is temporary, never an absence. Beyond kDnsOutstanding queries in
//   flight one waits for its turn, until its deadline.
// Spec: RFC 4035 §4.3 (secure, bogus).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/limits.h"
#include "dns/resolver.h"

namespace ph::dns {

enum class Dnssec : uint8_t { automatic, require, off };
enum class Validation : uint8_t { on, off, not_known_yet };

struct UnboundOptions {
  std::vector<Endpoint> servers;  // empty: from the root hints
  Dnssec dnssec = Dnssec::automatic;
  std::string root_key = "/usr/share/dns/root.key";
  std::string root_hints = "/usr/share/dns/root.hints";
  std::vector<std::string> trust_anchors;      // further DS or DNSKEY records, zone-file form
  Duration patience = limits::kDnsForward;     // with the servers, for one question
};

class Unbound : public Resolver {
 public:
  static Result<std::unique_ptr<Unbound>> make(UnboundOptions options);
  ~Unbound() override;

  net::Task<Answer> query(Question question, Deadline deadline) override;
  Validation validation() const;
  // validation(), after a probe where it is not known yet and one is due.
  net::Task<Validation> settled(Deadline deadline);
  // Asks the servers anew whether they pass DNSSEC on; Dnssec::automatic only.
  net::Task<Validation> probe(Deadline deadline);

 private:
  struct State;
  explicit Unbound(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace ph::dns
