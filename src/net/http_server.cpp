#include <vector>

#include "base/limits.h"
#include "net/http.h"
#include "net/http_forwarded.h"
#include "net/http_request.h"
#include "net/http_response.h"
#include "net/oneshot.h"
#include "net/wait_list.h"

namespace ph::net {
namespace {

using State = HttpRequestReader::State;

struct Connection;

// The connections of one loop; only that loop touches the list.
struct LoopPart {
  Loop* loop = nullptr;  // compared only
  ListNode connections;
  std::shared_ptr<detail::Signal> stop = detail::Signal::make();
};

// What all connections of a server share and keep alive.
struct Shared {
  HttpHandler handler;
  HttpBodyMost body_most;
  HttpBodyInPieces in_pieces;
  std::shared_ptr<TlsServerContext> tls;
  std::vector<ph::Network> trusted_proxies;
  std::vector<std::unique_ptr<LoopPart>> parts;
  std::atomic<bool> stopping{false};
  std::atomic<size_t> body_bytes{0};  // held by all connections now
};

struct Connection : ListNode {
  Connection(std::shared_ptr<Shared> s, std::unique_ptr<Stream> st)
      : shared(std::move(s)), stream(std::move(st)) {
    for (const auto& part : shared->parts) {
      if (part->loop == Loop::current()) part->connections.append(*this);
    }
  }
  ~Connection() { hold(0); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Counts this connection's body as `bytes`; false when all together are too many.
  bool hold(size_t bytes) {
    size_t before = std::exchange(held, bytes);
    size_t all = shared->body_bytes.fetch_add(bytes - before) + bytes - before;
    return bytes <= before || all <= limits::kHttpBodiesBytes;
  }
  bool stopping() const { return shared->stopping.load(std::memory_order_acquire); }
  Deadline in(Duration d) const { return Loop::current()->in(d); }
  // A body must keep a rate, so that a slow one does not hold its memory for ever.
  static Duration at_rate(size_t bytes) {
    return std::chrono::seconds(static_cast<int64_t>(bytes / limits::kHttpBodyRate));
  }

  std::shared_ptr<Shared> shared;
  std::unique_ptr<Stream> stream;
  std::optional<HttpRequestReader> reader;
  WaitList wake;
  size_t held = 0;
};

Task<> read_into(Connection& c, Deadline deadline, std::optional<Result<std::string>>* out) {
  auto got = co_await c.stream->read(limits::kStreamRead, deadline);
  out->emplace(std::move(got));
  c.wake.notify_all();
}

// Between two requests: a read that also ends when the server stops.
Task<Result<std::string>> read_idle(Connection& c, Deadline deadline) {
  std::optional<Result<std::string>> out;
  Task<> reading = read_into(c, deadline, &out);
  reading.start();
  while (!out && !c.stopping()) co_await c.wake.wait(Deadline::never());
  if (!out) co_return fail(Errc::closed, "the server stops");
  co_return std::move(*out);
}

Task<Result<>> send(Connection& c, HttpResponse response, AfterResponse after,
                    WithBody with_body) {
  std::string bytes = write_http_response(std::move(response), after, with_body,
                                          Loop::current()->clock().wall());
  Deadline deadline = c.in(limits::kHttpWriteWait + Connection::at_rate(bytes.size()));
  co_return co_await c.stream->write(std::move(bytes), deadline);
}

// Ends the connection so that the peer can still read the last response: what it goes on sending
// is read for a moment, because unread bytes would turn the close into a reset.
Task<> close_slowly(Connection& c) {
  Deadline deadline = c.in(limits::kHttpLinger);
  co_await c.stream->shutdown(deadline);
  for (;;) {
    auto got = co_await c.stream->read(limits::kStreamRead, deadline);
    if (!got || got->empty()) co_return;
  }
}

Task<> refuse(Connection& c, int status, const char* why) {
  auto sent = co_await send(c, http_problem(status, why), AfterResponse::close, WithBody::yes);
  if (sent) co_await close_slowly(c);
}

struct Waits {
  Deadline idle;
  Deadline head;
  MonoTime body_from;
};

Deadline next_deadline(const Connection& c, const Waits& waits) {
  if (c.reader->state() == State::start) return waits.idle;
  if (c.reader->state() == State::head) return waits.head;
  return {waits.body_from + limits::kHttpBodyWait + Connection::at_rate(c.held)};
}

// The body of a request that is being answered already.
class Pieces : public HttpBodyStream {
 public:
  explicit Pieces(Connection& c) : c_(c) {}

  Task<Result<std::string>> next() override {
    for (;;) {
      std::string piece = c_.reader->take_piece();
      if (!piece.empty()) co_return piece;
      if (c_.reader->state() == State::done) co_return std::string();
      if (c_.reader->state() == State::refused)
        co_return fail(c_.reader->status() == 413 ? Errc::limit : Errc::invalid,
                       c_.reader->why());
      if (ended_) co_return std::unexpected(*ended_);
      if (c_.stopping()) co_return end(Error{Errc::closed, "the server stops", {}});
      if (!std::exchange(continued_, true) && c_.reader->wants_continue())
        CO_TRY(co_await c_.stream->write("HTTP/1.1 100 Continue\r\n\r\n",
                                         c_.in(limits::kHttpWriteWait)));
      auto got = co_await c_.stream->read(limits::kStreamRead, c_.in(limits::kHttpBodyWait));
      if (!got) co_return end(std::move(got).error());
      if (got->empty()) co_return end(Error{Errc::closed, "the body was cut off", {}});
      c_.reader->feed(*got);
    }
  }

 private:
  std::unexpected<Error> end(Error error) {
    ended_ = error;
    return std::unexpected(std::move(error));
  }

  Connection& c_;
  bool continued_ = false;
  std::optional<Error> ended_;
};

// Until a request is there, or the head of one whose body comes in pieces. False: the connection
// has ended, or was answered with a refusal.
Task<bool> read_request(Connection& c, Duration idle) {
  Clock& clock = Loop::current()->clock();
  Waits waits{c.in(idle), c.in(limits::kHttpHeaderWait), clock.mono()};
  bool continued = false;
  for (;;) {
    State before = c.reader->state();
    if (before == State::done || (before == State::body && c.reader->in_pieces())) co_return true;
    if (before == State::refused) {
      co_await refuse(c, c.reader->status(), c.reader->why());
      co_return false;
    }
    if (c.reader->wants_continue() && !std::exchange(continued, true)) {
      auto told = co_await c.stream->write("HTTP/1.1 100 Continue\r\n\r\n",
                                           c.in(limits::kHttpWriteWait));
      if (!told) co_return false;
    }
    Deadline deadline = next_deadline(c, waits);
    Result<std::string> got;
    if (before == State::start) {
      got = co_await read_idle(c, deadline);
    } else {
      got = co_await c.stream->read(limits::kStreamRead, deadline);
    }
    if (!got && got.error().code == Errc::timeout && before != State::start) {
      co_await refuse(c, 408, "the request came too slowly");
      co_return false;
    }
    if (!got || got->empty()) co_return false;
    State after = c.reader->feed(*got);
    if (before == State::start) waits.head = c.in(limits::kHttpHeaderWait);
    if (before != State::body && after == State::body) waits.body_from = clock.mono();
    if (!c.hold(c.reader->body_bytes())) {
      co_await refuse(c, 503, "too many requests are being received");
      co_return false;
    }
  }
}

Task<> make_piece(Connection& c, std::shared_ptr<HttpBodySource> source,
                  std::optional<std::string>* out) {
  auto piece = co_await source->next();
  out->emplace(std::move(piece));
  c.wake.notify_all();
}

// Until the body's end, or until the server stops or the peer goes or says more.
Task<> send_pieces(Connection& c, HttpResponse response) {
  auto source = response.source;
  auto sent = co_await send(c, std::move(response), AfterResponse::close, WithBody::no);
  if (!sent) co_return;
  std::optional<Result<std::string>> heard;
  Task<> listening = read_into(c, Deadline::never(), &heard);
  listening.start();
  while (sent) {
    std::optional<std::string> piece;
    Task<> making = make_piece(c, source, &piece);
    making.start();
    while (!piece && !heard && !c.stopping()) co_await c.wake.wait(Deadline::never());
    if (heard || !piece || piece->empty()) break;
    Deadline deadline = c.in(limits::kHttpWriteWait + Connection::at_rate(piece->size()));
    sent = co_await c.stream->write(std::move(*piece), deadline);
  }
  listening.reset();
  if (sent && !heard) co_await close_slowly(c);
}

// Answers one request. True when another may follow.
Task<bool> answer(Connection& c, bool last) {
  bool keep = c.reader->keep_alive() && !last;
  bool in_pieces = c.reader->in_pieces();
  Pieces pieces(c);
  HttpRequest request = in_pieces ? c.reader->head() : c.reader->take();
  if (in_pieces) request.stream = &pieces;
  take_forwarded(request, c.shared->trusted_proxies);
  WithBody with_body = request.method == "HEAD" ? WithBody::no : WithBody::yes;
  HttpResponse response = co_await c.shared->handler(std::move(request));
  // What is left of a body that the handler did not want ends the connection.
  if (in_pieces && c.reader->state() == State::done) static_cast<void>(c.reader->take());
  else if (in_pieces) keep = false;
  c.hold(c.reader->body_bytes());
  if (response.source != nullptr && with_body == WithBody::yes) {
    co_await send_pieces(c, std::move(response));
    co_return false;
  }
  keep = keep && !c.stopping() && response.source == nullptr;
  auto sent = co_await send(c, std::move(response),
                            keep ? AfterResponse::keep_alive : AfterResponse::close, with_body);
  if (sent && !keep) co_await close_slowly(c);
  co_return sent && keep;
}

Task<> serve(std::shared_ptr<Shared> shared, std::unique_ptr<Stream> stream) {
  Connection c(std::move(shared), std::move(stream));
  if (c.shared->tls) {
    auto started = co_await c.stream->start_tls_server(c.shared->tls, c.in(limits::kTlsWait));
    if (!started) co_return;
  }
  c.reader.emplace(HttpRequestReader::Options{c.stream->peer(), c.stream->tls().active,
                                              &c.shared->body_most, &c.shared->in_pieces});
  Duration idle = limits::kHttpHeaderWait;  // the first request comes soon
  for (unsigned served = 1; !c.stopping(); ++served) {
    bool got = co_await read_request(c, idle);
    if (!got) co_return;
    bool more = co_await answer(c, served >= limits::kHttpRequestsPerConnection);
    if (!more) co_return;
    idle = limits::kHttpIdle;
  }
}

// Wakes the idle connections of its loop when the server stops.
Task<> wait_for_stop([[maybe_unused]] std::shared_ptr<Shared> keeps_part, LoopPart* part) {
  auto signal = part->stop;
  co_await signal->wait(Deadline::never());
  for (ListNode* at = part->connections.next; at != &part->connections; at = at->next)
    static_cast<Connection*>(at)->wake.notify_all();
}

class System : public HttpServer {
 public:
  System(std::unique_ptr<Listener> listener, std::shared_ptr<Shared> shared)
      : listener_(std::move(listener)), shared_(std::move(shared)) {}
  ~System() override { stop(); }
  Endpoint local() const override { return listener_->local(); }
  unsigned open() const override { return listener_->open(); }
  void stop() override {
    listener_->stop();
    shared_->stopping.store(true, std::memory_order_release);
    for (const auto& part : shared_->parts) part->stop->set();
  }

 private:
  std::unique_ptr<Listener> listener_;
  std::shared_ptr<Shared> shared_;
};

}  // namespace

Result<std::unique_ptr<HttpServer>> HttpServer::start(std::span<Loop* const> loops,
                                                      HttpServerOptions options,
                                                      HttpHandler handler) {
  auto shared = std::make_shared<Shared>();
  shared->handler = std::move(handler);
  shared->body_most = std::move(options.body_most);
  shared->in_pieces = std::move(options.in_pieces);
  shared->tls = std::move(options.tls);
  shared->trusted_proxies = options.trusted_proxies;
  options.listen.proxies = std::move(options.trusted_proxies);
  for (Loop* loop : loops) {
    shared->parts.push_back(std::make_unique<LoopPart>());
    shared->parts.back()->loop = loop;
  }
  if (!shared->tls && options.listen.busy_reply.empty())
    options.listen.busy_reply =
        "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  auto listener = TRY(Listener::start(
      loops, std::move(options.listen),
      [shared](std::unique_ptr<Stream> stream) { return serve(shared, std::move(stream)); }));
  for (size_t i = 0; i < loops.size(); ++i)
    loops[i]->spawn(wait_for_stop(shared, shared->parts[i].get()));
  return std::make_unique<System>(std::move(listener), std::move(shared));
}

Task<> serve_http(std::unique_ptr<Stream> stream, HttpHandler handler,
                  HttpBodyInPieces in_pieces) {
  auto shared = std::make_shared<Shared>();
  shared->handler = std::move(handler);
  shared->in_pieces = std::move(in_pieces);
  return serve(std::move(shared), std::move(stream));
}

}  // namespace ph::net
