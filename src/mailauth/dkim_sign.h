// Purpose: makes DKIM-Signature fields.
// Shapes: in: the message with CRLF line ends, as it will be sent. Out: the complete field, folded
//   at 78 columns, ending in CRLF, to be put at the top of the message. Never with l=.
// Threads: any.
// Errors: Errc::invalid for a message or request that must not be signed; crypto's own.
// Spec: RFC 6376 §5, RFC 8301, RFC 8463.
// Not here: which domain and keys sign (core), threads for signing (delivery).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "crypto/signing_key.h"
#include "mailauth/dkim_canonical.h"
#include "mailauth/dkim_message.h"

namespace ph::mailauth {

struct DkimSignRequest {
  std::string domain;    // A-labels
  std::string selector;
  crypto::PrivateKey key;
  Canonical header = Canonical::relaxed;
  Canonical body = Canonical::relaxed;
  std::vector<std::string> names;  // h= as it shall stand; empty: default_signed_names()
  WallTime time;
  std::optional<WallTime> expires;
};

// What we sign unless told otherwise: fields whose addition would change what a person sees are
// listed once more than they occur; others that RFC 6376 §5.4.1 recommends as often as they occur.
std::vector<std::string> default_signed_names(const std::vector<RawField>& fields);

Result<std::string> dkim_sign(std::string_view message, const DkimSignRequest& request);

// The same in parts, so that one body hash serves two keys, or many headers over one body.
// `body.form` must be the request's.
Result<std::string> dkim_sign(const std::vector<RawField>& fields, const BodyHash& body,
                              const DkimSignRequest& request);

}  // namespace ph::mailauth
