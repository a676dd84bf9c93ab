// Purpose: what every service of core works with, made once by app.
// Threads: shared by all loops; everything in it is safe to use from any.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ip.h"
#include "base/random.h"
#include "core/accepted.h"
#include "core/request_rate.h"
#include "core/sender_facts.h"
#include "crypto/password.h"
#include "crypto/seal.h"
#include "dns/resolver.h"
#include "net/worker_pool.h"
#include "store/store.h"

namespace ph::core {

// The names and addresses of design section 5: H, S and the sending addresses.
struct Installation {
  std::string mail_host;  // H: where MX records point
  std::string spf_name;   // S: what SPF records include
  std::vector<IpAddress> sending_ips;
  bool allow_customer_mx = false;  // MX elsewhere is fine when bounce.D points to H
};

struct Context {
  store::Store& store;
  dns::Resolver& direct;  // uncached: what a person has just published is seen at once
  Clock& clock;
  Random& random;
  const crypto::MasterKey& master;
  crypto::PasswordPool& passwords;
  net::WorkerPool& crypto_pool;
  RequestRate& request_rate;
  Installation installation;
  std::shared_ptr<SenderFacts> sender_facts = std::make_shared<SenderFacts>();
  // Where accepted messages go after their commit; set by app before the doors open.
  std::function<void(Accepted)> on_accepted;
};

}  // namespace ph::core
