// Purpose: a DKIM-Signature field's tags, checked for all that needs neither key nor message.
// Shapes: `problem` set means the signature cannot pass; the other members then hold what could be
//   read, so that a result can still name domain and selector.
// Errors: problem.code is Errc::invalid (RFC 6376 §6.1.1 PERMFAIL) or Errc::unsupported (an
//   algorithm, canonical form or query method that we must ignore).
// Spec: RFC 6376 §3.5 and §6.1.1, RFC 8301 §3.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "crypto/signing_key.h"
#include "mailauth/dkim_canonical.h"
#include "mailauth/dkim_message.h"

namespace ph::mailauth {

struct DkimSignature {
  std::string_view field;             // raw, without final CRLF
  std::string algorithm;              // a= in lower case; empty when it is strange
  crypto::KeyKind kind = crypto::KeyKind::rsa;
  std::string signature;              // b=, decoded
  std::string body_hash;              // bh=, decoded
  Canonical header = Canonical::simple;
  Canonical body = Canonical::simple;
  std::string domain;                 // d=, lower case
  std::string selector;               // s=, lower case
  std::string identity;               // i=, decoded; "@" and d= where it is absent
  std::vector<std::string_view> names;  // h=
  std::optional<uint64_t> length;     // l=
  std::optional<int64_t> time;        // t=, seconds since 1970
  std::optional<int64_t> expires;     // x=
  std::optional<Error> problem;
};

DkimSignature parse_dkim_signature(const RawField& field);

// Appends the field as it is hashed: canonical, b= emptied, no final CRLF (RFC 6376 §3.7).
void append_signature_field(std::string& out, Canonical form, std::string_view field);

}  // namespace ph::mailauth
