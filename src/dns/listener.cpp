#include "dns/listener.h"

#include <atomic>

#include "base/limits.h"
#include "base/log.h"
#include "net/udp.h"

namespace ph::dns {
namespace {

// RFC 1035 §4.2.2: two octets of length, then the message. None: the peer ended, or is too slow.
net::Task<std::optional<std::string>> read_exactly(net::Stream& stream, size_t size,
                                                   Deadline deadline) {
  std::string out;
  while (out.size() < size) {
    auto piece = co_await stream.read(size - out.size(), deadline);
    if (!piece || piece->empty()) co_return std::nullopt;
    out += *piece;
  }
  co_return out;
}

net::Task<void> serve_tcp(std::unique_ptr<net::Stream> stream, Responder responder) {
  net::Loop* loop = net::Loop::current();
  for (unsigned i = 0; i < limits::kDnsTcpQueries; ++i) {
    Deadline deadline = loop->in(limits::kDnsTcpIdle);
    auto length = co_await read_exactly(*stream, 2, deadline);
    if (!length) co_return;
    size_t size = static_cast<size_t>(static_cast<uint8_t>((*length)[0])) << 8 |
                  static_cast<uint8_t>((*length)[1]);
    auto query = co_await read_exactly(*stream, size, deadline);
    if (!query) co_return;
    auto response = responder(*query, Transport::tcp);
    if (!response) co_return;
    std::string framed{static_cast<char>(response->size() >> 8),
                       static_cast<char>(response->size())};
    framed += *response;
    auto written = co_await stream->write(std::move(framed), deadline);
    if (!written) co_return;
  }
}

}  // namespace

struct DnsListener::State {
  std::unique_ptr<net::UdpSocket> udp;
  std::unique_ptr<net::Listener> tcp;
  Responder responder;
  std::atomic<bool> stopped{false};
};

namespace {

template <class State>
net::Task<void> serve_udp(std::shared_ptr<State> state, net::Loop* loop) {
  while (!state->stopped) {
    auto datagram = co_await state->udp->receive(loop->in(limits::kDnsListenTurn));
    if (state->stopped) co_return;
    if (!datagram) {
      if (datagram.error().code == Errc::timeout) continue;
      if (datagram.error().code == Errc::closed) co_return;
      log::warn("dns listener: receive failed", {{"error", datagram.error().message}});
      co_await net::sleep_for(limits::kDnsListenPause);
      continue;
    }
    auto response = state->responder(datagram->bytes, Transport::udp);
    if (!response) continue;
    auto sent = state->udp->send(datagram->from, *response);
    if (!sent) log::debug("dns listener: send failed", {{"error", sent.error().message}});
  }
}

}  // namespace

DnsListener::DnsListener(std::shared_ptr<State> state) : state_(std::move(state)) {}
DnsListener::~DnsListener() { stop(); }

Result<> DnsListener::open(net::Loop& loop, Endpoint at) {
  state_->udp = TRY(net::UdpSocket::bind(loop, at));
  at.port = state_->udp->local().port;
  net::ListenOptions options;
  options.at = at;
  net::Loop* loops[] = {&loop};
  state_->tcp = TRY(net::Listener::start(loops, options, [answer = state_->responder](auto stream) {
    return serve_tcp(std::move(stream), answer);
  }));
  return {};
}

Result<std::unique_ptr<DnsListener>> DnsListener::start(net::Loop& loop, Endpoint at,
                                                        Responder responder) {
  auto state = std::make_shared<State>();
  state->responder = std::move(responder);
  std::unique_ptr<DnsListener> listener(new DnsListener(std::move(state)));
  // A port that the kernel finds free for UDP may be in use by a TCP connection.
  unsigned tries = at.port == 0 ? limits::kDnsListenTries : 1;
  Result<> opened = listener->open(loop, at);
  while (!opened && --tries > 0) opened = listener->open(loop, at);
  if (!opened) return std::unexpected(opened.error());
  loop.spawn(serve_udp(listener->state_, &loop));
  return listener;
}

Result<std::unique_ptr<DnsListener>> DnsListener::start(net::Loop& loop, Endpoint at,
                                                        std::vector<std::shared_ptr<Zone>> zones) {
  return start(loop, at, [zones = std::move(zones)](std::string_view query, Transport transport) {
    return respond(zones, query, transport);
  });
}

Endpoint DnsListener::local() const { return state_->udp->local(); }

void DnsListener::stop() {
  if (state_->stopped.exchange(true)) return;
  if (state_->tcp) state_->tcp->stop();
}

}  // namespace ph::dns
