// Purpose: DKIM signatures made at delivery, off the net loops.
// Shapes: one signature a message and domain serves its recipients for kSignatureKept, because the
//   bytes are the same; a later retry signs anew with its own t=. RSA-SHA256 always, Ed25519 first
//   where the domain's record for it was found.
// Threads: sign() on any loop; the work runs on the crypto pool.
// Errors: a key that cannot be had is the source's error; the caller defers (Cause::local_error):
//   mail never leaves unsigned by mistake.
// Spec: RFC 6376, RFC 8463.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "crypto/signing_key.h"
#include "net/task.h"

namespace ph::net {
class WorkerPool;
}

namespace ph::delivery {

struct DkimIdentity {
  std::string selector;
  crypto::PrivateKey key;
};

struct SigningMaterial {
  std::string domain;                     // d=
  DkimIdentity rsa;
  std::optional<DkimIdentity> ed25519;    // its record was found, and dkim.ed25519 is on
};

using SigningSource = std::function<net::Task<Result<SigningMaterial>>(DomainId)>;

struct SignerOptions {
  Clock* clock = nullptr;
  net::WorkerPool* pool = nullptr;
  SigningSource source;
};

class Signer {
 public:
  explicit Signer(SignerOptions options);
  ~Signer();

  // The DKIM-Signature fields to stand before `content`, CRLF at their end.
  net::Task<Result<std::string>> sign(MessageId message, DomainId domain,
                                      std::shared_ptr<const std::string> content);
  // The domain's keys changed: asks the source again.
  void forget(DomainId domain);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace ph::delivery
