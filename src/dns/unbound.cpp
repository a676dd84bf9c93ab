#include "dns/unbound.h"

#include <fmt/format.h>

#include <atomic>
#include <mutex>

#include "base/clock.h"
#include "base/log.h"
#include "dns/forwarder.h"
#include "dns/stub.h"
#include "dns/unbound_engine.h"

namespace ph::dns {

struct Unbound::State {
  UnboundOptions options;
  std::unique_ptr<Forwarder> forwarder;  // where servers are configured
  std::shared_ptr<UnboundEngine> engine;      // validates when `validation` says on
  std::shared_ptr<UnboundEngine> unvalidated;  // until the probe has told, and where it says off
  std::atomic<Validation> validation{Validation::not_known_yet};
  std::mutex mutex;
  MonoTime next_probe{0};
};

Unbound::Unbound(std::shared_ptr<State> state) : state_(std::move(state)) {}
Unbound::~Unbound() = default;

Result<std::unique_ptr<Unbound>> Unbound::make(UnboundOptions options) {
  auto state = std::make_shared<State>();
  // From the root nobody stands between who could strip signatures.
  if (options.dnssec == Dnssec::automatic && options.servers.empty())
    options.dnssec = Dnssec::require;
  UnboundOptions inside = options;
  if (!options.servers.empty()) {
    state->forwarder =
        TRY(Forwarder::start({.servers = options.servers, .patience = options.patience}));
    inside.servers = {state->forwarder->local()};
  }
  if (options.dnssec != Dnssec::off)
    state->engine = TRY(UnboundEngine::make(inside, Validate::yes));
  if (options.dnssec != Dnssec::require)
    state->unvalidated = TRY(UnboundEngine::make(inside, Validate::no));
  if (options.dnssec == Dnssec::require) state->validation = Validation::on;
  if (options.dnssec == Dnssec::off) state->validation = Validation::off;
  state->options = std::move(options);
  return std::unique_ptr<Unbound>(new Unbound(std::move(state)));
}

Validation Unbound::validation() const { return state_->validation; }

net::Task<Validation> Unbound::probe(Deadline deadline) {
  auto state = state_;
  if (state->options.dnssec != Dnssec::automatic) co_return state->validation;
  // The root's keys are signed: a server that passes DNSSEC on sends their RRSIG along.
  StubResolver stub({.servers = state->options.servers});
  unsigned answered = 0, signed_answers = 0;
  for (const Endpoint& server : state->options.servers) {
    auto response = co_await stub.exchange(server, {".", Type::dnskey}, DnssecWish::yes, deadline);
    if (!response || response->rcode != Rcode::no_error) continue;
    ++answered;
    for (const Record& record : response->answers)
      if (record.type == Type::rrsig) {
        ++signed_answers;
        break;
      }
  }
  if (answered == 0) co_return state->validation;
  // One server that strips signatures would make its share of all answers bogus.
  Validation found = signed_answers == answered ? Validation::on : Validation::off;
  if (state->validation.exchange(found) != found)
    log::info("dnssec: probed the DNS servers",
              {{"validation", found == Validation::on ? "on" : "off"}, {"answered", answered}});
  co_return found;
}

net::Task<Validation> Unbound::settled(Deadline deadline) {
  auto state = state_;
  if (state->validation == Validation::not_known_yet) {
    Clock& clock = net::Loop::current()->clock();
    bool mine = false;
    {
      std::lock_guard lock(state->mutex);
      mine = clock.mono() >= state->next_probe;
      if (mine) state->next_probe = clock.mono() + limits::kDnsProbeAgain;
    }
    if (mine) co_await probe(deadline.sooner(Deadline::in(clock, limits::kDnsProbe)));
  }
  co_return state->validation;
}

net::Task<Answer> Unbound::query(Question question, Deadline deadline) {
  auto state = state_;
  Validation validation = co_await settled(deadline);
  auto engine = validation == Validation::on ? state->engine : state->unvalidated;
  co_return co_await UnboundEngine::query(std::move(engine), std::move(question), deadline);
}

}  // namespace ph::dns
