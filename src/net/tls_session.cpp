#include "net/tls_session.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cstring>

#include "base/ip.h"
#include "base/limits.h"
#include "net/tls_context.h"
#include "net/tls_session_memory.h"

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
    info.offered = offered_;
    info.resumed = SSL_session_reused(ssl_) == 1;
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
    if (!options.roots.empty()) {
      auto store = TRY(store_of_roots(options.roots));
      SSL_set1_verify_cert_store(ssl_, store.get());
    }
    if (options.sessions) offer_session(options);
    return {};
  }

  void forget() override {
    if (offered_) memory_->forget(key_);
  }

  // The server gave a session; also one that was resumed gives a new one.
  void remember(SSL_SESSION* session) {
    if (!memory_ || SSL_SESSION_is_resumable(session) != 1) return;
    int size = i2d_SSL_SESSION(session, nullptr);
    if (size <= 0 || static_cast<size_t>(size) > limits::kTlsSessionBytes) return;
    std::string bytes(static_cast<size_t>(size), '\0');
    auto* to = reinterpret_cast<unsigned char*>(bytes.data());
    i2d_SSL_SESSION(session, &to);
    MonoTime until = SSL_session_reused(ssl_) == 1 ? until_ : certificate_good_until();
    MonoTime server_says =
        memory_->clock().mono() + std::chrono::seconds(SSL_SESSION_get_timeout(session));
    memory_->keep(key_, {std::move(bytes), std::min(until, server_says)});
  }

 private:
  void offer_session(const TlsClientOptions& options) {
    memory_ = options.sessions;
    key_ = TlsSessionMemory::key_of(options);
    SSL_set_app_data(ssl_, this);
    auto kept = memory_->find(key_);
    if (!kept) return;
    const auto* from = reinterpret_cast<const unsigned char*>(kept->bytes.data());
    SSL_SESSION* session = d2i_SSL_SESSION(nullptr, &from, static_cast<long>(kept->bytes.size()));
    if (session == nullptr) return memory_->forget(key_);
    offered_ = SSL_set_session(ssl_, session) == 1;
    SSL_SESSION_free(session);
    until_ = kept->until;
  }

  // How long this handshake's check stands for later ones.
  MonoTime certificate_good_until() const {
    MonoTime now = memory_->clock().mono();
    MonoTime until = now + limits::kTlsSessionKept;
    X509* certificate = SSL_get0_peer_certificate(ssl_);
    int days = 0, seconds = 0;
    if (!verify_ || certificate == nullptr ||
        ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(certificate)) != 1)
      return until;
    return std::min(until, now + std::chrono::hours(24) * days + std::chrono::seconds(seconds));
  }

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
  bool offered_ = false;  // a remembered session
  std::shared_ptr<TlsSessionMemory> memory_;
  std::string key_;    // there
  MonoTime until_;     // of the session that was offered
  Wire wire_;
  SSL* ssl_;
  std::string error_;
};

// OpenSSL calls it while it reads; 0: it keeps its reference.
int on_new_session(SSL* ssl, SSL_SESSION* session) {
  if (auto* self = static_cast<OpensslSession*>(SSL_get_app_data(ssl))) self->remember(session);
  return 0;
}

SSL_CTX* clients_context() {
  static SSL_CTX* const context = [] {
    SSL_CTX* made = client_context().get();
    SSL_CTX_sess_set_new_cb(made, on_new_session);
    return made;
  }();
  return context;
}

}  // namespace

std::unique_ptr<TlsSession> TlsSession::server(const std::shared_ptr<TlsServerContext>& context) {
  auto session = std::make_unique<OpensslSession>(server_context(*context).get(), false);
  SSL_set_accept_state(session->ssl());
  return session;
}

Result<std::unique_ptr<TlsSession>> TlsSession::client(const TlsClientOptions& options) {
  auto session = std::make_unique<OpensslSession>(clients_context(),
                                                  options.verify == TlsVerify::require);
  TRY(session->prepare_client(options));
  return session;
}

}  // namespace ph::net
