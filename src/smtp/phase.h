// Purpose: where a session stands, so that the shell around an engine knows how long to wait.
// Spec: RFC 5321 §4.5.3.2.
// Not here: the bounds (base/limits.h), clocks.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/limits.h"

namespace ph::smtp {

// What a server session waits for.
enum class ServerPhase : uint8_t {
  greeting,  // start() was not called yet
  command,   // a command line
  auth,      // an answer to a 334 challenge
  data,      // message content, by DATA or BDAT
  answer,    // the shell, for a wish
  closed,
};

// What a client session waits for. Also the step in which an outcome was decided.
enum class ClientPhase : uint8_t {
  banner,
  hello,       // reply to EHLO or HELO
  starttls,    // reply to STARTTLS
  handshake,   // the shell's TLS handshake
  auth,        // reply to AUTH and its continuations
  idle,        // nothing: ready for a transaction
  mail,
  rcpt,
  data_start,  // reply to DATA
  content,     // the shell, for content
  data_end,    // reply to the final dot
  reset,
  quit,
  closed,
};

std::string_view phase_name(ServerPhase phase);
std::string_view phase_name(ClientPhase phase);

// How long a client waits for a receiver. An operator may set other ones.
struct ClientWaits {
  Duration banner = limits::kBannerWait;
  Duration tls = limits::kTlsWait;
  Duration command = limits::kMailWait;  // all commands without one of their own
  Duration rcpt = limits::kRcptWait;
  Duration data = limits::kDataStartWait;
  Duration content = limits::kSmtpDataWait;  // for one chunk to be taken
  Duration end = limits::kDataEndWait;
};

// How long the shell waits for bytes in this phase; a deadline over the whole phase, not per read.
Duration phase_wait(ServerPhase phase);
Duration phase_wait(ClientPhase phase, const ClientWaits& waits);

}  // namespace ph::smtp
