#include "net/stream.h"

#include "base/limits.h"
#include "net/semaphore.h"
#include "net/tls_session.h"
#include "net/transport.h"

namespace ph::net {
namespace {

// What operations over TLS share and keep alive.
struct TlsLayer {
  std::shared_ptr<Transport> transport;
  std::unique_ptr<TlsSession> session;
  Semaphore writing{1};  // records leave in the order in which they were made
};
using Tls = std::shared_ptr<TlsLayer>;
using Outcome = TlsSession::Outcome;

Task<Result<>> flush(Tls tls, Deadline deadline) {
  auto permit = co_await tls->writing.acquire(deadline);
  if (!permit) co_return fail_timeout("writing");
  while (tls->session->has_output()) {
    auto sent = co_await tls->transport->write(tls->session->take_output(), deadline);
    if (!sent) co_return sent;
  }
  co_return Result<>();
}

// Reads from the wire once; an end of the wire is no end of TLS.
Task<Result<>> fill(Tls tls, Deadline deadline) {
  auto bytes = co_await tls->transport->read(limits::kStreamRead, deadline);
  if (!bytes) co_return std::unexpected(bytes.error());
  if (bytes->empty()) co_return fail(Errc::closed, "the peer ended the connection inside TLS");
  tls->session->feed(std::move(*bytes));
  co_return Result<>();
}

Task<Result<>> handshake(Tls tls, Deadline deadline) {
  for (;;) {
    Outcome outcome = tls->session->handshake();
    auto flushed = co_await flush(tls, deadline);
    if (outcome == Outcome::failed) {
      Errc code = tls->session->refused_peer() ? Errc::denied : Errc::io;
      co_return fail(code, "TLS: " + tls->session->error());
    }
    if (!flushed) co_return flushed;
    if (outcome == Outcome::done) co_return Result<>();
    auto filled = co_await fill(tls, deadline);
    if (!filled) co_return filled;
  }
}

Task<Result<std::string>> tls_read(Tls tls, size_t most, Deadline deadline) {
  for (;;) {
    std::string out;
    Outcome outcome = tls->session->read(most, out);
    if (tls->session->has_output()) {
      auto flushed = co_await flush(tls, deadline);
      if (!flushed && outcome != Outcome::done) co_return std::unexpected(flushed.error());
    }
    if (outcome == Outcome::done) co_return out;
    if (outcome == Outcome::ended) co_return std::string();
    if (outcome == Outcome::failed) co_return fail(Errc::io, "TLS: " + tls->session->error());
    auto filled = co_await fill(tls, deadline);
    if (!filled) co_return std::unexpected(filled.error());
  }
}

Task<Result<>> tls_write(Tls tls, std::string bytes, Deadline deadline) {
  std::string_view rest = bytes;
  while (!rest.empty()) {
    std::string_view piece = rest.substr(0, limits::kTlsWrite);
    if (tls->session->write(piece) != Outcome::done)
      co_return fail(Errc::io, "TLS: " + tls->session->error());
    auto flushed = co_await flush(tls, deadline);
    if (!flushed) co_return flushed;
    rest.remove_prefix(piece.size());
  }
  co_return Result<>();
}

// What a Stream is made of, and what its handshake keeps alive.
struct State {
  std::shared_ptr<Transport> transport;
  Tls tls;
  TlsInfo info;
};

Task<Result<>> start_tls(std::shared_ptr<State> state, std::unique_ptr<TlsSession> session,
                         Deadline deadline) {
  auto tls = std::make_shared<TlsLayer>();
  tls->transport = state->transport;
  tls->session = std::move(session);
  state->tls = tls;
  auto done = co_await handshake(tls, deadline);
  state->info = tls->session->info();
  state->info.active = done.has_value();
  if (!done) {
    tls->session->forget();
    state->transport->close();
  }
  co_return done;
}

Task<Result<>> failed(Error error) { co_return std::unexpected(std::move(error)); }

Task<> end_writing(std::shared_ptr<State> state, Deadline deadline) {
  if (state->tls && state->info.active) {
    state->tls->session->close_notify();
    co_await flush(state->tls, deadline);
  }
  state->transport->end_writing();
}

class LayeredStream : public Stream {
 public:
  explicit LayeredStream(std::shared_ptr<Transport> transport)
      : state_(std::make_shared<State>(std::move(transport))) {}
  ~LayeredStream() override { state_->transport->close(); }

  Task<Result<std::string>> read(size_t most, Deadline deadline) override {
    if (state_->tls) return tls_read(state_->tls, most, deadline);
    return state_->transport->read(most, deadline);
  }
  Task<Result<>> write(std::string bytes, Deadline deadline) override {
    if (state_->tls) return tls_write(state_->tls, std::move(bytes), deadline);
    return state_->transport->write(std::move(bytes), deadline);
  }
  Task<Result<>> start_tls_server(std::shared_ptr<TlsServerContext> context,
                                  Deadline deadline) override {
    PH_CHECK(!state_->tls);
    return start_tls(state_, TlsSession::server(context), deadline);
  }
  Task<Result<>> start_tls_client(TlsClientOptions options, Deadline deadline) override {
    PH_CHECK(!state_->tls);
    auto session = TlsSession::client(options);
    if (!session) return failed(session.error());
    return start_tls(state_, std::move(*session), deadline);
  }
  Task<> shutdown(Deadline deadline) override { return end_writing(state_, deadline); }
  void abort() override { state_->transport->abort(); }
  const TlsInfo& tls() const override { return state_->info; }
  Endpoint local() const override { return state_->transport->local(); }
  Endpoint peer() const override { return state_->transport->peer(); }

 private:
  std::shared_ptr<State> state_;
};

}  // namespace

std::unique_ptr<Stream> make_stream(std::shared_ptr<Transport> transport) {
  return std::make_unique<LayeredStream>(std::move(transport));
}

}  // namespace ph::net
