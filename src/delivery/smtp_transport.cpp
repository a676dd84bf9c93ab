#include "delivery/smtp_transport.h"

#include "base/limits.h"
#include "base/metrics.h"

namespace ph::delivery {
namespace {

metrics::Counter opened_total("posthouse_delivery_sessions_total", "SMTP sessions opened");
metrics::Counter reused_total("posthouse_delivery_sessions_reused_total",
                              "messages sent over a session that was open already");

smtp::ClientTls engine_tls(RouteTls tls) {
  switch (tls) {
    case RouteTls::none: return smtp::ClientTls::never;
    case RouteTls::opportunistic: return smtp::ClientTls::opportunistic;
    case RouteTls::require:
    case RouteTls::verify: return smtp::ClientTls::required;
    case RouteTls::implicit: return smtp::ClientTls::implicit;
  }
  return smtp::ClientTls::never;
}

net::Task<void> say_goodbye(std::unique_ptr<Session> session) { co_await session->quit(); }

}  // namespace

struct SmtpTransport::Pool : std::enable_shared_from_this<Pool> {
  struct Idle {
    std::unique_ptr<Session> session;
    std::unique_ptr<net::Loop::Timer> timer;
    uint64_t number = 0;
  };

  explicit Pool(SmtpTransportOptions o)
      : options(std::move(o)),
        sessions(std::make_shared<net::TlsSessionMemory>(*options.clock)) {}

  std::unique_ptr<Session> take(const Hop& hop) {
    auto found = idle.find(hop);
    if (found == idle.end()) return nullptr;
    std::unique_ptr<Session> out = std::move(found->second.back().session);  // the warmest
    found->second.pop_back();
    if (found->second.empty()) idle.erase(found);
    --count;
    return out;
  }

  void keep(const Hop& hop, std::unique_ptr<Session> session) {
    bool wanted = session->reusable() && options.idle > Duration(0);
    if (!wanted || count >= limits::kIdleSessions) {
      net::Loop::current()->spawn(say_goodbye(std::move(session)));
      return;
    }
    uint64_t number = ++numbers;
    auto over = [self = weak_from_this(), hop, number] {
      if (auto pool = self.lock()) pool->end(hop, number);
    };
    auto timer = net::Loop::current()->at(options.clock->mono() + options.idle, std::move(over));
    idle[hop].push_back({std::move(session), std::move(timer), number});
    ++count;
  }

  void end(const Hop& hop, uint64_t number) {
    auto found = idle.find(hop);
    if (found == idle.end()) return;
    auto& list = found->second;
    auto one = std::ranges::find(list, number, &Idle::number);
    if (one == list.end()) return;
    net::Loop::current()->spawn(say_goodbye(std::move(one->session)));
    list.erase(one);
    if (list.empty()) idle.erase(found);
    --count;
  }

  SmtpTransportOptions options;
  std::map<Hop, std::vector<Idle>> idle;  // oldest first
  size_t count = 0;
  uint64_t numbers = 0;
  std::shared_ptr<net::TlsSessionMemory> sessions;
};

SmtpTransport::SmtpTransport(SmtpTransportOptions options)
    : pool_(std::make_shared<Pool>(std::move(options))) {}

SmtpTransport::~SmtpTransport() = default;

bool SmtpTransport::has_idle(const Hop& hop) const { return pool_->idle.contains(hop); }

void SmtpTransport::close_idle() {
  pool_->options.idle = Duration(0);
  while (!pool_->idle.empty()) {
    auto& [hop, list] = *pool_->idle.begin();
    Hop key = hop;  // end() erases the list
    pool_->end(key, list.back().number);
  }
}

net::Task<Carried> SmtpTransport::carry(Hop hop, Parcel parcel, Duration connect,
                                        Deadline deadline) {
  std::shared_ptr<Pool> pool = pool_;
  if (std::unique_ptr<Session> session = pool->take(hop)) {
    Carried carried = co_await session->send(parcel, deadline);
    if (!session->died_unused()) {
      reused_total.add();
      pool->keep(hop, std::move(session));
      co_return carried;
    }
    // It was closed while nobody looked: that is nobody's failure.
  }
  const SmtpTransportOptions& options = pool->options;
  OpenOptions open{hop, options.helo, connect, engine_tls(hop.tls), options.waits,
                   pool->sessions};
  Opened opened = co_await Session::open(*options.network, *options.clock, open, deadline);
  auto* none = std::get_if<NotOpened>(&opened);
  if (none && none->resuming) {
    open.sessions = nullptr;
    opened = co_await Session::open(*options.network, *options.clock, open, deadline);
    none = std::get_if<NotOpened>(&opened);
  }
  if (none && none->tls_broke && hop.tls == RouteTls::opportunistic) {
    open.tls = smtp::ClientTls::never;
    opened = co_await Session::open(*options.network, *options.clock, open, deadline);
    none = std::get_if<NotOpened>(&opened);
  }
  if (none) co_return std::move(none->carried);
  opened_total.add();
  std::unique_ptr<Session> session = std::move(std::get<std::unique_ptr<Session>>(opened));
  Carried carried = co_await session->send(std::move(parcel), deadline);
  pool->keep(hop, std::move(session));
  co_return carried;
}

}  // namespace ph::delivery
