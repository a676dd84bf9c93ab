// Purpose: the receiving side of one SMTP connection, for all our listeners: bytes in, bytes and
//   wishes out.
// Shapes: the shell calls start(), then feed() with what it reads; after each call it takes wishes
//   until there is none and sends take_output(). A wish marked "answer" stops the session until
//   accept() or refuse(); commands that come meanwhile wait. The others are notes.
//     session.feed(bytes);
//     while (auto wish = session.next()) ...;   // may call accept() or refuse()
//     send(session.take_output());
//   Before TLS and at Close, output is sent first. Session, login and transaction are separate; a
//   reset destroys a transaction whole.
// Threads: one object, one thread.
// Spec: RFC 5321, RFC 1870 (SIZE), RFC 2034, RFC 2920 (PIPELINING), RFC 3030 (CHUNKING, without
//   BINARYMIME), RFC 3207 (STARTTLS), RFC 3848, RFC 4954 (AUTH), RFC 6152, RFC 6531 (SMTPUTF8).
// Not here: sockets, time (phase() names what is waited for), who may send what to whom.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/limits.h"
#include "smtp/path.h"
#include "smtp/phase.h"
#include "smtp/reply.h"

namespace ph::smtp {

enum class ServerTls : uint8_t {
  none,
  offered,   // STARTTLS may be used
  required,  // STARTTLS before MAIL and AUTH
  implicit,  // on before the first byte (RFC 8314)
};

enum class ServerAuth : uint8_t {
  none,
  required,  // before MAIL; offered only under TLS
};

// Refused recipients of a known client are its list's faults, not a stranger's guesses.
enum class ServerPeers : uint8_t {
  strangers,  // until they sign in
  known,      // trusted by their network
};

struct ServerOptions {
  std::string hostname;
  ServerPeers peers = ServerPeers::strangers;
  ServerTls tls = ServerTls::none;
  ServerAuth auth = ServerAuth::none;
  bool smtputf8 = true;
  bool chunking = true;
  size_t message_bytes = limits::kMessageBytes;
  size_t recipients = limits::kRecipients;                      // of one transaction
  // Then 421: of one session; of a known client's, since its last message.
  unsigned refused_recipients = limits::kSmtpRefusedRecipients;
};

enum class AuthMechanism : uint8_t { plain, login };

// --- wishes ---
struct StartTls {};      // answer: send output, drop what was read, handshake, accept()
struct Authenticate {    // answer: refuse(auth_refused()) counts, refuse(auth_temporary()) not
  AuthMechanism mechanism = AuthMechanism::plain;
  std::string authzid;   // empty: as authcid
  std::string authcid;
  std::string password;
};
struct MailFrom {        // answer
  mime::SmtpPath path;
  MailParameters parameters;
};
struct RcptTo {          // answer
  mime::SmtpPath path;
};
struct DataStart {};     // answer: the envelope is complete, content follows
struct DataChunk {       // note
  std::string bytes;     // unstuffed
};
struct MessageComplete { // answer: accept() means that it is durable
  uint64_t size = 0;     // octets of all chunks
};
struct TransactionDropped {};  // note: forget sender, recipients and content; no message
struct Close {};         // note, the last: send output, then close

using Wish = std::variant<StartTls, Authenticate, MailFrom, RcptTo, DataStart, DataChunk,
                          MessageComplete, TransactionDropped, Close>;

Reply auth_refused();
Reply auth_temporary();

class ServerSession {
 public:
  explicit ServerSession(ServerOptions options);
  ~ServerSession();
  ServerSession(ServerSession&&) noexcept;
  ServerSession& operator=(ServerSession&&) noexcept;

  void start();               // the greeting; a client that has spoken already is refused
  void start_refused(Reply reply);  // a reply in the greeting's place (421, 554), then Close
  void feed(std::string_view bytes);
  void peer_closed();         // no more input will come
  void end(Reply reply);      // a last reply (421: shutdown, time is up), then Close

  std::optional<Wish> next();
  // The answer to the outstanding wish; `text` in place of the usual words ("Ok, id=…").
  void accept(std::string_view text = {});
  void refuse(Reply reply);   // 4xx or 5xx; 421 also closes
  std::string take_output();

  ServerPhase phase() const;
  // False while a wish waits or enough is buffered: the shell should not read now.
  bool wants_input() const;

  // --- what is known of the session ---
  std::string_view hello_name() const;  // safe in a header field; empty before EHLO or HELO
  std::string_view protocol() const;    // "ESMTPSA", for Received (RFC 3848, RFC 6531 §4.3)
  bool tls_active() const;
  bool authenticated() const;
  bool ended_by_quit() const;           // with nothing behind it
  unsigned messages() const;            // accepted so far

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace ph::smtp
