// Purpose: the sandbox: a zone of our own that answers for *.sandbox.example, and a receiver to
//   which all mail goes, so that the whole way of a mail can be tried without owning a domain.
// Shapes: resolver() tells the truth of the zone and knows nothing else: domain checks are honest.
//   delivery_resolver() sends every recipient's domain to the receiver. The receiver takes a mail
//   into the inbox, unless its local part says otherwise: bounce (550), defer (451), slow (5 s).
//   stop() comes after the last delivery.
// Threads: made before the loops run; the rest any loop.
// Errors: of publish(): invalid_field for a name outside sandbox.example, or for our own hosts.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/domain.h"
#include "dns/listener.h"
#include "dns/zone.h"
#include "net/listener.h"
#include "net/tls.h"
#include "smtp/return_path.h"
#include "smtpio/session_group.h"

namespace ph::sandbox {

inline constexpr const char* kOrigin = "sandbox.example";

struct SandboxOptions {
  store::Store& store;
  Clock& clock;
  const smtp::ReturnPathKeys& return_path_keys;
};

// Answers from the zone; other names do not exist.
class ZoneResolver : public dns::Resolver {
 public:
  explicit ZoneResolver(std::shared_ptr<dns::Zone> zone) : zone_(std::move(zone)) {}
  net::Task<dns::Answer> query(dns::Question question, Deadline deadline) override;

 private:
  std::shared_ptr<dns::Zone> zone_;
};

// Every MX is the receiver.
class DeliveryResolver : public dns::Resolver {
 public:
  net::Task<dns::Answer> query(dns::Question question, Deadline deadline) override;
};

class Sandbox {
 public:
  static Result<std::unique_ptr<Sandbox>> open(SandboxOptions options);
  Result<> start(std::span<net::Loop* const> loops, const std::vector<Endpoint>& dns_listen);
  void stop();

  uint16_t receiver_port() const { return receiver_->local().port; }
  std::vector<Endpoint> dns_locals() const;
  dns::Resolver& resolver() { return resolver_; }
  dns::Resolver& delivery_resolver() { return delivery_resolver_; }
  core::Installation installation() const;
  // The records that the domain wants, into the zone and its rows.
  net::Task<core::Outcome<>> publish(core::DomainView view);

 private:
  Sandbox(SandboxOptions options, std::shared_ptr<dns::Zone> zone);
  core::Outcome<> may_publish(const core::RecordFinding& finding, const std::string& domain) const;
  SandboxOptions options_;
  std::shared_ptr<dns::Zone> zone_;
  ZoneResolver resolver_;
  DeliveryResolver delivery_resolver_;
  std::shared_ptr<net::TlsServerContext> tls_;
  std::shared_ptr<smtpio::SessionGroup> sessions_ = smtpio::SessionGroup::make();
  std::unique_ptr<net::Listener> receiver_;
  std::vector<std::unique_ptr<dns::DnsListener>> name_servers_;
};

}  // namespace ph::sandbox
