#include "smtp/client_session.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/encoding.h"
#include "base/text.h"
#include "smtp/client_engine.h"

namespace ph::smtp {

using Cause = SessionClosed::Cause;

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::delivered: return "delivered";
    case Verdict::deferred: return "deferred";
    case Verdict::bounced: return "bounced";
    case Verdict::ambiguous: return "ambiguous";
  }
  return "";
}

ClientSession::Engine::Engine(ClientOptions options) : options_(std::move(options)) {
  tls_active_ = options_.tls == ClientTls::implicit;
}

// --- input and output ---

void ClientSession::Engine::feed(std::string_view bytes) {
  if (phase_ == ClientPhase::closed || phase_ == ClientPhase::handshake) return;
  parser_.feed(bytes);
  while (phase_ != ClientPhase::closed && phase_ != ClientPhase::handshake) {
    auto reply = parser_.next();
    if (!reply) return protocol_error(reply.error().message);
    if (!*reply) return;
    transcript_.add("S", (*reply)->line());
    bool unasked = unanswered_ == 0;
    if (!unasked) --unanswered_;
    bool stray = stray_input();
    if (unasked && phase_ != ClientPhase::content && (*reply)->code != kNotAvailable)
      return protocol_error("a reply without a command");
    on_reply(**reply);
    if (stray) return protocol_error("a reply without a command");
  }
}

// What is here although nothing was asked: from now on replies and commands may not fit together.
// A server that says 421 may do so at any time.
bool ClientSession::Engine::stray_input() const {
  if (unanswered_ > 0 || parser_.empty()) return false;
  if (phase_ == ClientPhase::starttls) return false;  // thrown away, RFC 3207 §4.2
  std::string_view rest = parser_.rest();
  return !std::string_view("421").starts_with(rest.substr(0, 3));
}

void ClientSession::Engine::send(std::string_view line, std::string_view shown) {
  output_ += line;
  output_ += "\r\n";
  ++unanswered_;
  transcript_.add("C", shown);
}

void ClientSession::Engine::command(ClientPhase phase, std::string_view line,
                                    std::string_view shown) {
  phase_ = phase;
  send(line, shown.empty() ? line : shown);
}

void ClientSession::Engine::on_reply(const Reply& reply) {
  // RFC 5321 §3.8: 421 may answer any command; it also ends the session.
  if (reply.code == kNotAvailable && phase_ != ClientPhase::quit)
    return close({Cause::refused, phase_, reply});
  switch (phase_) {
    case ClientPhase::mail:
    case ClientPhase::rcpt:
    case ClientPhase::data_start: return on_envelope_reply(reply);
    case ClientPhase::content: return on_early_reply(reply);
    case ClientPhase::data_end: return on_data_end(reply);
    default: return on_session_reply(reply);
  }
}

void ClientSession::Engine::on_session_reply(const Reply& reply) {
  switch (phase_) {
    case ClientPhase::banner: return on_banner(reply);
    case ClientPhase::hello: return on_hello(reply);
    case ClientPhase::starttls: return on_starttls(reply);
    case ClientPhase::auth: return on_auth(reply);
    case ClientPhase::reset:
      if (reply.code == kOk) return ready();
      return close({Cause::refused, phase_, reply});
    case ClientPhase::quit: return close({Cause::quit, phase_, reply});
    default: return protocol_error("a reply without a command");
  }
}

// --- greeting, EHLO, HELO ---

void ClientSession::Engine::on_banner(const Reply& reply) {
  if (reply.code == kServiceReady)
    return command(ClientPhase::hello, "EHLO " + options_.hello_name);
  if (reply.positive()) return protocol_error("the greeting is not 220");
  close({Cause::refused, phase_, reply});
}

void ClientSession::Engine::on_hello(const Reply& reply) {
  if (reply.code == kOk) {
    extensions_ = Extensions();
    if (!tried_helo_) read_extensions(reply);
    return after_hello();
  }
  if (reply.permanent() && !tried_helo_) {  // RFC 5321 §3.2
    tried_helo_ = true;
    return command(ClientPhase::hello, "HELO " + options_.hello_name);
  }
  if (reply.positive()) return protocol_error("the reply to EHLO is not 250");
  close({Cause::refused, phase_, reply});
}

// RFC 5321 §4.1.1.1: ehlo-line = ehlo-keyword *( SP ehlo-param ), from the second line on.
void ClientSession::Engine::read_extensions(const Reply& reply) {
  extensions_.esmtp = true;
  for (size_t i = 1; i < reply.lines.size(); ++i) {
    auto words = split(reply.lines[i], ' ');
    std::string_view keyword = words[0];
    if (iequals(keyword, "STARTTLS")) extensions_.starttls = true;
    if (iequals(keyword, "PIPELINING")) extensions_.pipelining = true;
    if (iequals(keyword, "8BITMIME")) extensions_.eight_bit_mime = true;
    if (iequals(keyword, "SMTPUTF8")) extensions_.smtputf8 = true;
    if (iequals(keyword, "SIZE")) {
      extensions_.size = true;
      if (words.size() > 1) extensions_.size_most = parse_number<uint64_t>(words[1]).value_or(0);
    }
    if (!iequals(keyword, "AUTH")) continue;
    for (std::string_view mechanism : words) {
      if (iequals(mechanism, "PLAIN")) extensions_.auth_plain = true;
      if (iequals(mechanism, "LOGIN")) extensions_.auth_login = true;
    }
  }
}

// --- TLS ---

void ClientSession::Engine::after_hello() {
  bool wanted = options_.tls == ClientTls::opportunistic || options_.tls == ClientTls::required;
  if (tls_active_ || !wanted) return after_tls();
  if (extensions_.starttls) return command(ClientPhase::starttls, "STARTTLS");
  if (options_.tls == ClientTls::opportunistic) return after_tls();
  Reply ours(0, {4, 7, 10}, "TLS is required here, and the receiver does not offer it");
  close({Cause::no_tls, phase_, ours});
}

void ClientSession::Engine::on_starttls(const Reply& reply) {
  if (reply.code == kServiceReady) {
    phase_ = ClientPhase::handshake;
    wishes_.emplace_back(ClientStartTls{});
    return;
  }
  if (reply.positive()) return protocol_error("the reply to STARTTLS is not 220");
  if (options_.tls == ClientTls::opportunistic) return after_tls();
  close({Cause::no_tls, phase_, reply});
}

// RFC 3207 §4.2: what the receiver said in plain is forgotten, also what it said too early.
void ClientSession::Engine::tls_started() {
  if (phase_ == ClientPhase::closed) return;
  PH_CHECK(phase_ == ClientPhase::handshake);
  parser_.discard();
  extensions_ = Extensions();
  tried_helo_ = false;
  tls_active_ = true;
  command(ClientPhase::hello, "EHLO " + options_.hello_name);
}

// --- AUTH ---

void ClientSession::Engine::after_tls() {
  if (!options_.login) return ready();
  if (!tls_active_ || (!extensions_.auth_plain && !extensions_.auth_login)) {
    Reply ours(0, {4, 7, 0}, tls_active_ ? "The receiver offers neither AUTH PLAIN nor LOGIN"
                                         : "No password is sent without TLS");
    return close({Cause::no_auth, phase_, ours});
  }
  login_step_ = 0;
  if (!extensions_.auth_plain) return command(ClientPhase::auth, "AUTH LOGIN");
  std::string credentials;  // RFC 4616 §2
  credentials += '\0' + options_.login->user + '\0' + options_.login->password;
  command(ClientPhase::auth, "AUTH PLAIN " + base64_encode(credentials), "AUTH PLAIN ***");
}

void ClientSession::Engine::on_auth(const Reply& reply) {
  if (reply.code == kAuthSucceeded) return ready();
  if (reply.code == kAuthContinue && !extensions_.auth_plain && login_step_ < 2) {
    const std::string& word = login_step_ == 0 ? options_.login->user : options_.login->password;
    ++login_step_;
    return command(ClientPhase::auth, base64_encode(word), "***");
  }
  if (reply.positive()) return protocol_error("the reply to AUTH is not 235");
  close({Cause::refused, phase_, reply});
}

// --- endings ---

void ClientSession::Engine::ready() {
  phase_ = ClientPhase::idle;
  wishes_.emplace_back(Ready{});
}

void ClientSession::Engine::protocol_error(std::string why) {
  close({Cause::protocol, phase_, Reply(0, {4, 5, 0}, "Not SMTP: " + std::move(why))});
}

void ClientSession::Engine::connection_lost(std::string_view why) {
  if (phase_ == ClientPhase::closed) return;
  std::string text = fmt::format("Connection ended ({}): {}", phase_name(phase_), why);
  transcript_.add("-", text);
  Cause cause = phase_ == ClientPhase::quit ? Cause::quit : Cause::lost;
  close({cause, phase_, Reply(0, status::kConnectionLost, text)});
}

void ClientSession::Engine::close(SessionClosed closed) {
  if (phase_ == ClientPhase::closed) return;
  bool remote = closed.cause == Cause::refused;
  give_up(closed.reply, remote);
  bool polite = remote && closed.reply.code != kNotAvailable;
  if (polite && closed.phase != ClientPhase::content) output_ += "QUIT\r\n";
  while (!wishes_.empty() && std::holds_alternative<Ready>(wishes_.back())) wishes_.pop_back();
  phase_ = ClientPhase::closed;
  wishes_.emplace_back(std::move(closed));
}

void ClientSession::Engine::quit() {
  if (phase_ == ClientPhase::closed) return;
  if (phase_ == ClientPhase::idle) return command(ClientPhase::quit, "QUIT");
  connection_lost("we ended it");
}

std::optional<ClientWish> ClientSession::Engine::next() {
  if (wishes_.empty()) return std::nullopt;
  ClientWish wish = std::move(wishes_.front());
  wishes_.pop_front();
  return wish;
}

// --- the face ---

ClientSession::ClientSession(ClientOptions options)
    : engine_(std::make_unique<Engine>(std::move(options))) {}
ClientSession::~ClientSession() = default;
ClientSession::ClientSession(ClientSession&&) noexcept = default;
ClientSession& ClientSession::operator=(ClientSession&&) noexcept = default;

void ClientSession::feed(std::string_view bytes) { engine_->feed(bytes); }
void ClientSession::tls_started() { engine_->tls_started(); }
void ClientSession::connection_lost(std::string_view why) { engine_->connection_lost(why); }
Result<> ClientSession::begin(const ClientTransaction& t) { return engine_->begin(t); }
void ClientSession::write_content(std::string_view bytes) { engine_->write_content(bytes); }
void ClientSession::finish_content() { engine_->finish_content(); }
void ClientSession::quit() { engine_->quit(); }
std::optional<ClientWish> ClientSession::next() { return engine_->next(); }
std::string ClientSession::take_output() { return engine_->take_output(); }
ClientPhase ClientSession::phase() const { return engine_->phase(); }
const Extensions& ClientSession::extensions() const { return engine_->extensions(); }
bool ClientSession::tls_active() const { return engine_->tls_active(); }
unsigned ClientSession::transactions() const { return engine_->transactions(); }
std::string ClientSession::take_transcript() { return engine_->take_transcript(); }

}  // namespace ph::smtp
