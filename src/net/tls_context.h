// Purpose: OpenSSL's contexts behind tls.h. Private to net/'s tls_*.cpp.
// Threads: any.
#pragma once

#include <memory>
#include <string>

#include "net/tls.h"

// OpenSSL's own names, forward, so that its headers stay in .cpp files.
struct ssl_ctx_st;
struct x509_store_st;

namespace ph::net {

using SslContext = std::shared_ptr<ssl_ctx_st>;

// The pair that new sessions get now.
SslContext server_context(const TlsServerContext& context);
// For all outgoing sessions: the system's roots, no verification of its own. It keeps no session
// for resumption, tls_session.cpp does.
SslContext client_context();
// The certificates of a PEM bundle as a store of roots.
Result<std::shared_ptr<x509_store_st>> store_of_roots(const std::string& pem);

// The oldest entry of OpenSSL's error queue in words; the queue is emptied.
std::string take_openssl_error();

}  // namespace ph::net
