#include "sandbox/receiver.h"

#include <fmt/format.h>

#include "base/text.h"
#include "mime/date.h"
#include "smtpio/session_shell.h"
#include "store/inbox.h"
#include "store/message.h"

namespace ph::sandbox {
namespace {

using smtpio::Answer;
using smtpio::Client;

constexpr Duration kSlow = std::chrono::seconds(5);
constexpr const char* kHost = "receiver.sandbox.example";

// The local part without its "+detail".
std::string behaviour(const mime::SmtpPath& path) {
  std::string local = lower(path.mailbox.local);
  return local.substr(0, local.find('+'));
}

net::Task<Answer> rcpt(const mime::SmtpPath& path) {
  std::string what = behaviour(path);
  if (what == "bounce")
    co_return smtp::Reply(smtp::kMailboxUnavailable, smtp::status::kNoSuchMailbox,
                          "No such mailbox (the sandbox bounces bounce@)");
  if (what == "defer")
    co_return smtp::Reply(smtp::kLocalError, {4, 7, 1},
                          "Try again later (the sandbox defers defer@)");
  if (what == "slow") co_await net::sleep_for(kSlow);
  co_return Answer{};
}

std::string trace_fields(const Client& client, const smtpio::Envelope& envelope, WallTime now) {
  return fmt::format(
      "Return-Path: <{}>\r\nReceived: from {} ([{}])\r\n\tby {} with {};\r\n\t{}\r\n",
      envelope.mail_from.is_null ? "" : envelope.mail_from.mailbox.address(), client.hello,
      client.peer.address.text(), kHost, client.protocol, mime::format_date(now));
}

// Whose mail it is: the return path says so, and is signed.
struct Owner {
  AccountId account;
  MessageId message;
};

Result<Owner> owner_of(sql::Connection& sql, const SandboxOptions& options,
                       const mime::SmtpPath& mail_from, WallTime now) {
  auto path = smtp::parse_return_path(options.return_path_keys, mail_from.mailbox.local,
                                      mail_from.mailbox.domain, now);
  if (!path) return Owner{};
  auto message = store::message_for_queue(sql, path->message);
  if (!message && message.error().code == Errc::not_found) return Owner{};
  return Owner{TRY(std::move(message)).account_id, path->message};
}

Result<> keep(store::Tx& tx, const SandboxOptions& options, const Client& client,
              const smtpio::Envelope& envelope, const std::string& content) {
  Owner owner = TRY(owner_of(tx.sql(), options, envelope.mail_from, tx.now()));
  for (const mime::SmtpPath& recipient : envelope.recipients) {
    store::InboxRow row;
    row.id = tx.new_id();
    row.account_id = owner.account;
    row.received_at = tx.now();
    row.mail_from = envelope.mail_from.is_null ? "" : envelope.mail_from.mailbox.address();
    row.rcpt_to = recipient.mailbox.address();
    row.helo = client.hello;
    row.tls = client.tls;
    row.content = TRY(tx.put_content(content));
    row.message_id = owner.message;
    TRY(store::insert_inbox(tx.sql(), owner.account, row));
  }
  return {};
}

net::Task<smtpio::Taken> message(SandboxOptions options, const Client& client,
                                 smtpio::Envelope envelope, std::string content) {
  auto held =
      std::make_shared<std::string>(trace_fields(client, envelope, options.clock.wall()) + content);
  auto job = [options, client, envelope, held](store::Tx& tx) {
    return keep(tx, options, client, envelope, *held);
  };
  auto kept = co_await options.store.write<void>(std::move(job),
                                                 Deadline::in(options.clock, limits::kStoreWait));
  if (kept) co_return smtpio::Taken{.refused = {}, .text = "Ok: in the sandbox inbox"};
  co_return smtpio::Taken{
      .refused = smtp::Reply(smtp::kLocalError, {4, 3, 0}, "The inbox cannot take it now"),
      .text = {}};
}

}  // namespace

net::Task<> receive(std::unique_ptr<net::Stream> stream, ReceiverOptions options) {
  smtpio::ShellOptions shell;
  shell.session.hostname = kHost;
  shell.session.tls = smtp::ServerTls::offered;
  shell.tls = std::move(options.tls);
  shell.group = std::move(options.group);
  smtpio::Handler handler;
  handler.authenticate = [](const Client&, smtp::Authenticate) -> net::Task<Answer> {
    co_return smtp::auth_refused();
  };
  handler.mail = [](const Client&, const mime::SmtpPath&,
                    const smtp::MailParameters&) -> net::Task<Answer> { co_return Answer{}; };
  handler.rcpt = [](const Client&, const smtpio::Envelope&, const mime::SmtpPath& path) {
    return rcpt(path);
  };
  handler.message = [options = options.sandbox](const Client& client, smtpio::Envelope envelope,
                              std::string content) {
    return message(options, client, std::move(envelope), std::move(content));
  };
  return smtpio::run_session(std::move(stream), std::move(shell), std::move(handler));
}

}  // namespace ph::sandbox
