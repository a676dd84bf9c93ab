#include "smtpio/session_shell.h"

#include <fmt/format.h>

#include "base/limits.h"

namespace ph::smtpio {
namespace {

smtp::Reply timed_out() {
  return {smtp::kNotAvailable, smtp::status::kConnectionLost, "Time is up, closing"};
}
smtp::Reply stopping() {
  return {smtp::kNotAvailable, smtp::status::kSystemBusy, "The server stops, try again later"};
}
smtp::Reply no_room() {
  return {smtp::kNoStorage, {4, 3, 1}, "Too much mail at once, try again later"};
}

// One content: since when it comes, and how much came. It may take kSmtpDataWait, and then as long
// as it keeps kSmtpDataRate, and never more than kSmtpDataTotal.
struct Pace {
  MonoTime since;
  uint64_t octets = 0;
  Deadline limit() const {
    auto earned = std::chrono::seconds(octets / limits::kSmtpDataRate);
    Deadline by_rate{since + (limits::kSmtpDataWait + earned)};
    return by_rate.sooner({since + limits::kSmtpDataTotal});
  }
};

class Shell {
 public:
  Shell(std::unique_ptr<net::Stream> stream, ShellOptions options, Handler handler)
      : stream_(std::move(stream)),
        options_(std::move(options)),
        handler_(std::move(handler)),
        session_(options_.session),
        clock_(net::Loop::current()->clock()),
        memory_(options_.group),
        place_(options_.group, [this] { on_stop(); }),
        no_message_(Deadline::in(clock_, limits::kSmtpNoMessage)) {
    client_.peer = stream_->peer();
    if (options_.session.auth == smtp::ServerAuth::required)
      before_auth_ = Deadline::in(clock_, limits::kSmtpPreAuth);
  }

  net::Task<> run() {
    if (options_.session.tls == smtp::ServerTls::implicit && !co_await handshake()) co_return;
    greet();
    bool peer_is_there = true;
    while (!closed_ && peer_is_there) {
      co_await answer_wishes();
      peer_is_there = co_await flush();
      if (closed_ || !peer_is_there || !session_.wants_input()) continue;
      if (options_.group->stopping() && !in_content()) {
        session_.end(stopping());
      } else {
        peer_is_there = co_await read_more();
      }
    }
    // After QUIT nothing is unread and nothing comes: in plain, closing is as orderly as lingering.
    bool may_close = session_.ended_by_quit() && !stream_->tls().active;
    if (peer_is_there && !may_close) co_await linger();
  }

 private:
  void greet() {
    if (options_.group->stopping()) return session_.start_refused(stopping());
    if (options_.greeting) return session_.start_refused(*options_.greeting);
    session_.start();
  }

  Deadline within(Duration most) const {
    Deadline out = Deadline::in(clock_, most).sooner(no_message_);
    return is_stranger() ? out.sooner(*before_auth_) : out;
  }

  net::Task<bool> handshake() {
    shaking_ = true;
    auto done = co_await stream_->start_tls_server(options_.tls, within(limits::kTlsWait));
    shaking_ = false;
    if (!done) co_return false;
    const net::TlsInfo& tls = stream_->tls();
    client_.tls = fmt::format("{} {}", tls.version, tls.cipher);
    co_return true;
  }

  net::Task<bool> flush() {
    std::string output = session_.take_output();
    if (output.empty()) co_return true;
    wait_.reset();  // what was asked is answered: the next wait is a new one
    // The last words have their own time: what they tell is often that time is up.
    Deadline until = closed_ ? Deadline::in(clock_, limits::kSmtpLinger)
                             : within(limits::kSmtpCommandWait);
    auto sent = co_await stream_->write(std::move(output), until);
    co_return sent.has_value();
  }

  bool in_content() const { return session_.phase() == smtp::ServerPhase::data || content_open_; }

  bool is_stranger() const { return before_auth_ && !session_.authenticated(); }
  Duration command_wait() const {
    return is_stranger() ? limits::kSmtpStrangerWait : options_.command_wait;
  }

  // How long the client may take now. A command is one wait, however its octets trickle in.
  Deadline deadline() {
    if (in_content()) {
      if (!pace_) pace_ = Pace{.since = clock_.mono()};
      return within(limits::kSmtpDataWait).sooner(pace_->limit());
    }
    pace_.reset();
    smtp::ServerPhase phase = session_.phase();
    if (!wait_ || phase != waited_in_) wait_ = within(command_wait());
    waited_in_ = phase;
    return *wait_;
  }

  // False when nobody is there any more.
  net::Task<bool> read_more() {
    Deadline until = deadline();
    reading_ = true;
    auto bytes = co_await stream_->read(limits::kSmtpRead, until);
    reading_ = false;
    if (bytes && !bytes->empty()) {
      if (pace_) pace_->octets += bytes->size();
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

  // On our loop, between two steps of run(). A session that waits for a command is told at once.
  void on_stop() {
    if (shaking_) stream_->abort();
    if (!reading_ || in_content()) return;
    session_.end(stopping());
    net::Loop::current()->spawn(last_words(stream_, session_.take_output()));
  }

  // Its abort ends the read for which run() waits.
  static net::Task<> last_words(std::shared_ptr<net::Stream> stream, std::string output) {
    Deadline until = Deadline::in(net::Loop::current()->clock(), limits::kSmtpLinger);
    co_await stream->write(std::move(output), until);
    co_await stream->shutdown(until);
    co_await net::sleep_until(until.at);
    stream->abort();
  }

  // A close with octets unread would be a reset, and take our last reply with it.
  net::Task<> linger() {
    Deadline until = Deadline::in(clock_, limits::kSmtpLinger);
    co_await stream_->shutdown(until);
    while (true) {
      auto more = co_await stream_->read(limits::kSmtpRead, until);
      if (!more || more->empty()) co_return;
    }
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
        take_content(chunk->bytes);
      } else if (std::holds_alternative<smtp::Close>(*wish)) {
        closed_ = true;
      } else if (std::holds_alternative<smtp::TransactionDropped>(*wish)) {
        forget();
      } else {
        co_await answer_question(std::move(*wish));
      }
    }
  }

  void take_content(const std::string& bytes) {
    if (beyond_memory_) return;
    if (memory_.grow(bytes.size())) {
      content_ += bytes;
      return;
    }
    forget_content();
    beyond_memory_ = content_open_ = true;  // the rest is read, and answered at its end
  }

  net::Task<> answer_question(smtp::Wish wish) {
    if (std::holds_alternative<smtp::StartTls>(wish)) {
      co_await start_tls();
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
      content_open_ = options_.group->has_room();
      answer(content_open_ ? Answer{} : Answer(no_room()));
    } else if (std::holds_alternative<smtp::MessageComplete>(wish)) {
      co_await take_message();
    }
  }

  net::Task<> start_tls() {
    if (co_await flush() && co_await handshake()) {
      session_.accept();
      co_return;
    }
    session_.peer_closed();
    closed_ = true;
  }

  net::Task<> take_message() {
    if (beyond_memory_) {
      forget();
      session_.refuse(no_room());
      co_return;
    }
    Taken taken = co_await handler_.message(client_, std::move(envelope_), std::move(content_));
    forget();
    if (!taken.refused) no_message_ = Deadline::in(clock_, limits::kSmtpNoMessage);
    answer(taken.refused, taken.text);
  }

  void forget() {
    envelope_ = {};
    pace_.reset();
    forget_content();
  }

  void forget_content() {
    content_ = std::string();
    memory_.clear();
    content_open_ = beyond_memory_ = false;
  }

  std::shared_ptr<net::Stream> stream_;  // shared with last_words()
  ShellOptions options_;
  Handler handler_;
  smtp::ServerSession session_;
  Clock& clock_;
  Client client_;
  Envelope envelope_;
  std::string content_;
  bool content_open_ = false;   // between DataStart and its end
  bool beyond_memory_ = false;  // content is read and thrown away
  SessionGroup::Share memory_;
  SessionGroup::Place place_;
  bool closed_ = false;
  bool reading_ = false;
  bool shaking_ = false;
  Deadline no_message_;
  std::optional<Deadline> before_auth_;
  std::optional<Deadline> wait_;  // for the command that comes
  smtp::ServerPhase waited_in_ = smtp::ServerPhase::closed;
  std::optional<Pace> pace_;
};

}  // namespace

net::Task<> run_session(std::unique_ptr<net::Stream> stream, ShellOptions options,
                        Handler handler) {
  Shell shell(std::move(stream), std::move(options), std::move(handler));
  co_await shell.run();
}

}  // namespace ph::smtpio
