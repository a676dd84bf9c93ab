// Purpose: the inside of ServerSession: its state, and which file does what with it.
// Shapes: server_session.cpp lines, waiting and endings; server_commands.cpp the commands;
//   server_auth.cpp AUTH; server_content.cpp DATA and BDAT.
// Threads: one object, one thread.
// Not here: anything that others include.
#pragma once

#include <deque>
#include <string>

#include "smtp/data_reader.h"
#include "smtp/server_session.h"

namespace ph::smtp {

// The parts of a session's state. Each is forgotten whole, never field by field.
namespace server {

struct Hello {
  std::string name;
  bool esmtp = false;
};

struct Login {
  std::string name;
};

struct Transaction {
  bool smtputf8 = false;
  size_t recipients = 0;
  size_t attempted = 0;
};

struct AuthDialog {
  AuthMechanism mechanism = AuthMechanism::plain;
  std::optional<std::string> user;  // LOGIN: after its first step
};

struct Content {
  enum class Mode : uint8_t { data, bdat };
  Mode mode = Mode::data;
  DataReader reader;
  LineCheck lines;
  uint64_t size = 0;
  uint64_t read = 0;             // octets before unstuffing
  std::optional<Reply> refusal;  // what the end will be answered with
};

struct Chunk {
  uint64_t size = 0;
  uint64_t left = 0;
  bool last = false;
  std::optional<Reply> refusal;  // of this chunk alone: it is only swallowed
};

struct Counts {
  unsigned errors = 0;
  unsigned bare_lines = 0;
  unsigned junk = 0;
  unsigned auth_failures = 0;
  unsigned refused_recipients = 0;
  unsigned transactions = 0;
  unsigned messages = 0;
  uint64_t swallowed = 0;  // octets of refused chunks
};

struct Line {
  std::string text;
  enum class Fault : uint8_t { none, too_long, bare_lf, unfit } fault = Fault::none;
};

}  // namespace server

class ServerSession::Engine {
 public:
  explicit Engine(ServerOptions options) : options_(std::move(options)) {
    tls_active_ = options_.tls == ServerTls::implicit;
  }

  void start();
  void feed(std::string_view bytes);
  void peer_closed();
  void end(const Reply& reply);
  std::optional<Wish> next();
  void accept(std::string_view text);
  void refuse(const Reply& reply);
  std::string take_output() { return std::exchange(output_, {}); }
  ServerPhase phase() const;
  bool wants_input() const { return !closed_ && waiting_ == Waiting::nothing; }
  std::string_view protocol() const;

  // --- what ServerSession shows ---
  std::string_view hello_name() const { return hello_.name; }
  bool tls_active() const { return tls_active_; }
  bool authenticated() const { return login_.has_value(); }
  bool ended_by_quit() const { return ended_by_quit_; }
  unsigned messages() const { return counts_.messages; }

 private:
  enum class Waiting : uint8_t {
    nothing, start_tls, auth, mail, rcpt, data_start, bdat_start, message
  };
  using Line = server::Line;
  using Content = server::Content;
  struct Command;  // one row of the command table

  // --- server_session.cpp ---
  void process();
  bool take_line();
  std::optional<Line> cut_line();
  void on_line(Line line);
  void bad_line(Line::Fault fault);
  void compact();
  std::string_view pending() const { return std::string_view(buffer_).substr(start_); }
  void say(const Reply& reply) { output_ += reply.wire(); }
  void error(const Reply& reply);   // counted; the last one is a 421
  bool refused_too_many();          // one recipient more; true when the session was ended
  bool is_known() const { return login_ || options_.peers == ServerPeers::known; }
  bool junk();                      // counted; false when the session was ended
  bool ends_group();                // false when ended: input follows where none may
  void wait_for(Waiting waiting, Wish wish);
  void drop_transaction();
  void close();

  // --- server_commands.cpp ---
  static const Command* find_command(std::string_view verb);
  void on_command(std::string_view line);
  void ehlo(std::string_view argument);
  void helo(std::string_view argument);
  bool hello(std::string_view argument);
  void mail(std::string_view argument);
  bool may_mail();
  void rcpt(std::string_view argument);
  std::optional<Reply> rcpt_fault(const Result<PathArgument>& parsed) const;
  void refuse_rcpt(const Reply& reply);
  void rset(std::string_view argument);
  void noop(std::string_view argument);
  void vrfy(std::string_view argument);
  void expn(std::string_view argument);
  void help(std::string_view argument);
  void quit(std::string_view argument);
  void starttls(std::string_view argument);
  void tls_started();
  Reply mail_fault(const Error& error) const;

  // --- server_auth.cpp ---
  void auth(std::string_view argument);
  bool may_auth();
  void auth_step(std::string_view line);
  void auth_response(std::string_view base64);
  void plain_response(std::string_view decoded);
  void login_response(std::string decoded);
  void challenge(std::string_view base64);
  void auth_failed(const Reply& reply);
  void auth_refused_by_shell(const Reply& reply);

  // --- server_content.cpp ---
  std::optional<Reply> no_envelope() const;
  void data(std::string_view argument);
  void bdat(std::string_view argument);
  std::optional<Reply> chunk_refusal(uint64_t size) const;
  void begin_data();
  bool take_data();
  bool take_chunk();
  void add_content(std::string bytes);
  void spoil(ContentFault fault);
  void refuse_content(Reply reply);
  uint64_t read_most() const;
  void end_content();
  void end_chunk();
  void message_answered();

  ServerOptions options_;
  bool started_ = false;
  bool closed_ = false;
  bool ended_by_quit_ = false;
  bool tls_active_ = false;
  server::Hello hello_;
  std::optional<server::Login> login_;
  std::optional<server::Transaction> transaction_;
  bool mail_refused_ = false;  // pipelined RCPT and DATA behind it are no errors of their own
  std::optional<server::AuthDialog> dialog_;
  std::optional<Content> content_;
  std::optional<server::Chunk> chunk_;
  server::Counts counts_;

  Waiting waiting_ = Waiting::nothing;
  std::string pending_login_;  // while the shell judges it
  bool pending_utf8_ = false;  // of the MAIL that the shell judges
  std::deque<Wish> wishes_;
  std::string output_;

  std::string buffer_;
  size_t start_ = 0;      // of what is not consumed
  size_t scanned_ = 0;    // up to here there is no LF
  bool skipping_ = false; // inside a line that is too long
};

}  // namespace ph::smtp
