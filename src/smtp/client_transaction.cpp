#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/limits.h"
#include "base/text.h"
#include "smtp/client_engine.h"

namespace ph::smtp {

using client::Recipient;
using client::Transaction;

namespace {

Verdict verdict_of(const Reply& refusal) {
  return refusal.permanent() ? Verdict::bounced : Verdict::deferred;
}

// RFC 5321 §4.5.3.1.10: 552 to RCPT may mean that there are too many, which is temporary.
bool is_too_many(const Reply& reply) {
  if (reply.code != kTooMuch) return false;
  return !reply.status || (reply.status.subject == 5 && reply.status.detail == 3);
}

}  // namespace

// --- before anything is said ---

Result<> ClientSession::Engine::begin(const ClientTransaction& given) {
  if (phase_ == ClientPhase::closed) return fail(Errc::closed, "the session has ended");
  PH_CHECK(phase_ == ClientPhase::idle);
  transaction_ = TRY(prepare(given));
  ++transactions_;
  bool some = std::ranges::any_of(transaction_->recipients, [](auto& r) { return !r.decided; });
  if (some) {
    pump();
  } else {
    report();
    ready();
  }
  return {};
}

// Why the receiver cannot be given this message at all.
std::optional<Reply> ClientSession::Engine::cannot_take(const ClientTransaction& given,
                                                        bool utf8) const {
  if (utf8 && !extensions_.smtputf8)  // RFC 6531 §3.2 and §3.5
    return Reply(0, status::kUtf8NotPermitted, "The receiver does not offer SMTPUTF8");
  if (given.eight_bit && !extensions_.eight_bit_mime)  // RFC 6152 §3
    return Reply(0, status::kConversionNeeded, "The receiver does not offer 8BITMIME");
  if (extensions_.size_most > 0 && given.size > extensions_.size_most)  // RFC 1870 §6.1
    return Reply(0, status::kMessageTooBig,
                 fmt::format("The receiver takes {} octets at most", extensions_.size_most));
  return std::nullopt;
}

Result<Transaction> ClientSession::Engine::prepare(const ClientTransaction& given) const {
  if (given.recipients.empty()) return fail(Errc::invalid, "there is no recipient", "recipients");
  if (given.recipients.size() > limits::kRecipients)
    return fail(Errc::limit, "there are too many recipients", "recipients");
  Transaction out;
  mime::SmtpPath sender = TRY(make_path(given.sender));
  bool utf8 = given.utf8_headers || path_needs_utf8(sender);
  auto refusal = cannot_take(given, utf8);
  for (const std::string& address : given.recipients) {
    Recipient& recipient = out.recipients.emplace_back();
    recipient.path = TRY(make_path(address));
    if (recipient.path.is_null) return fail(Errc::invalid, "a recipient is empty", "recipients");
    bool needs = path_needs_utf8(recipient.path);
    auto own = refusal ? refusal : cannot_take(given, needs);
    recipient.decided = own.has_value();
    if (own) recipient.outcome = {Verdict::bounced, ClientPhase::mail, *own, false};
    else utf8 = utf8 || needs;
  }
  out.mail_line = "MAIL FROM:" + path_text(sender);
  if (extensions_.size && given.size > 0) out.mail_line += fmt::format(" SIZE={}", given.size);
  if (extensions_.eight_bit_mime && given.eight_bit) out.mail_line += " BODY=8BITMIME";
  if (utf8) out.mail_line += " SMTPUTF8";
  return out;
}

// --- MAIL, RCPT, DATA ---

// Says what may be said now: one command, or with PIPELINING a window of them (RFC 2920 §3.1).
void ClientSession::Engine::pump() {
  size_t window = extensions_.pipelining ? limits::kSmtpPipelined : 1;
  while (expected_.size() < window && send_next()) {
  }
  if (expected_.empty()) return envelope_done();
  phase_ = expected_.front().phase;
}

void ClientSession::Engine::expect(ClientPhase phase, size_t recipient) {
  expected_.push_back({phase, recipient});
}

bool ClientSession::Engine::send_next() {
  Transaction& t = *transaction_;
  if (!t.mail_sent) {
    t.mail_sent = true;
    send(t.mail_line);
    expect(ClientPhase::mail);
    return true;
  }
  if (t.stopped || t.data_sent) return false;
  while (t.next < t.recipients.size() && t.recipients[t.next].decided) ++t.next;
  if (t.next < t.recipients.size()) {
    send("RCPT TO:" + path_text(t.recipients[t.next].path));
    expect(ClientPhase::rcpt, t.next++);
    ++t.outstanding;
    return true;
  }
  if (t.accepted + t.outstanding == 0) return false;  // nobody to send it to
  t.data_sent = true;
  send("DATA");
  expect(ClientPhase::data_start);
  return true;
}

void ClientSession::Engine::on_envelope_reply(const Reply& reply) {
  PH_CHECK(transaction_ && !expected_.empty());
  client::Expected expected = expected_.front();
  expected_.pop_front();
  bool starts = expected.phase == ClientPhase::data_start;
  bool fits = !reply.positive() || (starts ? reply.code == kStartInput : reply.code < 300);
  if (!fits) return protocol_error(fmt::format("reply {} to {}", reply.code, phase_name(phase_)));
  switch (expected.phase) {
    case ClientPhase::mail: on_mail(reply); break;
    case ClientPhase::rcpt: on_rcpt(reply, transaction_->recipients[expected.recipient]); break;
    default: on_data_start(reply); break;
  }
  pump();
}

void ClientSession::Engine::on_mail(const Reply& reply) {
  transaction_->mail_accepted = reply.positive();
  if (reply.positive()) return;
  decide_all(reply);
  transaction_->stopped = true;
}

void ClientSession::Engine::on_rcpt(const Reply& reply, Recipient& recipient) {
  --transaction_->outstanding;
  if (recipient.decided) return;  // MAIL was refused: what follows it says nothing
  if (reply.positive()) {
    recipient.accepted = true;
    ++transaction_->accepted;
    return;
  }
  bool full = is_too_many(reply) && transaction_->accepted > 0;
  decide(recipient, full ? Verdict::deferred : verdict_of(reply), reply, true);
}

void ClientSession::Engine::on_data_start(const Reply& reply) {
  transaction_->may_send = reply.positive();
  if (!reply.positive()) decide_all(reply);
}

// Every command of the envelope has its reply.
void ClientSession::Engine::envelope_done() {
  Transaction& t = *transaction_;
  if (!t.may_send) return finish_transaction();
  if (t.accepted > 0 && t.mail_accepted) {
    phase_ = ClientPhase::content;
    wishes_.emplace_back(SendContent{});
    return;
  }
  // RFC 2920 §3.1: DATA was pipelined and taken although nobody is there to receive it. An empty
  // message ends it; whatever that is answered with, no recipient has it.
  command(ClientPhase::data_end, ".");
}

// --- content ---

void ClientSession::Engine::write_content(std::string_view bytes) {
  if (phase_ != ClientPhase::content) return;
  transaction_->content += bytes.size();
  transaction_->stuffer.feed(bytes, output_);
}

void ClientSession::Engine::finish_content() {
  if (phase_ != ClientPhase::content) return;
  transaction_->stuffer.finish(output_);
  transaction_->dot_sent = true;
  ++unanswered_;
  transcript_.add("C", fmt::format("({} octets of content)", transaction_->content));
  phase_ = ClientPhase::data_end;
}

// A reply while content is under way: the receiver has had enough, and will not read the rest.
void ClientSession::Engine::on_early_reply(const Reply& reply) {
  if (reply.positive()) return protocol_error("a reply before the end of the content");
  decide_all(reply);
  close({SessionClosed::Cause::refused, phase_, reply});
}

void ClientSession::Engine::on_data_end(const Reply& reply) {
  if (reply.code >= 300 && reply.positive())
    return protocol_error(fmt::format("reply {} to the end of data", reply.code));
  for (Recipient& recipient : transaction_->recipients) {
    if (recipient.decided) continue;  // all are, behind an empty message
    decide(recipient, reply.positive() ? Verdict::delivered : verdict_of(reply), reply, true);
  }
  report();
  ready();
}

// --- outcomes ---

void ClientSession::Engine::decide(Recipient& recipient, Verdict verdict, const Reply& reply,
                                   bool remote) {
  recipient.outcome = {verdict, phase_, reply, remote};
  recipient.decided = true;
}

void ClientSession::Engine::decide_all(const Reply& reply) {
  for (Recipient& recipient : transaction_->recipients)
    if (!recipient.decided) decide(recipient, verdict_of(reply), reply, true);
}

// A reply that ends the session (421) decides like any other; without one, everything before the
// final dot is deferred, and behind it nobody knows (RFC 5321 §4.5.3.2.6, RFC 1047).
void ClientSession::Engine::give_up(const Reply& reply, bool remote) {
  expected_.clear();
  if (!transaction_) return;
  Verdict verdict = transaction_->dot_sent && !remote ? Verdict::ambiguous : Verdict::deferred;
  for (Recipient& recipient : transaction_->recipients)
    if (!recipient.decided) decide(recipient, verdict, reply, remote);
  report();
}

void ClientSession::Engine::report() {
  TransactionDone done;
  for (Recipient& recipient : transaction_->recipients)
    done.outcomes.push_back(std::move(recipient.outcome));
  transaction_.reset();
  wishes_.emplace_back(std::move(done));
}

// A transaction that ends without content: the receiver forgets it by RSET.
void ClientSession::Engine::finish_transaction() {
  bool open = transaction_->mail_accepted;
  report();
  if (open) command(ClientPhase::reset, "RSET");
  else ready();
}

}  // namespace ph::smtp
