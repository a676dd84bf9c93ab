#include "smtpd/inbound.h"

#include "smtpd/reason_reply.h"
#include "smtpd/trace.h"
#include "smtpio/session_shell.h"

namespace ph::smtpd {
namespace {

using smtpio::Answer;
using smtpio::Client;
using Door = std::shared_ptr<const InboundOptions>;

Result<smtp::ReturnPath> return_path_of(const Door& door, const mime::SmtpPath& path) {
  return smtp::parse_return_path(door->keys, path.mailbox.local, path.mailbox.domain,
                                 door->clock.wall());
}

net::Task<Answer> rcpt(Door door, const mime::SmtpPath& path) {
  if (return_path_of(door, path)) co_return Answer{};
  co_return smtp::Reply(smtp::kMailboxUnavailable, smtp::status::kNoSuchMailbox,
                        "No such mailbox here");
}

net::Task<smtpio::Taken> message(Door door, const Client& client, smtpio::Envelope envelope,
                                 std::string content) {
  content.insert(0, received_field(client, door->hostname, door->clock.wall(), Trace::with_client));
  feedback::Report report{.paths = {}, .content = std::move(content)};
  for (const mime::SmtpPath& path : envelope.recipients) {
    auto known = return_path_of(door, path);
    if (known) report.paths.push_back(*known);  // else its time ran out since RCPT
  }
  auto taken = co_await door->reports.take(std::move(report));
  if (!taken) co_return smtpio::Taken{.refused = reason_reply(taken.error()), .text = {}};
  co_return smtpio::Taken{.refused = {}, .text = "Ok"};
}

smtpio::Handler handler_of(Door door) {
  smtpio::Handler out;
  out.authenticate = [](const Client&, smtp::Authenticate) -> net::Task<Answer> {
    co_return smtp::auth_refused();
  };
  out.mail = [](const Client&, const mime::SmtpPath&,
                const smtp::MailParameters&) -> net::Task<Answer> { co_return Answer{}; };
  out.rcpt = [door](const Client&, const smtpio::Envelope&, const mime::SmtpPath& path) {
    return rcpt(door, path);
  };
  out.message = [door](const Client& client, smtpio::Envelope envelope, std::string content) {
    return message(door, client, std::move(envelope), std::move(content));
  };
  return out;
}

}  // namespace

Result<std::unique_ptr<Inbound>> Inbound::start(InboundOptions options) {
  auto door = std::make_shared<const InboundOptions>(std::move(options));
  auto out = std::make_unique<Inbound>();
  auto serve = [door, group = out->listeners_.group()](std::unique_ptr<net::Stream> stream) {
    smtpio::ShellOptions shell;
    shell.session.hostname = door->hostname;
    shell.session.tls = door->tls ? smtp::ServerTls::offered : smtp::ServerTls::none;
    shell.session.recipients = limits::kReportRecipients;
    shell.session.refused_recipients = limits::kReportGuesses;
    shell.tls = door->tls;
    shell.group = group;
    shell.command_wait = limits::kSmtpStrangerWait;
    return smtpio::run_session(std::move(stream), std::move(shell), handler_of(door));
  };
  out->locals_ = TRY(out->listeners_.add(door->loops, door->listen, serve));
  return out;
}

}  // namespace ph::smtpd
