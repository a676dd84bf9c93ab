// Purpose: our own DNS client: asks named servers now, without a cache between, so that a person
//   who has just changed a record sees it.
// Shapes: UDP with EDNS first, from a new port with a random id and mixed case (0x20); TCP when an
//   answer is cut short or its case differs. Servers are asked in turn, `per_server` each
//   or their share of the time, twice; one that refuses costs no time.
// Threads: query() on any loop.
// Errors: see Answer; of the servers' failures the last is told.
// Spec: RFC 1035 §4.2, RFC 5452 §9, RFC 7766 §5, RFC 6891.
// Not here: caching, DNSSEC, recursion (unbound.h).
#pragma once

#include <vector>

#include "base/ip.h"
#include "base/random.h"
#include "dns/codec.h"
#include "dns/resolver.h"
#include "net/stream.h"

namespace ph::dns {

struct StubOptions {
  std::vector<Endpoint> servers;
  Duration per_server = limits::kDnsTry;         // then the next is asked
  Duration per_query = limits::kDnsInteractive;  // all servers together, for one name of a chain
  Duration resend{0};  // without an answer a datagram is sent again, after twice as long each time
  Random* random = &system_random();
  net::Network* network = nullptr;  // for TCP; null: system_network(Reach::anywhere)
};

// What one exchange carries besides its question.
enum class DnssecWish : uint8_t { no, yes };  // yes: DO, so that RRSIG records come along

// A response that fits its question, and its octets.
struct Packet {
  Message message;
  std::string octets;
};

// One server's word. `unfollowed` is a CNAME's target of which it says nothing.
struct StubAnswer {
  Answer answer;
  std::string unfollowed;
};

class StubResolver : public Resolver {
 public:
  explicit StubResolver(StubOptions options);

  net::Task<Answer> query(Question question, Deadline deadline) override;
  // The same of one server only.
  net::Task<Answer> query_at(Endpoint server, Question question, Deadline deadline);
  // The first usable word of these servers; CNAMEs are followed only inside it.
  net::Task<StubAnswer> query_once(std::vector<Endpoint> servers, Question question,
                                   Deadline deadline);
  // One raw exchange with one server: the decoded response, whatever it says.
  net::Task<Result<Message>> exchange(Endpoint server, Question question, DnssecWish wish,
                                      Deadline deadline);
  // The same for a query as it stands, whose id is chosen anew.
  net::Task<Result<Packet>> pass_on(Endpoint server, Message query, Deadline deadline);

 private:
  net::Task<Result<Packet>> over_udp(Endpoint server, Message query, Deadline deadline);
  net::Task<Result<Packet>> over_tcp(Endpoint server, Message query, Deadline deadline);
  net::Task<Answer> follow(std::vector<Endpoint> servers, Question question, Deadline deadline);
  std::string mixed_case(std::string name);

  StubOptions options_;
};

}  // namespace ph::dns
