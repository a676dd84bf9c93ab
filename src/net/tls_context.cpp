#include "net/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

#include <mutex>
#include <vector>

#include "base/check.h"

namespace ph::net {
namespace {

struct Free {
  void operator()(BIO* p) const { BIO_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

// A key file that wants a pass phrase is refused, never asked for on the terminal.
int no_passphrase(char*, int, int, void*) { return -1; }

Result<std::vector<Owned<X509>>> certificates(const std::string& pem, const char* field) {
  Owned<BIO> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  PH_CHECK(bio);
  std::vector<Owned<X509>> out;
  ERR_clear_error();
  while (X509* one = PEM_read_bio_X509(bio.get(), nullptr, no_passphrase, nullptr))
    out.emplace_back(one);
  // The file's end is told as "no start line"; anything else is a broken certificate.
  bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  std::string error = take_openssl_error();
  if (out.empty()) return fail(Errc::invalid, "no certificate in PEM form", field);
  if (!at_end) return fail(Errc::invalid, "a broken certificate: " + error, field);
  return out;
}

SslContext new_context(const SSL_METHOD* method) {
  SSL_CTX* made = SSL_CTX_new(method);
  PH_CHECK(made != nullptr);
  SslContext context(made, [](SSL_CTX* p) { SSL_CTX_free(p); });
  SSL_CTX_set_min_proto_version(made, TLS1_2_VERSION);  // RFC 8996
  SSL_CTX_set_options(made, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(made, SSL_MODE_RELEASE_BUFFERS);
  return context;
}

Result<SslContext> context_of(const std::string& chain, const std::string& key) {
  auto certs = TRY(certificates(chain, "certificate"));
  Owned<BIO> bio(BIO_new_mem_buf(key.data(), static_cast<int>(key.size())));
  Owned<EVP_PKEY> pkey(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_passphrase, nullptr));
  if (!pkey) {
    take_openssl_error();
    return fail(Errc::invalid, "no private key in PEM form without a pass phrase", "key");
  }
  if (X509_check_private_key(certs[0].get(), pkey.get()) != 1) {
    take_openssl_error();
    return fail(Errc::invalid, "the key does not belong to the first certificate", "key");
  }
  SslContext context = new_context(TLS_server_method());
  SSL_CTX_set_options(context.get(), SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  static const unsigned char kName[] = "posthouse";
  SSL_CTX_set_session_id_context(context.get(), kName, sizeof kName - 1);
  // Clients keep their sessions themselves, as tickets; one is enough for the next connection.
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(context.get(), 1);
  bool taken = SSL_CTX_use_certificate(context.get(), certs[0].get()) == 1 &&
               SSL_CTX_use_PrivateKey(context.get(), pkey.get()) == 1;
  for (size_t i = 1; taken && i < certs.size(); ++i)
    taken = SSL_CTX_add1_chain_cert(context.get(), certs[i].get()) == 1;
  if (!taken) return fail(Errc::invalid, take_openssl_error(), "certificate");
  return context;
}

class PairContext : public TlsServerContext {
 public:
  explicit PairContext(SslContext context) : context_(std::move(context)) {}
  Result<> replace(const std::string& chain, const std::string& key) override {
    auto fresh = TRY(context_of(chain, key));
    std::lock_guard lock(mutex_);
    context_ = std::move(fresh);
    return {};
  }
  SslContext now() const {
    std::lock_guard lock(mutex_);
    return context_;
  }

 private:
  mutable std::mutex mutex_;
  SslContext context_;
};

}  // namespace

std::string take_openssl_error() {
  unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown failure";
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "failure " + std::to_string(code);
}

Result<std::shared_ptr<TlsServerContext>> TlsServerContext::from_pem(const std::string& chain,
                                                                     const std::string& key) {
  auto context = TRY(context_of(chain, key));
  return std::make_shared<PairContext>(std::move(context));
}

SslContext server_context(const TlsServerContext& context) {
  return static_cast<const PairContext&>(context).now();
}

SslContext client_context() {
  static const SslContext context = [] {
    SslContext made = new_context(TLS_client_method());
    SSL_CTX_set_default_verify_paths(made.get());
    ERR_clear_error();  // no roots on this machine: every verification fails, and says so
    SSL_CTX_set_session_cache_mode(made.get(),
                                   SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    return made;
  }();
  return context;
}

Result<std::shared_ptr<x509_store_st>> store_of_roots(const std::string& pem) {
  auto certs = TRY(certificates(pem, "roots"));
  std::shared_ptr<X509_STORE> store(X509_STORE_new(), [](X509_STORE* p) { X509_STORE_free(p); });
  PH_CHECK(store);
  for (const auto& cert : certs) X509_STORE_add_cert(store.get(), cert.get());
  ERR_clear_error();
  return store;
}

}  // namespace ph::net
