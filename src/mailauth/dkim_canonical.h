// Purpose: DKIM's two canonical forms of header fields and of the body.
// Shapes: BodyCanonical takes the body in pieces of any size; the pieces never matter.
// Spec: RFC 6376 §3.4. Only CRLF ends a line; a CR or LF alone is an ordinary byte.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/hash.h"

namespace ph::mailauth {

enum class Canonical : uint8_t { simple, relaxed };

// Appends the canonical field to `out`, without a final CRLF. `field` is raw, without final CRLF.
void append_canonical_field(std::string& out, Canonical form, std::string_view field);

class BodyCanonical {
 public:
  explicit BodyCanonical(Canonical form) : form_(form) {}
  void add(std::string_view bytes, std::string& out);  // appends what is certain by now
  void finish(std::string& out);

 private:
  // These write at `out`, where there is room, and return the end.
  char* begin_text(char* out);
  char* add_relaxed(std::string_view bytes, char* out);
  char* add_simple(std::string_view bytes, char* out);

  Canonical form_;
  bool cr_ = false;         // a CR whose next byte is not known
  bool space_ = false;      // white space that counts only if text follows in this line
  bool any_ = false;        // something was written
  uint64_t line_ends_ = 0;  // CRLFs that count only if text follows
};

struct BodyHash {
  Canonical form = Canonical::relaxed;
  crypto::Digest digest{};
  uint64_t hashed = 0;  // canonical octets in the digest
  uint64_t total = 0;   // canonical octets of the body
};

class BodyHasher {
 public:
  // `length` is l=: no more than so many canonical octets are hashed.
  explicit BodyHasher(Canonical form, std::optional<uint64_t> length = std::nullopt);
  void add(std::string_view bytes);
  BodyHash finish();

 private:
  void flush();

  Canonical form_;
  BodyCanonical canonical_;
  crypto::Sha256 hash_;
  std::string buffer_;
  uint64_t most_;
  uint64_t hashed_ = 0;
  uint64_t total_ = 0;
};

BodyHash hash_body(Canonical form, std::string_view body,
                   std::optional<uint64_t> length = std::nullopt);

}  // namespace ph::mailauth
