// Purpose: the inside of ClientSession: its state, and which file does what with it.
// Shapes: client_session.cpp the session (greeting, EHLO, TLS, AUTH, endings);
//   client_transaction.cpp MAIL to the reply behind the final dot; client_transcript.cpp what is
//   kept of it.
// Threads: one object, one thread.
// Not here: anything that others include.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "smtp/client_session.h"
#include "smtp/data_reader.h"
#include "smtp/path.h"

namespace ph::smtp {

namespace client {

// Transcript text with a bound: what comes later is left out, and that is said.
class Transcript {
 public:
  void add(std::string_view who, std::string_view text);
  std::string take();

 private:
  std::string text_;
  bool full_ = false;
};

// A command whose reply is awaited.
struct Expected {
  ClientPhase phase = ClientPhase::idle;
  size_t recipient = 0;
};

struct Recipient {
  mime::SmtpPath path;
  bool accepted = false;
  bool decided = false;
  RecipientOutcome outcome;
};

// One message on its way; destroyed whole when its outcomes are out.
struct Transaction {
  std::string mail_line;
  std::vector<Recipient> recipients;
  size_t next = 0;          // recipient to name next
  size_t outstanding = 0;   // RCPT without a reply
  size_t accepted = 0;
  bool mail_sent = false;
  bool mail_accepted = false;
  bool stopped = false;     // nothing more is sent: MAIL or a session's end
  bool data_sent = false;
  bool may_send = false;    // 354 was said
  bool dot_sent = false;    // behind content, not behind nothing
  uint64_t content = 0;     // octets
  DotStuffer stuffer;
};

}  // namespace client

class ClientSession::Engine {
 public:
  explicit Engine(ClientOptions options);

  void feed(std::string_view bytes);
  void tls_started();
  void connection_lost(std::string_view why);
  Result<> begin(const ClientTransaction& transaction);
  void write_content(std::string_view bytes);
  void finish_content();
  void quit();
  std::optional<ClientWish> next();
  std::string take_output() { return std::exchange(output_, {}); }

  // --- what ClientSession shows ---
  ClientPhase phase() const { return phase_; }
  const Extensions& extensions() const { return extensions_; }
  bool tls_active() const { return tls_active_; }
  unsigned transactions() const { return transactions_; }
  std::string take_transcript() { return transcript_.take(); }

 private:
  // --- client_session.cpp ---
  void send(std::string_view line, std::string_view shown);
  void send(std::string_view line) { send(line, line); }
  void command(ClientPhase phase, std::string_view line, std::string_view shown = {});
  void on_reply(const Reply& reply);
  void on_session_reply(const Reply& reply);
  void on_banner(const Reply& reply);
  void on_hello(const Reply& reply);
  void read_extensions(const Reply& reply);
  void after_hello();
  void on_starttls(const Reply& reply);
  void after_tls();
  void on_auth(const Reply& reply);
  void ready();
  void protocol_error(std::string why);
  void close(SessionClosed closed);
  bool stray_input() const;

  // --- client_transaction.cpp ---
  Result<client::Transaction> prepare(const ClientTransaction& given) const;
  std::optional<Reply> cannot_take(const ClientTransaction& given, bool utf8) const;
  void pump();
  bool send_next();
  void expect(ClientPhase phase, size_t recipient = 0);
  void on_envelope_reply(const Reply& reply);
  void on_mail(const Reply& reply);
  void on_rcpt(const Reply& reply, client::Recipient& recipient);
  void on_data_start(const Reply& reply);
  void envelope_done();
  void on_data_end(const Reply& reply);
  void on_early_reply(const Reply& reply);
  void decide(client::Recipient& recipient, Verdict verdict, const Reply& reply, bool remote);
  void decide_all(const Reply& reply);       // by the receiver's refusal
  void give_up(const Reply& reply, bool remote);  // the session ends inside the transaction
  void report();                             // TransactionDone
  void finish_transaction();

  ClientOptions options_;
  ClientPhase phase_ = ClientPhase::banner;
  bool tls_active_ = false;
  bool tried_helo_ = false;
  unsigned login_step_ = 0;  // LOGIN: how much was said
  size_t unanswered_ = 1;    // commands without a reply; the greeting counts as one
  unsigned transactions_ = 0;
  Extensions extensions_;
  ReplyParser parser_;
  std::optional<client::Transaction> transaction_;
  std::deque<client::Expected> expected_;
  std::deque<ClientWish> wishes_;
  std::string output_;
  client::Transcript transcript_;
};

}  // namespace ph::smtp
