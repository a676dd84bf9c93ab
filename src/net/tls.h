// Purpose: TLS settings for both roles, over OpenSSL with memory BIOs of our own.
// Spec: RFC 8446, RFC 5246; TLS 1.2 least (RFC 8996); RFC 3207 for SMTP; RFC 6066 SNI; RFC 9525.
// Threads: contexts any; they are shared by all loops.
// Errors: a certificate that does not fit its key, or a file that is no PEM, is Errc::invalid.
//   A handshake that fails is Errc::io (Errc::denied where the peer's certificate was refused) and
//   closes its stream.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"

namespace ph::net {

// A certificate chain and key, swapped as a pair while sessions go on with the old one.
class TlsServerContext {
 public:
  static Result<std::shared_ptr<TlsServerContext>> from_pem(const std::string& chain,
                                                            const std::string& key);
  virtual ~TlsServerContext() = default;
  // Keeps the old pair when the new one does not match.
  virtual Result<> replace(const std::string& chain, const std::string& key) = 0;
};

class TlsSessionMemory;

enum class TlsVerify : uint8_t {
  none,     // opportunistic: any certificate serves (RFC 7435), what it was is recorded
  require,  // chain to a system root and the name must hold
};

struct TlsClientOptions {
  // For the check: a name, which is sent as SNI too, or an IP address.
  std::string server_name;
  TlsVerify verify = TlsVerify::none;
  std::string roots;  // certificates in PEM that are trusted instead of the system's; empty: those
  // Where sessions are remembered for resumption; null: every handshake is one in full.
  std::shared_ptr<TlsSessionMemory> sessions{};
  std::string peer{};  // tells servers of the same name apart there: an address and port
};

}  // namespace ph::net
