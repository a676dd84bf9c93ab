#include <algorithm>

#include "base/encoding.h"
#include "base/text.h"
#include "smtp/server_engine.h"

namespace ph::smtp {

namespace {

constexpr std::string_view kAskUser = "VXNlcm5hbWU6";      // "Username:"
constexpr std::string_view kAskPassword = "UGFzc3dvcmQ6";  // "Password:"

// RFC 4616 §2: 1*SAFE, UTF-8 without NUL; controls have no place in a name.
bool is_credential(std::string_view text) {
  return !text.empty() && text.size() <= limits::kSmtpCredential && is_utf8(text) &&
         !has_control(text);
}

Reply malformed(std::string text) { return {kBadParameter, status::kSyntax, std::move(text)}; }

}  // namespace

bool ServerSession::Engine::may_auth() {
  std::optional<Reply> refusal;
  if (options_.auth == ServerAuth::none)
    refusal = Reply(kNotImplemented, status::kInvalidCommand, "AUTH is not offered");
  else if (!hello_.esmtp)
    refusal = Reply(kBadSequence, status::kInvalidCommand, "Say EHLO first");
  else if (!tls_active_)
    refusal = Reply(kAuthNeedsTls, status::kEncryptionNeeded, "Must issue STARTTLS first");
  else if (login_)  // RFC 4954 §4
    refusal = Reply(kBadSequence, status::kInvalidCommand, "You are signed in already");
  else if (transaction_)
    refusal = Reply(kBadSequence, status::kInvalidCommand, "Not within a transaction");
  if (refusal) error(*refusal);
  return !refusal;
}

void ServerSession::Engine::auth(std::string_view argument) {
  if (!may_auth()) return;
  std::string_view mechanism = argument.substr(0, argument.find(' '));
  std::string_view initial = argument.substr(mechanism.size());
  while (!initial.empty() && initial[0] == ' ') initial.remove_prefix(1);
  server::AuthDialog dialog;
  if (iequals(mechanism, "LOGIN")) dialog.mechanism = AuthMechanism::login;
  else if (!iequals(mechanism, "PLAIN"))
    return error({kParameterNotImplemented, status::kBadArguments, "AUTH offers PLAIN and LOGIN"});
  dialog_ = dialog;
  if (!initial.empty())  // RFC 4954 §4: "=" is an empty initial response
    return auth_response(initial == "=" ? std::string_view() : initial);
  challenge(dialog.mechanism == AuthMechanism::login ? kAskUser : std::string_view());
}

void ServerSession::Engine::challenge(std::string_view base64) {
  say({kAuthContinue, status::kNone, std::string(base64)});
}

void ServerSession::Engine::auth_step(std::string_view line) {
  if (line == "*") {  // RFC 4954 §4
    dialog_.reset();
    return error({kBadParameter, status::kSecurity, "AUTH cancelled"});
  }
  auth_response(line);
}

void ServerSession::Engine::auth_response(std::string_view base64) {
  auto decoded = base64_decode(base64);
  if (!decoded) return auth_failed(malformed("The response is not base64"));
  if (dialog_->mechanism == AuthMechanism::plain) return plain_response(*decoded);
  login_response(std::move(*decoded));
}

// RFC 4616 §2: [authzid] NUL authcid NUL passwd.
void ServerSession::Engine::plain_response(std::string_view decoded) {
  auto pieces = split(decoded, '\0');
  bool fits = pieces.size() == 3 && (pieces[0].empty() || is_credential(pieces[0])) &&
              is_credential(pieces[1]) && is_credential(pieces[2]);
  if (!fits) return auth_failed(malformed("The response is not that of PLAIN"));
  dialog_.reset();
  pending_login_ = std::string(pieces[1]);
  wait_for(Waiting::auth, Authenticate{AuthMechanism::plain, std::string(pieces[0]),
                                       std::string(pieces[1]), std::string(pieces[2])});
}

void ServerSession::Engine::login_response(std::string decoded) {
  if (!is_credential(decoded)) return auth_failed(malformed("The response is not that of LOGIN"));
  if (!dialog_->user) {
    dialog_->user = std::move(decoded);
    return challenge(kAskPassword);
  }
  pending_login_ = *dialog_->user;
  dialog_.reset();
  wait_for(Waiting::auth, Authenticate{AuthMechanism::login, {}, pending_login_,
                                       std::move(decoded)});
}

// A guess, or what cannot be one: both are counted.
void ServerSession::Engine::auth_failed(const Reply& reply) {
  dialog_.reset();
  if (++counts_.auth_failures >= limits::kSmtpAuthFailures)
    return end({kNotAvailable, status::kTemporarySecurity, "Too many failed sign-ins"});
  error(reply);
}

void ServerSession::Engine::auth_refused_by_shell(const Reply& reply) {
  pending_login_.clear();
  if (reply.permanent()) return auth_failed(reply);
  error(reply);  // counted, so that who is throttled cannot go on asking
}

}  // namespace ph::smtp
