// Purpose: the public key record at SELECTOR._domainkey.DOMAIN: read, printed, compared.
// Shapes: the text is the TXT record's strings joined. `key` is absent exactly when p= is empty:
//   the key was revoked.
// Errors: Errc::invalid names the tag in Error.field; Errc::unsupported for a k= we do not know.
// Spec: RFC 6376 §3.6.1, RFC 8463 §4; g= of RFC 4871 is ignored.
// Not here: looking it up; whether a signature may use it (dkim_verify.h).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "crypto/signing_key.h"

namespace ph::mailauth {

struct DkimKeyRecord {
  crypto::KeyKind kind = crypto::KeyKind::rsa;
  std::optional<crypto::PublicKey> key;
  bool testing = false;      // t=y
  bool strict = false;       // t=s: i= must have the domain of d= itself
  bool for_sha256 = true;    // h= absent, or names sha256
  bool for_email = true;     // s= absent, or names * or email

  bool revoked() const { return !key.has_value(); }
  unsigned bits() const { return key ? key->bits() : 0; }
};

Result<DkimKeyRecord> parse_dkim_key_record(std::string_view text);

// `v=DKIM1; k=rsa; p=...`
std::string print_dkim_key_record(const crypto::PublicKey& key);

// The owner name of the record, without final dot.
std::string dkim_record_name(std::string_view selector, std::string_view domain);

// True when `text` is a record that holds exactly this key, whatever else it says.
bool same_dkim_key(const DkimKeyRecord& record, const crypto::PublicKey& key);

}  // namespace ph::mailauth
