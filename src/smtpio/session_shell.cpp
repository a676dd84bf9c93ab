#include "smtpio/session_shell.h"

#include <fmt/format.h>

#include "base/limits.h"

namespace ph::smtpio {
namespace {

constexpr size_t kRead = 32u << 10;

smtp::Reply timed_out() {
  return {smtp::kNotAvailable, {4, 4, 2}, "Time is up, closing"};
}

class Shell {
 public:
  Shell(std::unique_ptr<net::Stream> stream, ShellOptions options, Handler handler)
      : stream_(std::move(stream)),
        options_(std::move(options)),
        handler_(std::move(handler)),
        session_(options_.session),
        clock_(net::Loop::current()->clock()) {
    client_.peer = stream_->peer();
    if (options_.session.auth == smtp::ServerAuth::required)
      before_auth_ = Deadline::in(clock_, limits::kSmtpPreAuth);
  }

  net::Task<> run() {
    if (options_.session.tls == smtp::ServerTls::implicit && !co_await handshake()) co_return;
    if (options_.greeting) {
      session_.start_refused(*options_.greeting);
    } else {
      session_.start();
    }
    while (true) {
      co_await answer_wishes();
      if (!co_await flush() || closed_) break;
      if (!session_.wants_input()) continue;
      if (!co_await read_more()) break;
    }
    co_await stream_->shutdown(Deadline::in(clock_, limits::kTlsWait));
  }

 private:
  net::Task<bool> handshake() {
    auto done =
        co_await stream_->start_tls_server(options_.tls, Deadline::in(clock_, limits::kTlsWait));
    if (!done) co_return false;
    const net::TlsInfo& tls = stream_->tls();
    client_.tls = fmt::format("{} {}", tls.version, tls.cipher);
    co_return true;
  }

  net::Task<bool> flush() {
    std::string output = session_.take_output();
    if (output.empty()) co_return true;
    phase_ = smtp::ServerPhase::closed;  // what was asked is answered: the next wait is a new one
    auto sent =
        co_await stream_->write(std::move(output), Deadline::in(clock_, limits::kSmtpCommandWait));
    co_return sent.has_value();
  }

  // How long the client may take now. A phase is one wait, however its bytes trickle in.
  Deadline deadline() {
    smtp::ServerPhase phase = session_.phase();
    if (phase != phase_) {
      phase_ = phase;
      phase_end_ = Deadline::in(clock_, phase == smtp::ServerPhase::data ? limits::kSmtpDataTotal
                                                                         : smtp::phase_wait(phase));
    }
    Deadline out = phase_end_;
    if (phase == smtp::ServerPhase::data)
      out = out.sooner(Deadline::in(clock_, limits::kSmtpDataWait));
    if (before_auth_ && !session_.authenticated()) out = out.sooner(*before_auth_);
    return out;
  }

  net::Task<bool> read_more() {
    auto bytes = co_await stream_->read(kRead, deadline());
    if (bytes && !bytes->empty()) {
      session_.feed(*bytes);
      co_return true;
    }
    if (!bytes && bytes.error().code == Errc::timeout) {
      session_.end(timed_out());
      co_return true;
    }
    session_.peer_closed();
    co_await answer_wishes();
    co_return false;
  }

  void answer(const Answer& refused, std::string_view text = {}) {
    if (refused) {
      session_.refuse(*refused);
    } else {
      session_.accept(text);
    }
  }

  net::Task<> answer_wishes() {
    while (auto wish = session_.next()) {
      client_.hello = session_.hello_name();
      client_.protocol = session_.protocol();
      if (auto* chunk = std::get_if<smtp::DataChunk>(&*wish)) {
        content_ += chunk->bytes;
      } else if (std::holds_alternative<smtp::Close>(*wish)) {
        closed_ = true;
      } else if (std::holds_alternative<smtp::TransactionDropped>(*wish)) {
        forget();
      } else {
        co_await answer_question(std::move(*wish));
      }
    }
  }

  net::Task<> answer_question(smtp::Wish wish) {
    if (std::holds_alternative<smtp::StartTls>(wish)) {
      if (co_await flush() && co_await handshake()) {
        session_.accept();
      } else {
        session_.peer_closed();
        closed_ = true;
      }
    } else if (auto* login = std::get_if<smtp::Authenticate>(&wish)) {
      answer(co_await handler_.authenticate(client_, std::move(*login)));
    } else if (auto* mail = std::get_if<smtp::MailFrom>(&wish)) {
      forget();
      Answer refused = co_await handler_.mail(client_, mail->path, mail->parameters);
      if (!refused) envelope_ = {mail->path, mail->parameters, {}};
      answer(refused);
    } else if (auto* rcpt = std::get_if<smtp::RcptTo>(&wish)) {
      Answer refused = co_await handler_.rcpt(client_, envelope_, rcpt->path);
      if (!refused) envelope_.recipients.push_back(rcpt->path);
      answer(refused);
    } else if (std::holds_alternative<smtp::DataStart>(wish)) {
      session_.accept();
    } else if (std::holds_alternative<smtp::MessageComplete>(wish)) {
      Taken taken = co_await handler_.message(client_, std::move(envelope_), std::move(content_));
      forget();
      answer(taken.refused, taken.text);
    }
  }

  void forget() {
    envelope_ = {};
    content_.clear();
    content_.shrink_to_fit();
  }

  std::unique_ptr<net::Stream> stream_;
  ShellOptions options_;
  Handler handler_;
  smtp::ServerSession session_;
  Clock& clock_;
  Client client_;
  Envelope envelope_;
  std::string content_;
  bool closed_ = false;
  std::optional<Deadline> before_auth_;
  smtp::ServerPhase phase_ = smtp::ServerPhase::closed;
  Deadline phase_end_;
};

}  // namespace

net::Task<> run_session(std::unique_ptr<net::Stream> stream, ShellOptions options,
                        Handler handler) {
  Shell shell(std::move(stream), std::move(options), std::move(handler));
  co_await shell.run();
}

}  // namespace ph::smtpio
