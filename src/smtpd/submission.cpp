#include "smtpd/submission.h"

#include <fmt/format.h>

#include "base/id_source.h"
#include "dns/domain_name.h"
#include "smtp/path.h"
#include "smtpd/rcpt.h"
#include "smtpd/reason_reply.h"
#include "smtpd/trace.h"
#include "smtpio/session_shell.h"

namespace ph::smtpd {
namespace {

using smtpio::Answer;
using smtpio::Client;

// What one session knows of its client.
struct Login {
  core::Actor actor;
};

net::Task<Answer> authenticate(std::shared_ptr<const SubmissionOptions> door,
                               std::shared_ptr<Login> login, const Client& client,
                               smtp::Authenticate given) {
  // RFC 4616 §2: acting as somebody else is not offered.
  if (!given.authzid.empty() && given.authzid != given.authcid) co_return smtp::auth_refused();
  auto actor =
      co_await door->addresses.smtp_login(given.authcid, given.password, client.peer.address);
  if (!actor && actor.error().reason == core::Reason::unauthenticated)
    co_return smtp::auth_refused();
  if (!actor) co_return smtp::auth_temporary();
  login->actor = std::move(*actor);
  login->actor.from = client.peer.address.text();
  co_return Answer{};
}

bool is_address(const mime::SmtpPath& path, const std::string& email) {
  auto domain = dns::DomainName::parse(path.mailbox.domain);
  return domain && path.mailbox.local + "@" + domain->text() == email;
}

net::Task<Answer> mail(std::shared_ptr<Login> login, const mime::SmtpPath& path) {
  // A bounce is not a person's to send, but some programs say MAIL FROM:<> for receipts; core
  // holds From to the address in any case.
  if (path.is_null || is_address(path, login->actor.only_address)) co_return Answer{};
  co_return smtp::Reply(smtp::kBadMailbox, {5, 7, 1},
                        fmt::format("You are signed in as {}: the sender must be that address",
                                    login->actor.only_address));
}

net::Task<smtpio::Taken> message(std::shared_ptr<const SubmissionOptions> door,
                                 std::shared_ptr<Login> login, const Client& client,
                                 smtpio::Envelope envelope, std::string content) {
  core::RawContent raw;
  raw.bytes = std::move(content);
  raw.smtputf8 = envelope.parameters.smtputf8;
  raw.received = received_field(client, door->hostname, door->clock.wall(), Trace::without_client);
  for (const mime::SmtpPath& path : envelope.recipients)
    raw.recipients.push_back(path.mailbox.address());
  core::SendRequest request;
  request.actor = login->actor;
  request.account = login->actor.account;
  request.door = core::Door::smtp;
  request.raw = std::move(raw);
  auto sent = co_await door->sender.send(std::move(request));
  if (!sent) co_return smtpio::Taken{.refused = reason_reply(sent.error()), .text = {}};
  co_return smtpio::Taken{.refused = {},
                          .text = fmt::format("Ok: queued as {}", format_id(sent->id.value))};
}

smtpio::Handler handler_of(std::shared_ptr<const SubmissionOptions> door) {
  auto login = std::make_shared<Login>();
  smtpio::Handler out;
  out.authenticate = [door, login](const Client& client, smtp::Authenticate given) {
    return authenticate(door, login, client, std::move(given));
  };
  out.mail = [login](const Client&, const mime::SmtpPath& path, const smtp::MailParameters&) {
    return mail(login, path);
  };
  out.rcpt = [](const Client&, const smtpio::Envelope&,
                const mime::SmtpPath& path) -> net::Task<Answer> { co_return answer_rcpt(path); };
  out.message = [door, login](const Client& client, smtpio::Envelope envelope,
                              std::string content) {
    return message(door, login, client, std::move(envelope), std::move(content));
  };
  return out;
}

using Group = std::shared_ptr<smtpio::SessionGroup>;

net::ConnectionHandler connections(std::shared_ptr<const SubmissionOptions> door, Group group,
                                   smtp::ServerTls tls) {
  return [door, group, tls](std::unique_ptr<net::Stream> stream) {
    smtpio::ShellOptions shell;
    shell.session.hostname = door->hostname;
    shell.session.tls = tls;
    shell.session.auth = smtp::ServerAuth::required;
    shell.tls = door->tls;
    shell.group = group;
    return smtpio::run_session(std::move(stream), std::move(shell), handler_of(door));
  };
}

}  // namespace

Result<std::unique_ptr<Submission>> Submission::start(SubmissionOptions options) {
  auto door = std::make_shared<const SubmissionOptions>(std::move(options));
  auto out = std::make_unique<Submission>();
  Listeners& listeners = out->listeners_;
  auto serve = [&](smtp::ServerTls tls) { return connections(door, listeners.group(), tls); };
  out->locals_ =
      TRY(listeners.add(door->loops, door->listen, serve(smtp::ServerTls::required)));
  out->tls_locals_ =
      TRY(listeners.add(door->loops, door->tls_listen, serve(smtp::ServerTls::implicit)));
  return out;
}

}  // namespace ph::smtpd
