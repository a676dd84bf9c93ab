// Purpose: TLS sessions of peers, remembered so that the next handshake with the same peer under
//   the same policy is a resumed one (RFC 8446 §2.2): 36 to 205 µs instead of 460 to 490.
// Shapes: the newest session of each peer, as bytes, in order of use; the one that was not used
//   for longest makes room. What is remembered of one policy is never found under another: the key
//   holds all that decides about a certificate. A session is kept no longer than kTlsSessionKept
//   after the handshake that checked the certificate, however often it was resumed since, and no
//   longer than the certificate is valid.
// Threads: one loop.
#pragma once

#include <list>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/limits.h"
#include "net/tls.h"

namespace ph::net {

class TlsSessionMemory {
 public:
  struct Kept {
    std::string bytes;
    MonoTime until;  // of the handshake that checked the certificate
  };

  explicit TlsSessionMemory(Clock& clock, size_t most = limits::kTlsSessionsKept)
      : clock_(clock), most_(most) {}

  std::optional<Kept> find(const std::string& key);
  void keep(const std::string& key, Kept kept);
  // After a failed handshake: whatever it was, the next one is in full.
  void forget(const std::string& key);
  size_t size() const { return places_.size(); }
  Clock& clock() { return clock_; }

  // Whom a session was made with, and what was asked of him.
  static std::string key_of(const TlsClientOptions& options);

 private:
  struct Entry {
    std::string key;
    Kept kept;
  };
  Clock& clock_;
  size_t most_;
  std::list<Entry> entries_;  // the last used in front
  std::unordered_map<std::string, std::list<Entry>::iterator> places_;
};

}  // namespace ph::net
