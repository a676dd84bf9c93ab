// Purpose: the sending side of one SMTP connection: bytes in, bytes and wishes out.
// Shapes: the shell feeds what it reads, takes wishes until there is none, sends take_output().
//     Ready             -> begin(), quit(), or leave it idle
//     ClientStartTls    -> send output, drop what was read, handshake, tls_started()
//     SendContent       -> write_content() as often as wanted, then finish_content(); or abandon
//                          the connection, and the receiver has no message
//     TransactionDone   -> one outcome per recipient, in the order given
//     SessionClosed     -> the last wish; why and in which phase
//   One transaction at a time; a failed one is followed by RSET by itself.
// Errors: begin() refuses what can never be sent (an address that breaks the grammar). All that the
//   receiver does wrong is a SessionClosed, and outcomes of the transaction.
// Threads: one object, one thread.
// Spec: RFC 5321, RFC 1870, RFC 2920, RFC 3207, RFC 4954, RFC 6152, RFC 6531.
// Not here: time (phase() names what is waited for), which server, whether to retry (delivery/).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "smtp/phase.h"
#include "smtp/reply.h"

namespace ph::smtp {

enum class ClientTls : uint8_t {
  never,
  opportunistic,  // where offered; a refused STARTTLS goes on in plain
  required,       // or not at all
  implicit,       // is on already
};

struct ClientLogin {
  std::string user;
  std::string password;
};

struct ClientOptions {
  std::string hello_name;           // a domain or an address literal
  ClientTls tls = ClientTls::opportunistic;
  std::optional<ClientLogin> login; // AUTH PLAIN or LOGIN, only over TLS
};

struct Extensions {
  bool esmtp = false;  // EHLO was answered
  bool starttls = false;
  bool pipelining = false;
  bool eight_bit_mime = false;
  bool smtputf8 = false;
  bool size = false;
  uint64_t size_most = 0;  // 0: no limit told
  bool auth_plain = false;
  bool auth_login = false;
};

struct ClientTransaction {
  std::string sender;                   // without <>; empty: the null path
  std::vector<std::string> recipients;  // at least one
  uint64_t size = 0;                    // octets of content, 0: not known
  bool eight_bit = false;               // content has octets above 127
  bool utf8_headers = false;            // content has UTF-8 header fields (RFC 6532)
};

enum class Verdict : uint8_t {
  delivered,  // 2xx to the final dot
  deferred,   // 4xx, or the connection ended before the final dot was sent
  bounced,    // 5xx, or the receiver cannot take this message
  ambiguous,  // the connection ended behind the final dot: delivered or not, nobody knows
};
std::string_view verdict_name(Verdict verdict);

struct RecipientOutcome {
  Verdict verdict = Verdict::deferred;
  ClientPhase phase = ClientPhase::idle;  // of the step that decided
  Reply reply;         // the receiver's, or ours
  bool remote = false; // reply is the receiver's
};

// --- wishes ---
struct Ready {};
struct ClientStartTls {};
struct SendContent {};
struct TransactionDone {
  std::vector<RecipientOutcome> outcomes;
};
struct SessionClosed {
  enum class Cause : uint8_t {
    quit,      // by quit()
    refused,   // a reply that ends the session, in `reply`
    lost,      // the connection ended
    protocol,  // the receiver does not speak SMTP; what was wrong is in `reply`, which is ours
    no_tls,    // TLS required, not offered
    no_auth,   // login wanted, no mechanism or no TLS
  };
  Cause cause = Cause::quit;
  ClientPhase phase = ClientPhase::banner;
  Reply reply;
};

using ClientWish = std::variant<Ready, ClientStartTls, SendContent, TransactionDone,
                                SessionClosed>;

class ClientSession {
 public:
  explicit ClientSession(ClientOptions options);
  ~ClientSession();
  ClientSession(ClientSession&&) noexcept;
  ClientSession& operator=(ClientSession&&) noexcept;

  void feed(std::string_view bytes);
  void tls_started();
  // The connection ended, or the shell gave up waiting: `why` is one sentence for the outcomes.
  void connection_lost(std::string_view why);

  Result<> begin(const ClientTransaction& transaction);  // in phase idle only
  void write_content(std::string_view bytes);            // RFC 5322 bytes, not dot-stuffed
  void finish_content();
  void quit();                                           // in phase idle; elsewhere just closes

  std::optional<ClientWish> next();
  std::string take_output();

  ClientPhase phase() const;
  const Extensions& extensions() const;
  bool tls_active() const;
  unsigned transactions() const;  // begun so far
  // What was said since it was last taken: "C: …\nS: …\n", without secrets and content, at most
  // limits::kTranscriptBytes.
  std::string take_transcript();

 private:
  class Engine;
  std::unique_ptr<Engine> engine_;
};

}  // namespace ph::smtp
