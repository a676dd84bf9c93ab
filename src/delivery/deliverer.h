// Purpose: makes one attempt for one recipient: where to (route or MX), signed with what, over
//   which session; and says what happened.
// Shapes: N net loops; a site's sessions live on one of them, so that a session is found again.
// Errors: none: whatever goes wrong is an AttemptResult with its Cause. An end of data whose reply
//   is lost is deferred with Cause::reply_lost: it may be delivered twice, never lost
//   (RFC 5321 §6.1, RFC 1047).
// Threads: attempt() on any loop; the rest of the work runs on the loops of DelivererOptions.
// Not here: when to try again, limits per destination (queue/).
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/random.h"
#include "core/attempt.h"
#include "delivery/mx.h"
#include "delivery/route.h"
#include "delivery/signer.h"
#include "delivery/transport.h"
#include "delivery/waits.h"
#include "dns/resolver.h"
#include "net/stream.h"

namespace ph::delivery {

struct DelivererOptions {
  std::vector<net::Loop*> loops;  // at least one
  Clock* clock = nullptr;
  Random* random = nullptr;
  dns::Resolver* resolver = nullptr;
  net::Network* network = nullptr;
  Signer* signer = nullptr;                          // null: mail goes unsigned
  // MAIL FROM of one recipient, without <>.
  std::function<std::string(const store::MessageRow&, const store::RecipientRow&)> return_path;
  // Makes the mail of a message that is kept as a row of a bulk job; null: there is none.
  std::function<net::Task<Result<std::shared_ptr<const std::string>>>(
      const store::MessageRow&, std::shared_ptr<const std::string> record)>
      render;
  Routes routes;
  PrivateAddresses private_addresses = PrivateAddresses::refused;
  uint16_t port = 25;                                // of every MX
  Waits waits{};
  std::string mail_host;                             // installation.mail_host; empty: not known
  std::string helo;                                  // a name, or an address literal
  std::vector<Endpoint> own_listeners;               // our inbound listeners, for loops
};

class Deliverer {
 public:
  explicit Deliverer(DelivererOptions options);
  // Over another Transport, on the one loop of the options.
  Deliverer(DelivererOptions options, std::unique_ptr<Transport> transport);
  ~Deliverer();  // the loops have stopped, and still exist

  net::Task<core::AttemptResult> attempt(core::AttemptOrder order);
  // Says QUIT on idle sessions and keeps none from now on.
  void close_idle();
  std::string site(std::string_view domain) const { return routes_.site(domain); }

 private:
  struct Lane;
  Routes routes_;
  std::vector<std::shared_ptr<Lane>> lanes_;
};

}  // namespace ph::delivery
