#include "delivery/deliverer.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "delivery/reply_cause.h"
#include "delivery/smtp_transport.h"
#include "net/memory_budget.h"
#include "net/oneshot.h"

namespace ph::delivery {
namespace {

using core::AttemptOutcome;
using core::AttemptResult;
using core::Cause;

metrics::Counter attempts_total("posthouse_delivery_attempts_total", "delivery attempts");

AttemptResult local_failure(std::string why) {
  AttemptResult out;
  out.cause = Cause::local_error;
  out.enhanced = "4.3.0";  // RFC 3463 §3.4: other or undefined mail system status
  out.reply = kept_reply(std::move(why));
  return out;
}

// RCPT in ASCII where the local part allows: the row keeps the domain's A-labels.
std::string envelope_address(const store::RecipientRow& recipient) {
  size_t at = recipient.address.rfind('@');
  if (at == std::string::npos) return recipient.address;
  return recipient.address.substr(0, at + 1) + recipient.domain;
}

}  // namespace

// The work of one net loop.
struct Deliverer::Lane {
  Lane(const DelivererOptions& o, net::Loop* l, std::unique_ptr<Transport> t)
      : options(o), loop(l), transport(std::move(t)) {
    rules.private_addresses = o.private_addresses;
    rules.port = o.port;
    rules.mail_host = o.mail_host;
    rules.listeners = o.own_listeners;
  }

  net::Task<AttemptResult> attempt(core::AttemptOrder order);
  net::Task<Targets> targets(const std::string& domain, const Route* route);
  net::Task<Result<std::shared_ptr<const std::string>>> content_of(
      const core::AttemptOrder& order);
  net::Task<Result<Parcel>> parcel(const core::AttemptOrder& order);
  net::Task<AttemptResult> carry(std::vector<Target> list, const Route* route, Parcel parcel,
                                 Deadline deadline);
  Hop hop(const Target& target, const Route* route) const;
  void idle_first(std::vector<Target>& list, const Route* route) const;

  DelivererOptions options;
  net::Loop* loop;
  std::unique_ptr<Transport> transport;
  MxRules rules;
  std::shared_ptr<net::MemoryBudget> rendered =
      std::make_shared<net::MemoryBudget>(limits::kBulkRenderedTogether);
};

bool is_rendered(const core::AttemptOrder& order) {
  return (order.message->flags & store::kRendered) != 0;
}

net::Task<Result<std::shared_ptr<const std::string>>> Deliverer::Lane::content_of(
    const core::AttemptOrder& order) {
  if (!is_rendered(order)) co_return order.content;
  if (!options.render) co_return fail(Errc::unsupported, "nobody renders mail here");
  co_return co_await options.render(*order.message, order.content);
}

net::Task<Targets> Deliverer::Lane::targets(const std::string& domain, const Route* route) {
  Deadline deadline = Deadline::in(*options.clock, limits::kMxLookupWait);
  if (route) {
    return find_route_targets(*options.resolver, route->host, route->port, *options.random,
                              deadline);
  }
  return find_targets(*options.resolver, domain, rules, *options.random, deadline);
}

net::Task<Result<Parcel>> Deliverer::Lane::parcel(const core::AttemptOrder& order) {
  const store::MessageRow& message = *order.message;
  Parcel out;
  out.sender = options.return_path(message, order.recipient);
  out.recipient = envelope_address(order.recipient);
  out.content = CO_TRY(co_await content_of(order));
  out.eight_bit = (message.flags & store::kEightBit) != 0;
  out.utf8_headers = (message.flags & store::kSmtpUtf8) != 0;
  out.owned = order.owned;
  out.handing_over = order.handing_over;
  if (options.signer) {
    out.signatures =
        CO_TRY(co_await options.signer->sign(message.id, message.domain_id, out.content));
  }
  co_return out;
}

Hop Deliverer::Lane::hop(const Target& target, const Route* route) const {
  Hop out{target.host, target.at, RouteTls::opportunistic, {}, {}};
  if (!route) return out;
  out.tls = route->tls;
  out.user = route->user;
  out.password = route->password;
  return out;
}

// Among the equally preferred, one that has a session open saves a connection.
void Deliverer::Lane::idle_first(std::vector<Target>& list, const Route* route) const {
  auto equal_end = std::ranges::find_if(
      list, [&](const Target& t) { return t.preference != list.front().preference; });
  auto idle = std::find_if(list.begin(), equal_end, [&](const Target& target) {
    return transport->has_idle(hop(target, route));
  });
  if (idle != equal_end) std::rotate(list.begin(), idle, idle + 1);
}

net::Task<AttemptResult> Deliverer::Lane::carry(std::vector<Target> list, const Route* route,
                                                Parcel parcel, Deadline deadline) {
  AttemptResult out;
  idle_first(list, route);
  for (size_t i = 0; i < list.size(); ++i) {
    bool last = i + 1 == list.size();
    Duration connect = options.waits.connect;
    if (!last) connect = std::min(connect, limits::kConnectWaitMany);
    Carried carried = co_await transport->carry(hop(list[i], route), parcel, connect, deadline);
    out.outcome = carried.outcome;
    out.cause = carried.cause;
    out.code = carried.code;
    out.enhanced = std::move(carried.enhanced);
    out.reply = std::move(carried.reply);
    out.tls = std::move(carried.tls);
    out.transcript = std::move(carried.transcript);
    out.host = list[i].host;
    out.address = list[i].at.text();
    if (carried.next == Next::stop || deadline.passed(*options.clock)) break;
  }
  co_return out;
}

net::Task<AttemptResult> Deliverer::Lane::attempt(core::AttemptOrder order) {
  MonoTime begun = options.clock->mono();
  Deadline deadline = Deadline::in(*options.clock, options.waits.session);
  attempts_total.add();
  const Route* route = options.routes.find(order.recipient.domain);
  Targets found = co_await targets(order.recipient.domain, route);
  AttemptResult out;
  net::MemoryBudget::Share room;
  if (!found.none && is_rendered(order))
    room = co_await rendered->take(static_cast<size_t>(order.message->size));
  if (found.none) {
    out.outcome = found.none->outcome;
    out.cause = found.none->cause;
    out.enhanced = std::move(found.none->enhanced);
    out.reply = kept_reply(std::move(found.none->text));
  } else if (auto made = co_await parcel(order); !made) {
    log::warn("a message could not be prepared for delivery",
              {{"message", order.message->id.value}, {"detail", made.error().message}});
    out = local_failure("the message could not be made and signed");
  } else {
    out = co_await carry(std::move(found.list), route, std::move(*made), deadline);
  }
  out.duration = options.clock->mono() - begun;
  co_return out;
}

namespace {

template <class LanePtr>
net::Task<void> run_attempt(LanePtr lane, core::AttemptOrder order,
                            net::OneShot<AttemptResult>::Sender sender) {
  AttemptResult result = co_await lane->attempt(std::move(order));
  sender.send(std::move(result));
}

}  // namespace

Deliverer::Deliverer(DelivererOptions options) : routes_(options.routes) {
  PH_CHECK(!options.loops.empty() && options.clock && options.random && options.resolver);
  PH_CHECK(options.network && options.return_path);
  for (net::Loop* loop : options.loops) {
    auto transport = std::make_unique<SmtpTransport>(SmtpTransportOptions{
        options.network, options.clock, options.helo, limits::kConnectionIdle,
        options.waits.phases});
    lanes_.push_back(std::make_shared<Lane>(options, loop, std::move(transport)));
  }
}

Deliverer::Deliverer(DelivererOptions options, std::unique_ptr<Transport> transport)
    : routes_(options.routes) {
  PH_CHECK(options.loops.size() == 1);
  lanes_.push_back(std::make_shared<Lane>(options, options.loops.front(), std::move(transport)));
}

Deliverer::~Deliverer() = default;

net::Task<AttemptResult> Deliverer::attempt(core::AttemptOrder order) {
  size_t which = std::hash<std::string>()(site(order.recipient.domain)) % lanes_.size();
  std::shared_ptr<Lane> lane = lanes_[which];
  net::OneShot<AttemptResult> shot;
  auto begin = [lane, order = std::move(order), sender = shot.sender()]() mutable {
    net::Loop* loop = lane->loop;
    loop->spawn(run_attempt(std::move(lane), std::move(order), std::move(sender)));
  };
  lane->loop->post(std::move(begin));
  // The lane keeps its own deadlines; a lane that is gone lets go of its sender.
  std::optional<AttemptResult> result = co_await shot.wait(Deadline::never());
  if (result) co_return std::move(*result);
  AttemptResult out = local_failure("delivery was stopped");
  out.cause = Cause::reply_lost;
  co_return out;
}

void Deliverer::close_idle() {
  for (const auto& lane : lanes_) {
    lane->loop->post([lane] { lane->transport->close_idle(); });
  }
}

}  // namespace ph::delivery
