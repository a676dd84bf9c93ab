#include "smtpd/relay.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>

#include "base/id_source.h"
#include "smtpd/rcpt.h"
#include "smtpd/reason_reply.h"
#include "smtpd/trace.h"
#include "smtpio/session_shell.h"

namespace ph::smtpd {
namespace {

using smtpio::Answer;
using smtpio::Client;

struct Door {
  explicit Door(RelayOptions o) : options(std::move(o)) {}
  RelayOptions options;
  std::atomic<int64_t> account{0};  // once found it stays: numbers are never given again
};

core::Actor operator_actor() {
  return {.kind = core::Actor::Kind::relay, .account = {}, .role = core::Role::operator_};
}

net::Task<core::Outcome<AccountId>> find_account(std::shared_ptr<Door> door) {
  if (int64_t known = door->account.load(); known != 0) co_return AccountId(known);
  auto row = co_await door->options.accounts.find(operator_actor(), door->options.account);
  if (!row) co_return std::unexpected(row.error());
  door->account.store(row->id.value);
  co_return row->id;
}

net::Task<Answer> mail(std::shared_ptr<Door> door) {
  auto account = co_await find_account(door);
  if (account) co_return Answer{};
  if (account.error().reason == core::Reason::not_found)
    co_return smtp::Reply(smtp::kLocalError, {4, 3, 5},
                          "The relay's account does not exist yet (relay.account)");
  co_return reason_reply(account.error());
}

net::Task<smtpio::Taken> message(std::shared_ptr<Door> door, const Client& client,
                                 smtpio::Envelope envelope, std::string content) {
  auto account = co_await find_account(door);
  if (!account) co_return smtpio::Taken{.refused = reason_reply(account.error()), .text = {}};
  core::RawContent raw;
  raw.bytes = std::move(content);
  raw.smtputf8 = envelope.parameters.smtputf8;
  raw.received = received_field(client, door->options.hostname, door->options.clock.wall(),
                                Trace::with_client);
  for (const mime::SmtpPath& path : envelope.recipients)
    raw.recipients.push_back(path.mailbox.address());
  core::SendRequest request;
  request.actor = {.kind = core::Actor::Kind::relay,
                   .account = *account,
                   .role = core::Role::developer,
                   .scope = core::Scope::send};
  request.account = *account;
  request.door = core::Door::relay;
  request.raw = std::move(raw);
  auto sent = co_await door->options.sender.send(std::move(request));
  if (!sent) co_return smtpio::Taken{.refused = reason_reply(sent.error()), .text = {}};
  co_return smtpio::Taken{.refused = {},
                          .text = fmt::format("Ok: queued as {}", format_id(sent->id.value))};
}

smtpio::Handler handler_of(std::shared_ptr<Door> door) {
  smtpio::Handler out;
  out.authenticate = [](const Client&, smtp::Authenticate) -> net::Task<Answer> {
    co_return smtp::auth_refused();
  };
  out.mail = [door](const Client&, const mime::SmtpPath&, const smtp::MailParameters&) {
    return mail(door);
  };
  out.rcpt = [](const Client&, const smtpio::Envelope&,
                const mime::SmtpPath& path) -> net::Task<Answer> { co_return answer_rcpt(path); };
  out.message = [door](const Client& client, smtpio::Envelope envelope, std::string content) {
    return message(door, client, std::move(envelope), std::move(content));
  };
  return out;
}

}  // namespace

Result<std::unique_ptr<Relay>> Relay::start(RelayOptions options) {
  auto door = std::make_shared<Door>(std::move(options));
  auto out = std::make_unique<Relay>();
  auto serve = [door, group = out->listeners_.group()](std::unique_ptr<net::Stream> stream) {
    const RelayOptions& o = door->options;
    smtpio::ShellOptions shell;
    shell.session.hostname = o.hostname;
    shell.session.peers = smtp::ServerPeers::known;
    shell.session.tls = o.tls ? smtp::ServerTls::offered : smtp::ServerTls::none;
    shell.tls = o.tls;
    shell.group = group;
    IpAddress peer = stream->peer().address;
    bool trusted =
        std::ranges::any_of(o.trusted, [&](const Network& n) { return n.contains(peer); });
    if (!trusted)
      shell.greeting = smtp::Reply(smtp::kFailed, {5, 7, 1}, "This relay does not serve you");
    return smtpio::run_session(std::move(stream), std::move(shell), handler_of(door));
  };
  out->locals_ = TRY(out->listeners_.add(door->options.loops, door->options.listen, serve));
  return out;
}

}  // namespace ph::smtpd
