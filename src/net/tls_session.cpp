#include "net/tls_session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>

#include "base/ip.h"
#include "base/limits.h"
#include "net/tls_context.h"

namespace ph::net {
namespace {

// The two directions of the wire. OpenSSL reads and writes them through a BIO of our own, which,
// unlike BIO_s_mem, keeps no memory while a session is idle.
struct Wire {
  std::string in;
  size_t in_used = 0;
  std::string out;
};

int wire_read(BIO* bio, char* to, int size) {
  auto* wire = static_cast<Wire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  size_t have = wire->in.size() - wire->in_used;
  if (have == 0 || size <= 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  size_t n = std::min(have, static_cast<size_t>(size));
  std::memcpy(to, wire->in.data() + wire->in_used, n);
  wire->in_used += n;
  if (wire->in_used == wire->in.size()) {
    std::string().swap(wire->in);
    wire->in_used = 0;
  }
  return static_cast<int>(n);
}

int wire_write(BIO* bio, const char* from, int size) {
  auto* wire = static_cast<Wire*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  if (size <= 0) return 0;
  wire->out.append(from, static_cast<size_t>(size));
  return size;
}

long wire_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

BIO* new_wire_bio(Wire* wire) {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
    PH_CHECK(made != nullptr);
    BIO_meth_set_read(made, wire_read);
    BIO_meth_set_write(made, wire_write);
    BIO_meth_set_ctrl(made, wire_control);
    return made;
  }();
  BIO* bio = BIO_new(method);
  PH_CHECK(bio != nullptr);
  BIO_set_data(bio, wire);
  BIO_set_init(bio, 1);
  return bio;
}

class OpensslSession : public TlsSession {
 public:
  // The context is kept by SSL_new itself.
  OpensslSession(SSL_CTX* context, bool verify) : verify_(verify), ssl_(SSL_new(context)) {
    PH_CHECK(ssl_ != nullptr);
    BIO* bio = new_wire_bio(&wire_);
    SSL_set_bio(ssl_, bio, bio);
  }
  ~OpensslSession() override { SSL_free(ssl_); }
  OpensslSession(const OpensslSession&) = delete;
  OpensslSession& operator=(const OpensslSession&) = delete;

  SSL* ssl() { return ssl_; }

  Outcome handshake() override {
    ERR_clear_error();
    int rc = SSL_do_handshake(ssl_);
    return rc == 1 ? Outcome::done : judge(rc);
  }

  Outcome read(size_t most, std::string& out) override {
    static thread_local char buffer[limits::kStreamRead];
    ERR_clear_error();
    size_t got = 0;
    int rc = SSL_read_ex(ssl_, buffer, std::min(most, sizeof buffer), &got);
    if (rc != 1) return judge(rc);
    out.assign(buffer, got);
    return Outcome::done;
  }

  Outcome write(std::string_view bytes) override {
    ERR_clear_error();
    size_t sent = 0;
    int rc = SSL_write_ex(ssl_, bytes.data(), bytes.size(), &sent);
    return rc == 1 && sent == bytes.size() ? Outcome::done : judge(rc);
  }

  void close_notify() override {
    ERR_clear_error();
    SSL_shutdown(ssl_);
    ERR_clear_error();
  }

  void feed(std::string bytes) override {
    if (wire_.in.empty()) {
      wire_.in = std::move(bytes);
    } else {
      wire_.in += bytes;
    }
  }
  std::string take_output() override { return std::exchange(wire_.out, {}); }
  bool has_output() const override { return !wire_.out.empty(); }
  const std::string& error() const override { return error_; }
  bool refused_peer() const override {
    return verify_ && SSL_get_verify_result(ssl_) != X509_V_OK;
  }

  TlsInfo info() const override {
    TlsInfo info;
    info.version = SSL_get_version(ssl_);
    if (const char* name = SSL_get_cipher_name(ssl_)) info.cipher = name;
    if (const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name))
      info.server_name = name;
    if (SSL_is_server(ssl_) != 0) return info;
    long result = SSL_get_verify_result(ssl_);
    bool shown = SSL_get0_peer_certificate(ssl_) != nullptr;
    info.verified = shown && result == X509_V_OK && named_;
    if (shown && result != X509_V_OK) info.verify_error = X509_verify_cert_error_string(result);
    if (shown && result == X509_V_OK && !named_) info.verify_error = "no name to check";
    // A refusal happens before the certificate counts as the session's.
    if (!shown && verify_ && result != X509_V_OK)
      info.verify_error = X509_verify_cert_error_string(result);
    return info;
  }

  Result<> prepare_client(const TlsClientOptions& options) {
    SSL_set_connect_state(ssl_);
    named_ = !options.server_name.empty();
    if (verify_ && !named_) return fail(Errc::invalid, "no server name to verify", "server_name");
    if (named_) TRY(expect_peer(options.server_name));
    SSL_set_verify(ssl_, verify_ ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
    // Any encryption is better than none where nothing is required (RFC 7435 §3).
    if (!verify_) SSL_set_security_level(ssl_, 0);
    if (options.roots.empty()) return {};
    auto store = TRY(store_of_roots(options.roots));
    SSL_set1_verify_cert_store(ssl_, store.get());
    return {};
  }

 private:
  // Whom the certificate has to name.
  Result<> expect_peer(const std::string& name) {
    bool fine;
    if (auto address = IpAddress::parse(name)) {
      // RFC 9525 §6.5: against iPAddress alone; RFC 6066 §3: an address is no SNI.
      size_t size = address->is_v4() ? 4 : 16;
      fine = X509_VERIFY_PARAM_set1_ip(SSL_get0_param(ssl_), address->bytes().data(), size) == 1;
    } else {
      SSL_set_hostflags(ssl_, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
      fine = SSL_set_tlsext_host_name(ssl_, name.c_str()) == 1 &&
             SSL_set1_host(ssl_, name.c_str()) == 1;
    }
    if (!fine) return fail(Errc::invalid, take_openssl_error(), "server_name");
    return {};
  }

  Outcome judge(int rc) {
    switch (SSL_get_error(ssl_, rc)) {
      case SSL_ERROR_WANT_READ:
        return Outcome::wants_input;
      case SSL_ERROR_ZERO_RETURN:
        return Outcome::ended;
      default:
        error_ = take_openssl_error();
        if (refused_peer()) {  // OpenSSL says only that it failed; its owner needs to know why
          error_ += ": ";
          error_ += X509_verify_cert_error_string(SSL_get_verify_result(ssl_));
        }
        return Outcome::failed;
    }
  }

  bool verify_;
  bool named_ = false;
  Wire wire_;
  SSL* ssl_;
  std::string error_;
};

}  // namespace

std::unique_ptr<TlsSession> TlsSession::server(const std::shared_ptr<TlsServerContext>& context) {
  auto session = std::make_unique<OpensslSession>(server_context(*context).get(), false);
  SSL_set_accept_state(session->ssl());
  return session;
}

Result<std::unique_ptr<TlsSession>> TlsSession::client(const TlsClientOptions& options) {
  auto session = std::make_unique<OpensslSession>(client_context().get(),
                                                  options.verify == TlsVerify::require);
  TRY(session->prepare_client(options));
  return session;
}

}  // namespace ph::net
