#include "delivery/session.h"

#include "base/limits.h"
#include "base/metrics.h"
#include "delivery/reply_cause.h"
#include "net/tls.h"

namespace ph::delivery {
namespace {

using core::AttemptOutcome;
using core::Cause;
using smtp::ClientPhase;
using Closed = smtp::SessionClosed;

constexpr size_t kReadBytes = 16u << 10;   // one read of replies
constexpr size_t kWriteBytes = 64u << 10;  // one write of content

Carried failed(Cause cause, std::string enhanced, std::string reply) {
  Carried out;
  out.cause = cause;
  out.enhanced = std::move(enhanced);
  out.reply = kept_reply(std::move(reply));
  out.next = Next::other_address;
  return out;
}

smtp::ClientOptions engine_options(const OpenOptions& options) {
  smtp::ClientOptions out;
  out.hello_name = options.helo;
  out.tls = options.tls;
  if (!options.hop.user.empty()) out.login.emplace(options.hop.user, options.hop.password);
  return out;
}

metrics::Counter full_total("posthouse_delivery_tls_handshakes_total",
                            "TLS handshakes with receivers that came to an end",
                            "kind=\"full\"");
metrics::Counter resumed_total("posthouse_delivery_tls_handshakes_total",
                               "TLS handshakes with receivers that came to an end",
                               "kind=\"resumed\"");

net::TlsClientOptions tls_options(const OpenOptions& options) {
  const Hop& hop = options.hop;
  net::TlsClientOptions out;
  out.sessions = options.sessions;
  out.peer = hop.at.text();
  if (!hop.host.starts_with('[')) out.server_name = hop.host;
  bool verify = verifies(hop.tls, !hop.user.empty());
  out.verify = verify ? net::TlsVerify::require : net::TlsVerify::none;
  return out;
}

}  // namespace

Session::Session(std::unique_ptr<net::Stream> stream, Clock& clock, OpenOptions options)
    : stream_(std::move(stream)),
      clock_(clock),
      options_(std::move(options)),
      engine_(engine_options(options_)),
      phase_deadline_(phase_deadline(ClientPhase::banner)) {}

Session::~Session() = default;

Deadline Session::phase_deadline(ClientPhase phase) const {
  return Deadline::in(clock_, smtp::phase_wait(phase, options_.waits));
}

net::Task<Opened> Session::open(net::Network& network, Clock& clock, OpenOptions options,
                                Deadline deadline) {
  std::string where = options.hop.at.text();
  Deadline connect = Deadline::in(clock, options.connect).sooner(deadline);
  auto stream = co_await network.connect({options.hop.at, std::nullopt}, connect);
  if (!stream) {
    std::string why = fmt::format("no connection to {}: {}", where, stream.error().message);
    // RFC 3463 §3.5: X.4.1, no answer from host.
    co_return NotOpened{failed(Cause::connect_failed, "4.4.1", std::move(why))};
  }
  bool implicit = options.tls == smtp::ClientTls::implicit;
  std::unique_ptr<Session> session(new Session(std::move(*stream), clock, std::move(options)));
  if (implicit && !co_await session->handshake(deadline)) co_return session->not_opened();
  if (co_await session->until_ready(deadline)) co_return std::move(session);
  co_return session->not_opened();
}

NotOpened Session::not_opened() {
  bool at_tls = tls_broke_ || ended_at_tls();
  // Whatever was remembered did not serve: the next handshake is one in full.
  if (at_tls && resuming_) {
    options_.sessions->forget(net::TlsSessionMemory::key_of(tls_options(options_)));
  }
  return NotOpened{ended(*closed_), at_tls, at_tls && resuming_};
}

net::Task<bool> Session::until_ready(Deadline deadline) {
  while (true) {
    smtp::ClientWish wish = co_await advance(deadline);
    if (std::holds_alternative<smtp::Ready>(wish)) co_return true;
    if (std::holds_alternative<smtp::SessionClosed>(wish)) co_return false;
    // TransactionDone and SendContent cannot come between transactions; a handshake can.
    if (!std::holds_alternative<smtp::ClientStartTls>(wish)) continue;
    if (!co_await handshake(deadline)) co_return false;
    engine_.tls_started();
  }
}

net::Task<bool> Session::handshake(Deadline deadline) {
  Deadline wait = phase_deadline(ClientPhase::handshake).sooner(deadline);
  auto done = co_await stream_->start_tls_client(tls_options(options_), wait);
  const net::TlsInfo& tls = stream_->tls();
  resuming_ = tls.offered;
  if (done) {
    (tls.resumed ? resumed_total : full_total).add();
    co_return true;
  }
  tls_broke_ = true;
  std::string why = fmt::format("TLS failed: {}", done.error().message);
  engine_.connection_lost(why);
  closed_.emplace(Closed::Cause::no_tls, ClientPhase::handshake,
                  smtp::Reply(0, smtp::status::kTemporarySecurity, std::move(why)));
  co_return false;
}

// The receiver ended the session where TLS was to begin, or right behind the handshake.
bool Session::ended_at_tls() const {
  if (!closed_ || closed_->cause == Closed::Cause::no_tls) return false;
  bool first_hello = closed_->phase == ClientPhase::hello && engine_.tls_active();
  return closed_->phase == ClientPhase::starttls || first_hello;
}

net::Task<smtp::ClientWish> Session::advance(Deadline deadline) {
  while (true) {
    // What was decided goes out before anything is waited for; a handshake needs it out as well.
    auto wish = engine_.next();
    co_await flush(deadline);
    if (wish) {
      if (auto* closed = std::get_if<Closed>(&*wish)) closed_ = *closed;
      co_return std::move(*wish);
    }
    if (closed_) co_return smtp::ClientWish(*closed_);
    co_await receive(deadline);
  }
}

net::Task<void> Session::flush(Deadline deadline) {
  std::string bytes = engine_.take_output();
  if (bytes.empty()) co_return;
  Deadline wait = phase_deadline(ClientPhase::content).sooner(deadline);
  auto written = co_await stream_->write(std::move(bytes), wait);
  if (!written) lost(written.error());
}

net::Task<void> Session::receive(Deadline deadline) {
  // The deadline is the phase's, not the read's: a byte now and then wins no time.
  if (engine_.phase() != phase_) {
    phase_ = engine_.phase();
    phase_deadline_ = phase_deadline(phase_);
  }
  auto bytes = co_await stream_->read(kReadBytes, phase_deadline_.sooner(deadline));
  if (!bytes) {
    lost(bytes.error());
  } else if (bytes->empty()) {
    engine_.connection_lost("the receiver closed the connection");
  } else {
    engine_.feed(*bytes);
  }
}

void Session::lost(const Error& error) {
  if (error.code == Errc::timeout) timed_out_ = true;
  std::string_view phase = smtp::phase_name(engine_.phase());
  engine_.connection_lost(timed_out_ ? fmt::format("no answer in time ({})", phase)
                                     : fmt::format("connection lost ({})", phase));
}

void Session::abandon(std::string_view why) {
  not_ours_ = true;
  stream_->abort();
  engine_.connection_lost(why);
}

net::Task<Carried> Session::send(Parcel parcel, Deadline deadline) {
  timed_out_ = false;
  died_unused_ = false;
  // A session that was idle may still owe us the reply to RSET.
  phase_deadline_ = phase_deadline(engine_.phase());
  if (engine_.phase() != ClientPhase::idle && !co_await until_ready(deadline)) {
    died_unused_ = true;
    co_return ended(*closed_);
  }
  if (parcel.owned && !parcel.owned()) {
    Carried out = failed(Cause::local_error, "4.3.0", "the queue's lease was lost");
    out.next = Next::stop;
    co_return out;
  }
  smtp::ClientTransaction transaction{parcel.sender,
                                      {parcel.recipient},
                                      parcel.signatures.size() + parcel.content->size(),
                                      parcel.eight_bit,
                                      parcel.utf8_headers};
  if (auto begun = engine_.begin(transaction); !begun) {
    Carried out = failed(Cause::permanent_reply, "5.1.3", begun.error().message);
    out.outcome = AttemptOutcome::bounced;
    out.next = Next::stop;
    co_return out;
  }
  while (true) {
    smtp::ClientWish wish = co_await advance(deadline);
    if (std::holds_alternative<smtp::SendContent>(wish)) {
      co_await send_content(parcel, deadline);
    } else if (auto* done = std::get_if<smtp::TransactionDone>(&wish)) {
      // What the transaction's end brought with it: the session's own, and why.
      if (auto after = engine_.next()) {
        if (auto* closed = std::get_if<Closed>(&*after)) closed_ = *closed;
      }
      co_return judge(done->outcomes.front());
    } else if (std::holds_alternative<Closed>(wish)) {
      co_return ended(*closed_);
    }
  }
}

net::Task<void> Session::send_content(const Parcel& parcel, Deadline deadline) {
  engine_.write_content(parcel.signatures);
  std::string_view rest = *parcel.content;
  while (rest.size() > kWriteBytes) {
    engine_.write_content(rest.substr(0, kWriteBytes));
    rest.remove_prefix(kWriteBytes);
    co_await flush(deadline);
    if (engine_.phase() == ClientPhase::closed) co_return;
  }
  if (parcel.owned && !parcel.owned()) {
    abandon("the queue's lease was lost");
    co_return;
  }
  if (parcel.handing_over) parcel.handing_over();
  engine_.write_content(rest);
  engine_.finish_content();
}

bool Session::reusable() const {
  return !closed_ && engine_.phase() != ClientPhase::closed &&
         engine_.transactions() < limits::kConnectionUses;
}

net::Task<void> Session::quit() {
  engine_.quit();
  Deadline soon = Deadline::in(clock_, limits::kQuitWait);
  co_await flush(soon);
  if (!closed_) co_await stream_->shutdown(soon);
}

Carried Session::ended(const Closed& closed) {
  Carried out = failed(Cause::connection_lost, closed.reply.status.text(), closed.reply.line());
  out.code = closed.reply.code;
  if (out.enhanced.empty()) out.enhanced = smtp::status::kConnectionLost.text();
  switch (closed.cause) {
    case Closed::Cause::refused:
      // A receiver that greets with 5xx does not speak of the recipient: the next host is asked,
      // and the mail waits (as Postfix' smtp_skip_5xx_greeting).
      out.cause = closed.reply.permanent() ? Cause::session_refused
                                           : cause_of_temporary(closed.reply);
      if (closed.phase == ClientPhase::auth) out.cause = Cause::local_error;
      break;
    case Closed::Cause::protocol: out.cause = Cause::protocol_error; break;
    case Closed::Cause::no_tls: out.cause = Cause::tls_failed; break;
    case Closed::Cause::no_auth: out.cause = Cause::local_error; break;
    case Closed::Cause::quit:
    case Closed::Cause::lost:
      out.cause = timed_out_ ? Cause::session_timeout : Cause::connection_lost;
      break;
  }
  describe(out);
  return out;
}

Carried Session::judge(const smtp::RecipientOutcome& outcome) {
  Carried out;
  out.code = outcome.reply.code;
  out.enhanced = outcome.reply.status.text();
  out.reply = kept_reply(outcome.reply.line());
  switch (outcome.verdict) {
    case smtp::Verdict::delivered:
      out.outcome = AttemptOutcome::delivered;
      out.cause = Cause::delivered;
      break;
    case smtp::Verdict::bounced:
      out.outcome = AttemptOutcome::bounced;
      out.cause = cause_of_permanent(outcome.reply);
      break;
    case smtp::Verdict::ambiguous: out.cause = Cause::reply_lost; break;
    case smtp::Verdict::deferred:
      out.cause = timed_out_ ? Cause::session_timeout : Cause::connection_lost;
      if (outcome.remote) out.cause = cause_of_temporary(outcome.reply);
      if (closed_ && closed_->cause == Closed::Cause::protocol) out.cause = Cause::protocol_error;
      break;
  }
  if (not_ours_) out.cause = Cause::local_error;
  // The end of a session before MAIL was taken says nothing about this message.
  bool session_over = closed_ || engine_.phase() == ClientPhase::closed;
  bool before = outcome.phase == ClientPhase::mail || outcome.phase == ClientPhase::idle;
  if (out.outcome == AttemptOutcome::deferred && session_over && before && !not_ours_) {
    died_unused_ = true;
    out.next = Next::other_address;
  }
  describe(out);
  return out;
}

void Session::describe(Carried& carried) {
  const net::TlsInfo& tls = stream_->tls();
  if (tls.active) carried.tls = fmt::format("{} {}", tls.version, tls.cipher);
  carried.transcript = engine_.take_transcript();
  if (carried.transcript.size() > limits::kTranscriptBytes) {
    carried.transcript.resize(limits::kTranscriptBytes);
  }
}

}  // namespace ph::delivery
