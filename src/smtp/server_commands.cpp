#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/text.h"
#include "smtp/server_engine.h"

namespace ph::smtp {

struct ServerSession::Engine::Command {
  std::string_view verb;
  void (Engine::*run)(std::string_view argument);
  bool last_of_group = false;  // RFC 2920 §3.1
};

const ServerSession::Engine::Command* ServerSession::Engine::find_command(std::string_view verb) {
  static constexpr std::array kCommands{
      Command{"EHLO", &Engine::ehlo, true}, Command{"HELO", &Engine::helo, true},
      Command{"MAIL", &Engine::mail},       Command{"RCPT", &Engine::rcpt},
      Command{"DATA", &Engine::data, true}, Command{"BDAT", &Engine::bdat},
      Command{"RSET", &Engine::rset},       Command{"NOOP", &Engine::noop},
      Command{"QUIT", &Engine::quit},       Command{"AUTH", &Engine::auth, true},
      Command{"VRFY", &Engine::vrfy},       Command{"EXPN", &Engine::expn},
      Command{"HELP", &Engine::help},       Command{"STARTTLS", &Engine::starttls},
  };
  for (const Command& command : kCommands)
    if (iequals(command.verb, verb)) return &command;
  return nullptr;
}

namespace {

// A browser, or another protocol through a browser (ALPACA): its next lines may look like SMTP.
bool is_http(std::string_view verb, std::string_view line) {
  static constexpr std::string_view kMethods[] = {"GET",     "POST",   "PUT",   "HEAD",  "OPTIONS",
                                                  "CONNECT", "DELETE", "PATCH", "TRACE", "PRI"};
  bool method = std::ranges::any_of(kMethods, [&](auto m) { return iequals(m, verb); });
  return method || line.ends_with(" HTTP/1.1") || line.ends_with(" HTTP/1.0");
}

// RFC 5321 §4.1.1.1 wants a domain or an address literal. Whatever a client calls itself is taken
// that cannot harm the Received field that will show it.
bool is_hello_name(std::string_view name) {
  auto fits = [](char c) {
    return is_alnum(c) || std::string_view("-._:[]").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= limits::kDomain && std::ranges::all_of(name, fits);
}

// "FROM:<a@b> SIZE=1" without "FROM:"; nothing when the word is another.
std::optional<std::string_view> behind(std::string_view argument, std::string_view word) {
  if (!istarts_with(argument, word)) return std::nullopt;
  return argument.substr(word.size());
}

std::string_view trim_spaces(std::string_view text) {
  while (!text.empty() && is_wsp(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_wsp(text.back())) text.remove_suffix(1);
  return text;
}

}  // namespace

void ServerSession::Engine::on_command(std::string_view line) {
  std::string_view verb = line.substr(0, line.find(' '));
  if (is_http(verb, line)) return end({kFailed, status::kInvalidCommand, "This is not HTTP"});
  const Command* command = find_command(verb);
  if (!command) return error({kSyntaxError, status::kInvalidCommand, "Unknown command"});
  if (command->last_of_group && !ends_group()) return;
  (this->*command->run)(trim_spaces(line.substr(verb.size())));
}

// --- EHLO, HELO ---

bool ServerSession::Engine::hello(std::string_view argument) {
  if (!is_hello_name(argument)) {
    error({kBadParameter, status::kBadArguments, "Say EHLO with your host name"});
    return false;
  }
  if (!junk()) return false;
  drop_transaction();  // RFC 5321 §4.1.4: as RSET
  content_.reset();
  mail_refused_ = false;
  hello_.name = std::string(argument);
  return true;
}

void ServerSession::Engine::ehlo(std::string_view argument) {
  if (!hello(argument)) return;
  hello_.esmtp = true;
  Reply reply(kOk, status::kNone, options_.hostname + " greets you");
  std::string size = fmt::format("SIZE {}", options_.message_bytes);
  reply.lines.insert(reply.lines.end(), {"PIPELINING", size, "8BITMIME", "ENHANCEDSTATUSCODES"});
  bool may_start = options_.tls == ServerTls::offered || options_.tls == ServerTls::required;
  if (may_start && !tls_active_) reply.lines.emplace_back("STARTTLS");
  if (options_.auth == ServerAuth::required && tls_active_ && !login_)
    reply.lines.emplace_back("AUTH PLAIN LOGIN");
  if (options_.chunking) reply.lines.emplace_back("CHUNKING");
  if (options_.smtputf8) reply.lines.emplace_back("SMTPUTF8");
  say(reply);
}

void ServerSession::Engine::helo(std::string_view argument) {
  if (!hello(argument)) return;
  hello_.esmtp = false;
  say({kOk, status::kNone, options_.hostname});
}

// --- MAIL, RCPT ---

bool ServerSession::Engine::may_mail() {
  std::optional<Reply> refusal;
  bool can_start = options_.tls == ServerTls::offered || options_.tls == ServerTls::required;
  bool needs_login = options_.auth == ServerAuth::required && !login_;
  bool needs_tls = options_.tls == ServerTls::required || (needs_login && can_start);
  if (hello_.name.empty())
    refusal = Reply(kBadSequence, status::kInvalidCommand, "Say EHLO first");
  else if (needs_tls && !tls_active_)
    refusal = Reply(kNotAuthenticated, status::kSecurity, "Must issue a STARTTLS command first");
  else if (needs_login)
    refusal = Reply(kNotAuthenticated, status::kSecurity, "Authentication required");
  else if (transaction_)
    refusal = Reply(kBadSequence, status::kInvalidCommand, "A transaction is open: say RSET first");
  if (refusal) error(*refusal);
  return !refusal;
}

// The reply to a MAIL or RCPT whose argument breaks a rule.
Reply ServerSession::Engine::mail_fault(const Error& error) const {
  if (error.field == "path") {
    bool route = error.code == Errc::unsupported;
    return {route ? kMailboxUnavailable : kBadParameter, status::kBadSenderSyntax, error.message};
  }
  if (error.code == Errc::unsupported)  // RFC 5321 §4.1.1.11
    return {kUnknownParameter, status::kBadArguments, error.message};
  return {kBadParameter, status::kBadArguments, error.message};
}

void ServerSession::Engine::mail(std::string_view argument) {
  mail_refused_ = true;
  if (!may_mail()) return;
  auto path = behind(argument, "FROM:");
  if (!path) return error({kBadParameter, status::kBadArguments, "Say MAIL FROM:<address>"});
  auto parsed = parse_path_argument(*path, PathRole::reverse);
  if (!parsed) return error(mail_fault(parsed.error()));
  bool offers_auth = options_.auth == ServerAuth::required;
  auto parameters = read_mail_parameters(parsed->parameters, {options_.smtputf8, offers_auth});
  if (!parameters) return error(mail_fault(parameters.error()));
  if (path_needs_utf8(parsed->path) && !parameters->smtputf8)
    return error({kBadMailbox, status::kUtf8NotPermitted, "This address needs SMTPUTF8"});
  if (parameters->size > options_.message_bytes)  // RFC 1870 §6.1
    return error({kTooMuch, status::kMessageTooBig, "The message is too big"});
  if (++counts_.transactions > limits::kSmtpTransactions)
    return end({kNotAvailable, status::kTemporarySecurity, "Too many messages in one session"});
  mail_refused_ = false;
  content_.reset();
  pending_utf8_ = parameters->smtputf8;
  wait_for(Waiting::mail, MailFrom{std::move(parsed->path), std::move(*parameters)});
}

// Why this recipient is none, whoever asks.
std::optional<Reply> ServerSession::Engine::rcpt_fault(const Result<PathArgument>& parsed) const {
  if (!parsed) {
    Reply reply = mail_fault(parsed.error());
    if (parsed.error().field == "path") reply.status = status::kBadRecipientSyntax;
    return reply;
  }
  if (!parsed->parameters.empty()) {
    std::string words = parsed->parameters[0].keyword + " is not offered";
    return Reply(kUnknownParameter, status::kBadArguments, words);
  }
  if (path_needs_utf8(parsed->path) && !transaction_->smtputf8)
    return Reply(kBadMailbox, status::kUtf8NotPermitted, "This address needs SMTPUTF8");
  return std::nullopt;
}

// RFC 5321 §4.5.3.1.8: a known client may name a hundred recipients, and all of them may be wrong.
void ServerSession::Engine::refuse_rcpt(const Reply& reply) {
  if (!is_known()) return error(reply);
  if (!refused_too_many()) say(reply);
}

void ServerSession::Engine::rcpt(std::string_view argument) {
  if (!transaction_ || content_) {
    Reply reply(kBadSequence, status::kInvalidCommand, "Say MAIL first");
    if (!mail_refused_) return error(reply);
    if (junk()) say(reply);
    return;
  }
  ++transaction_->attempted;
  auto path = behind(argument, "TO:");
  if (!path) return error({kBadParameter, status::kBadArguments, "Say RCPT TO:<address>"});
  auto parsed = parse_path_argument(*path, PathRole::forward);
  if (auto fault = rcpt_fault(parsed)) return refuse_rcpt(*fault);
  if (transaction_->recipients >= options_.recipients)  // RFC 5321 §4.5.3.1.10
    return say({kNoStorage, status::kTooManyRecipients, "Too many recipients for one message"});
  wait_for(Waiting::rcpt, RcptTo{std::move(parsed->path)});
}

// --- the small ones ---

void ServerSession::Engine::rset(std::string_view argument) {
  if (!argument.empty())
    return error({kBadParameter, status::kBadArguments, "RSET has no argument"});
  if (!junk()) return;
  drop_transaction();
  content_.reset();
  mail_refused_ = false;
  say({kOk, status::kFine, "Ok"});
}

void ServerSession::Engine::noop(std::string_view) {
  if (junk()) say({kOk, status::kFine, "Ok"});
}

void ServerSession::Engine::vrfy(std::string_view) {  // RFC 5321 §7.3
  if (junk()) say({kCannotVerify, status::kFine, "Send mail and see"});
}

void ServerSession::Engine::expn(std::string_view) {
  error({kNotImplemented, status::kInvalidCommand, "EXPN is not offered"});
}

void ServerSession::Engine::help(std::string_view) {
  if (junk()) say({kHelpText, status::kFine, "RFC 5321"});
}

void ServerSession::Engine::quit(std::string_view) {
  ended_by_quit_ = pending().empty();
  end({kClosing, status::kFine, "Bye"});
}

// --- STARTTLS ---

void ServerSession::Engine::starttls(std::string_view argument) {
  if (!argument.empty())
    return error({kBadParameter, status::kBadArguments, "STARTTLS has no argument"});
  if (tls_active_) return error({kBadSequence, status::kInvalidCommand, "TLS is on already"});
  if (options_.tls != ServerTls::offered && options_.tls != ServerTls::required)
    return error({kNotImplemented, status::kInvalidCommand, "STARTTLS is not offered"});
  if (hello_.name.empty())
    return error({kBadSequence, status::kInvalidCommand, "Say EHLO first"});
  say({kServiceReady, status::kFine, "Go ahead"});
  wait_for(Waiting::start_tls, StartTls{});
}

// RFC 3207 §4.2: what was said in plain is forgotten, and so is what was read beyond STARTTLS.
void ServerSession::Engine::tls_started() {
  drop_transaction();
  content_.reset();
  login_.reset();
  hello_ = server::Hello();
  mail_refused_ = false;
  buffer_.clear();
  start_ = scanned_ = 0;
  tls_active_ = true;
}

}  // namespace ph::smtp
