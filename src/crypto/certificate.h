// Purpose: a self-signed TLS certificate with its key, for listeners that have no other yet.
// Shapes: ECDSA P-256, SHA-256; the first name is also the common name.
// Threads: any.
// Spec: RFC 5280 §4.2.1.6 (subjectAltName with dNSName and iPAddress).
// Not here: ACME, reading certificates for TLS (net).
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace ph::crypto {

struct CertificateRequest {
  std::vector<std::string> names;  // host names (A-labels, "*." allowed) and IP addresses
  WallTime not_before;
  Duration valid_for = std::chrono::hours(24 * 825);
};

struct CertificateFiles {
  std::string certificate_pem;
  std::string key_pem;  // PKCS#8
};

Result<CertificateFiles> self_signed_certificate(const CertificateRequest& request);

}  // namespace ph::crypto
