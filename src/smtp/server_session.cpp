#include "smtp/server_session.h"

#include <algorithm>

#include "base/check.h"
#include "base/text.h"
#include "smtp/server_engine.h"

namespace ph::smtp {

Reply auth_refused() {
  return {kAuthRefused, status::kBadCredentials, "Wrong user name or password"};
}
Reply auth_temporary() {
  return {kAuthTemporary, status::kTemporarySecurity, "Cannot check the password now"};
}

// --- input ---

void ServerSession::Engine::start() {
  PH_CHECK(!started_);
  started_ = true;
  if (closed_) return;
  if (!pending().empty())  // RFC 5321 §4.3.1: the client waits for the greeting
    return end({kFailed, status::kProtocol, "You spoke before the greeting"});
  say({kServiceReady, status::kNone, options_.hostname + " ESMTP Posthouse"});
}

void ServerSession::Engine::feed(std::string_view bytes) {
  if (closed_) return;
  buffer_ += bytes;
  process();
  bool idle = waiting_ == Waiting::nothing && started_;
  if (!closed_ && !idle && pending().size() > limits::kSmtpBuffered)
    end({kNotAvailable, status::kTemporaryProtocol, "Too much input at once"});
}

void ServerSession::Engine::process() {
  bool more = started_;
  while (more && !closed_ && waiting_ == Waiting::nothing) {
    if (chunk_) more = take_chunk();
    else if (content_ && content_->mode == Content::Mode::data) more = take_data();
    else more = take_line();
  }
  compact();
}

void ServerSession::Engine::compact() {
  if (start_ < buffer_.size() / 2) return;
  buffer_.erase(0, start_);
  scanned_ = scanned_ > start_ ? scanned_ - start_ : 0;
  start_ = 0;
}

// The next line, without its end; nothing while there is none.
std::optional<ServerSession::Engine::Line> ServerSession::Engine::cut_line() {
  if (scanned_ < start_) scanned_ = start_;
  size_t end = buffer_.find('\n', scanned_);
  if (end == std::string::npos) {
    scanned_ = buffer_.size();
    if (scanned_ - start_ > limits::kSmtpAuthLine) skipping_ = true;
    if (skipping_) start_ = scanned_;
    return std::nullopt;
  }
  std::string_view line = std::string_view(buffer_).substr(start_, end - start_);
  bool too_long = skipping_ || line.size() + 1 > limits::kSmtpAuthLine;
  skipping_ = false;
  start_ = scanned_ = end + 1;
  if (too_long) return Line{{}, Line::Fault::too_long};
  if (!line.ends_with('\r')) return Line{{}, Line::Fault::bare_lf};
  line.remove_suffix(1);
  Line out{std::string(line), Line::Fault::none};
  bool is_auth = dialog_ || istarts_with(line, "AUTH ");
  auto unfit = [](char c) { return (c >= 0 && c < 0x20 && c != '\t') || c == 0x7f; };
  if (!is_auth && line.size() + 2 > limits::kSmtpCommandLine) out.fault = Line::Fault::too_long;
  else if (std::ranges::any_of(line, unfit)) out.fault = Line::Fault::unfit;
  return out;
}

bool ServerSession::Engine::take_line() {
  // A TLS handshake on a plain port: no command begins with this octet (RFC 8446 §5.1).
  if (!pending().empty() && pending()[0] == 0x16 && !skipping_) {
    end({kFailed, status::kInvalidCommand, "This port does not begin with TLS"});
    return false;
  }
  auto line = cut_line();
  if (!line) return false;
  on_line(std::move(*line));
  return true;
}

void ServerSession::Engine::on_line(Line line) {
  if (line.fault != Line::Fault::none) return bad_line(line.fault);
  if (dialog_) return auth_step(line.text);
  on_command(line.text);
}

void ServerSession::Engine::bad_line(Line::Fault fault) {
  dialog_.reset();
  if (fault == Line::Fault::too_long)
    return error({kSyntaxError, status::kSyntax, "The line is too long"});
  if (fault == Line::Fault::bare_lf && ++counts_.bare_lines >= limits::kSmtpBareLines)
    return end({kNotAvailable, status::kTemporaryProtocol, "Lines end with CR LF"});
  if (fault == Line::Fault::bare_lf)  // RFC 5321 §2.3.8
    return error({kSyntaxError, status::kSyntax, "Lines end with CR LF"});
  error({kSyntaxError, status::kSyntax, "The line has control characters"});
}

// --- bounds ---

void ServerSession::Engine::error(const Reply& reply) {
  if (++counts_.errors >= limits::kSmtpErrors)
    return end({kNotAvailable, status::kTemporarySecurity, "Too many errors"});
  say(reply);
}

bool ServerSession::Engine::refused_too_many() {
  if (++counts_.refused_recipients < options_.refused_recipients) return false;
  end({kNotAvailable, status::kTemporarySecurity, "Too many refused recipients"});
  return true;
}

bool ServerSession::Engine::junk() {
  if (++counts_.junk <= limits::kSmtpJunkCommands) return true;
  end({kNotAvailable, status::kTemporarySecurity, "Too many commands without a message"});
  return false;
}

// RFC 2920 §3.1: some commands are the last of their group; their client waits for the reply.
bool ServerSession::Engine::ends_group() {
  if (pending().empty()) return true;
  end({kFailed, status::kProtocol, "Input behind a command that must be answered first"});
  return false;
}

// --- waiting and endings ---

void ServerSession::Engine::wait_for(Waiting waiting, Wish wish) {
  waiting_ = waiting;
  wishes_.push_back(std::move(wish));
}

void ServerSession::Engine::drop_transaction() {
  if (transaction_) wishes_.emplace_back(TransactionDropped{});
  transaction_.reset();
}

void ServerSession::Engine::close() {
  if (closed_) return;
  drop_transaction();
  closed_ = true;
  waiting_ = Waiting::nothing;
  content_.reset();
  chunk_.reset();
  dialog_.reset();
  buffer_.clear();
  start_ = scanned_ = 0;
  wishes_.emplace_back(Close{});
}

void ServerSession::Engine::end(const Reply& reply) {
  if (closed_) return;
  say(reply);
  close();
}

void ServerSession::Engine::peer_closed() { close(); }

std::optional<Wish> ServerSession::Engine::next() {
  if (wishes_.empty()) return std::nullopt;
  Wish wish = std::move(wishes_.front());
  wishes_.pop_front();
  return wish;
}

void ServerSession::Engine::accept(std::string_view text) {
  if (closed_) return;
  auto words = [&](std::string_view usual) { return std::string(text.empty() ? usual : text); };
  Waiting waited = std::exchange(waiting_, Waiting::nothing);
  PH_CHECK(waited != Waiting::nothing);
  switch (waited) {
    case Waiting::nothing: break;
    case Waiting::start_tls: tls_started(); break;
    case Waiting::auth:
      login_ = server::Login{std::move(pending_login_)};
      say({kAuthSucceeded, status::kAuthFine, words("Signed in")});
      break;
    case Waiting::mail:
      transaction_ = server::Transaction{.smtputf8 = pending_utf8_};
      say({kOk, status::kSenderFine, words("Sender ok")});
      break;
    case Waiting::rcpt:
      ++transaction_->recipients;
      say({kOk, status::kRecipientFine, words("Recipient ok")});
      break;
    case Waiting::data_start: begin_data(); break;
    case Waiting::bdat_start: break;  // the chunk is here already, and has no 354
    case Waiting::message:
      ++counts_.messages;
      counts_.junk = 0;
      if (is_known()) counts_.refused_recipients = 0;
      say({kOk, status::kFine, words("Ok")});
      message_answered();
      break;
  }
  process();
}

void ServerSession::Engine::refuse(const Reply& reply) {
  if (closed_) return;
  Waiting waited = std::exchange(waiting_, Waiting::nothing);
  PH_CHECK(waited != Waiting::nothing);
  PH_CHECK(!reply.positive());
  if (reply.code == kNotAvailable) return end(reply);
  switch (waited) {
    case Waiting::nothing: break;
    case Waiting::start_tls: close(); break;  // 220 was said: there is no way back
    case Waiting::auth: auth_refused_by_shell(reply); break;
    case Waiting::mail:
      mail_refused_ = true;
      if (junk()) say(reply);
      break;
    case Waiting::rcpt:
      if (reply.permanent() && refused_too_many()) return;
      say(reply);
      break;
    case Waiting::data_start:
      say(reply);
      drop_transaction();
      break;
    case Waiting::bdat_start:
      refuse_content(reply);
      break;
    case Waiting::message:
      say(reply);
      message_answered();
      break;
  }
  process();
}

ServerPhase ServerSession::Engine::phase() const {
  if (closed_) return ServerPhase::closed;
  if (!started_) return ServerPhase::greeting;
  if (waiting_ != Waiting::nothing) return ServerPhase::answer;
  if (chunk_ || (content_ && content_->mode == Content::Mode::data)) return ServerPhase::data;
  return dialog_ ? ServerPhase::auth : ServerPhase::command;
}

// RFC 3848 and RFC 6531 §4.3: index 1 adds S (TLS), 2 adds A (AUTH).
std::string_view ServerSession::Engine::protocol() const {
  static constexpr std::string_view kEsmtp[] = {"ESMTP", "ESMTPS", "ESMTPA", "ESMTPSA"};
  static constexpr std::string_view kUtf8[] = {"UTF8SMTP", "UTF8SMTPS", "UTF8SMTPA", "UTF8SMTPSA"};
  if (!hello_.esmtp) return "SMTP";
  size_t index = (tls_active_ ? 1u : 0u) + (login_ ? 2u : 0u);
  return transaction_ && transaction_->smtputf8 ? kUtf8[index] : kEsmtp[index];
}

// --- the face ---

ServerSession::ServerSession(ServerOptions options)
    : engine_(std::make_unique<Engine>(std::move(options))) {}
ServerSession::~ServerSession() = default;
ServerSession::ServerSession(ServerSession&&) noexcept = default;
ServerSession& ServerSession::operator=(ServerSession&&) noexcept = default;

void ServerSession::start() { engine_->start(); }
void ServerSession::start_refused(Reply reply) { engine_->end(reply); }
void ServerSession::feed(std::string_view bytes) { engine_->feed(bytes); }
void ServerSession::peer_closed() { engine_->peer_closed(); }
void ServerSession::end(Reply reply) { engine_->end(reply); }
std::optional<Wish> ServerSession::next() { return engine_->next(); }
void ServerSession::accept(std::string_view text) { engine_->accept(text); }
void ServerSession::refuse(Reply reply) { engine_->refuse(reply); }
std::string ServerSession::take_output() { return engine_->take_output(); }
ServerPhase ServerSession::phase() const { return engine_->phase(); }
bool ServerSession::wants_input() const { return engine_->wants_input(); }
std::string_view ServerSession::hello_name() const { return engine_->hello_name(); }
std::string_view ServerSession::protocol() const { return engine_->protocol(); }
bool ServerSession::tls_active() const { return engine_->tls_active(); }
bool ServerSession::authenticated() const { return engine_->authenticated(); }
bool ServerSession::ended_by_quit() const { return engine_->ended_by_quit(); }
unsigned ServerSession::messages() const { return engine_->messages(); }

}  // namespace ph::smtp
