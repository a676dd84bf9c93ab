// Purpose: one open SMTP session to a receiver: smtp::ClientSession driven over a net::Stream.
// Shapes: open() connects, greets, and where asked starts TLS and logs in; send() carries one
//   message; afterwards the session may be idle and used again.
// Threads: one loop.
// Errors: in Carried. Each phase has its own deadline (smtp::phase_wait), whatever dribbles in.
// Spec: RFC 5321 §4.5.3.2, RFC 3207, RFC 7435 (opportunistic TLS).
#pragma once

#include <memory>
#include <variant>

#include "delivery/transport.h"
#include "net/stream.h"
#include "net/tls_session_memory.h"
#include "smtp/client_session.h"

namespace ph::delivery {

struct OpenOptions {
  Hop hop;
  std::string helo;
  Duration connect{};
  smtp::ClientTls tls = smtp::ClientTls::opportunistic;
  smtp::ClientWaits waits{};
  std::shared_ptr<net::TlsSessionMemory> sessions{};  // null: every handshake is one in full
};

class Session;

// Why there is no session.
struct NotOpened {
  Carried carried;
  bool tls_broke = false;  // from STARTTLS on: in plain it might have worked
  bool resuming = false;   // with a remembered TLS session: with a handshake in full it might have
};
using Opened = std::variant<std::unique_ptr<Session>, NotOpened>;

class Session {
 public:
  static net::Task<Opened> open(net::Network& network, Clock& clock, OpenOptions options,
                                Deadline deadline);
  ~Session();

  // One transaction.
  net::Task<Carried> send(Parcel parcel, Deadline deadline);
  // After send(): the receiver had not taken MAIL when the session ended, so nothing was begun.
  bool died_unused() const { return died_unused_; }
  // After send(): may be used again.
  bool reusable() const;
  net::Task<void> quit();

 private:
  Session(std::unique_ptr<net::Stream> stream, Clock& clock, OpenOptions options);
  // Reads and writes until the engine wishes something of us.
  net::Task<smtp::ClientWish> advance(Deadline deadline);
  net::Task<void> flush(Deadline deadline);
  net::Task<void> receive(Deadline deadline);
  net::Task<bool> until_ready(Deadline deadline);
  net::Task<bool> handshake(Deadline deadline);
  bool ended_at_tls() const;
  NotOpened not_opened();
  Deadline phase_deadline(smtp::ClientPhase phase) const;
  net::Task<void> send_content(const Parcel& parcel, Deadline deadline);
  void lost(const Error& error);
  void abandon(std::string_view why);
  Carried ended(const smtp::SessionClosed& closed);
  Carried judge(const smtp::RecipientOutcome& outcome);
  void describe(Carried& carried);

  std::unique_ptr<net::Stream> stream_;
  Clock& clock_;
  OpenOptions options_;
  smtp::ClientSession engine_;
  smtp::ClientPhase phase_ = smtp::ClientPhase::banner;
  Deadline phase_deadline_;
  std::optional<smtp::SessionClosed> closed_;
  bool timed_out_ = false;
  bool tls_broke_ = false;
  bool resuming_ = false;
  bool not_ours_ = false;  // the lease was lost in the middle
  bool died_unused_ = false;
};

}  // namespace ph::delivery
