#include "net/tls.h"

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/random.h"
#include "net/gather.h"
#include "net/stream.h"
#include "net/tls_session_memory.h"

namespace ph::net {
namespace {

using namespace std::chrono_literals;

struct Pair {
  std::string chain;
  std::string key;
};

std::string text_of(BIO* bio) {
  char* data = nullptr;
  long size = BIO_get_mem_data(bio, &data);
  std::string out(data, static_cast<size_t>(size));
  BIO_free(bio);
  return out;
}

struct Subject {
  std::string name;
  int days = 30;
  const char* curve = "P-256";
  std::string alt = {};  // "IP:192.0.2.1" instead of the name as DNS
};

// A self-signed certificate, its own root.
Pair make_pair_for(const Subject& subject) {
  EVP_PKEY* key = EVP_EC_gen(subject.curve);
  X509* cert = X509_new();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
  X509_gmtime_adj(X509_getm_notBefore(cert), -86400L * 60);
  X509_gmtime_adj(X509_getm_notAfter(cert), 86400L * subject.days);
  X509_set_pubkey(cert, key);
  X509_NAME* name = X509_get_subject_name(cert);
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(subject.name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(cert, name);
  std::string alt = subject.alt.empty() ? "DNS:" + subject.name : subject.alt;
  X509_EXTENSION* extension =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, alt.c_str());
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(cert, key, EVP_sha256());
  BIO* cert_bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(cert_bio, cert);
  BIO* key_bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(key_bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  X509_free(cert);
  EVP_PKEY_free(key);
  return {text_of(cert_bio), text_of(key_bio)};
}

struct Fixture {
  FakeClock clock;
  std::unique_ptr<Loop> loop = Loop::simulated(clock);
  Pair pair = make_pair_for({"mx.example"});
  std::shared_ptr<TlsServerContext> context = *TlsServerContext::from_pem(pair.chain, pair.key);
  std::pair<std::unique_ptr<Stream>, std::unique_ptr<Stream>> ends = stream_pair();
  Stream& server = *ends.first;
  Stream& client = *ends.second;

  // Both handshakes at once; what the client's came to.
  Result<> shake(TlsClientOptions options, Result<>* server_side = nullptr) {
    std::vector<Task<Result<>>> both;
    both.push_back(server.start_tls_server(context, loop->in(30s)));
    both.push_back(client.start_tls_client(std::move(options), loop->in(30s)));
    auto results = loop->run_until(gather(std::move(both)));
    if (server_side != nullptr) *server_side = results[0];
    return results[1];
  }
};

TEST_CASE_FIXTURE(Fixture, "a handshake agrees on TLS 1.3 and carries bytes both ways") {
  REQUIRE(shake({"mx.example", TlsVerify::require, pair.chain}).has_value());
  CHECK(client.tls().active);
  CHECK(client.tls().verified);
  CHECK(client.tls().verify_error.empty());
  CHECK(server.tls().version == "TLSv1.3");
  CHECK(server.tls().server_name == "mx.example");
  CHECK(!server.tls().cipher.empty());
  std::string big(500'000, 'x');
  auto send = [](Stream& s, std::string bytes) -> Task<> {
    co_await s.write(std::move(bytes), Deadline::never());
    co_await s.shutdown(Deadline::never());
  };
  loop->spawn(send(server, big));
  loop->spawn(send(client, big + "y"));
  auto read_all = [](Stream& s) -> Task<size_t> {
    size_t n = 0;
    for (;;) {
      auto got = co_await s.read(10'000, Deadline::never());
      if (!got) co_return 0;
      if (got->empty()) co_return n;
      n += got->size();
    }
  };
  std::vector<Task<size_t>> reads;
  reads.push_back(read_all(server));
  reads.push_back(read_all(client));
  CHECK(loop->run_until(gather(std::move(reads))) == std::vector<size_t>{500'001, 500'000});
}

TEST_CASE_FIXTURE(Fixture, "an unknown certificate serves where none is required") {
  REQUIRE(shake({"mx.example", TlsVerify::none, {}}).has_value());
  CHECK(client.tls().active);
  CHECK(!client.tls().verified);
  CHECK(client.tls().verify_error == "self-signed certificate");
}

TEST_CASE_FIXTURE(Fixture, "an unknown certificate is refused where one is required") {
  Result<> server_side;
  auto result = shake({"mx.example", TlsVerify::require, {}}, &server_side);
  REQUIRE(!result.has_value());
  CHECK(result.error().code == Errc::denied);
  CHECK(!server_side.has_value());
  CHECK(!client.tls().active);
}

TEST_CASE_FIXTURE(Fixture, "another name is refused, and so is none") {
  auto result = shake({"other.example", TlsVerify::require, pair.chain});
  REQUIRE(!result.has_value());
  CHECK(result.error().code == Errc::denied);
  CHECK(client.tls().verify_error.find("hostname mismatch") != std::string::npos);
  auto [a, b] = stream_pair();
  auto unnamed = loop->run_until(a->start_tls_client({"", TlsVerify::require, {}}, loop->in(1s)));
  CHECK(unnamed.error().code == Errc::invalid);
}

TEST_CASE("a peer known by its address is verified by the certificate's addresses, without SNI") {
  struct Row {
    const char* alt;
    const char* host;
    bool fits;
  };
  const Row rows[] = {{"IP:192.0.2.1", "192.0.2.1", true},
                      {"IP:192.0.2.1", "192.0.2.2", false},
                      {"IP:2001:db8::1", "2001:db8:0::1", true},
                      {"IP:2001:db8::1", "2001:db8::2", false},
                      {"DNS:mx.example", "192.0.2.1", false},
                      // A DNS-ID that looks like the address is none.
                      {"DNS:192.0.2.1", "192.0.2.1", false}};
  for (const Row& row : rows) {
    CAPTURE(row.alt);
    CAPTURE(row.host);
    Fixture at;
    at.pair = make_pair_for({.name = "192.0.2.1", .alt = row.alt});
    at.context = *TlsServerContext::from_pem(at.pair.chain, at.pair.key);
    auto result = at.shake({row.host, TlsVerify::require, at.pair.chain});
    CHECK(result.has_value() == row.fits);
    CHECK(at.client.tls().verified == row.fits);
    CHECK(at.server.tls().server_name == "");
    if (!row.fits) CHECK(at.client.tls().verify_error == "IP address mismatch");
  }
}

TEST_CASE_FIXTURE(Fixture, "an expired certificate is refused with its reason") {
  pair = make_pair_for({"mx.example", -1});
  context = *TlsServerContext::from_pem(pair.chain, pair.key);
  auto result = shake({"mx.example", TlsVerify::require, pair.chain});
  REQUIRE(!result.has_value());
  CHECK(client.tls().verify_error == "certificate has expired");
  CHECK(result.error().message == "TLS: certificate verify failed: certificate has expired");
}

TEST_CASE_FIXTURE(Fixture, "without a name there is no SNI and no verification") {
  REQUIRE(shake({"", TlsVerify::none, pair.chain}).has_value());
  CHECK(server.tls().server_name.empty());
  CHECK(!client.tls().verified);
}

TEST_CASE_FIXTURE(Fixture, "garbage instead of a handshake fails it on both roles") {
  FakeRandom random(3);
  std::vector<std::string> garbage = {"EHLO x\r\n", "GET / HTTP/1.1\r\n\r\n",
                                      std::string(600, '\0'),
                                      "\x16\x03\x01\xff\xff", "\x15\x03\x03\x00\x02\x02\x28"};
  for (int i = 0; i < 50; ++i)
    garbage.push_back("\x16\x03\x01" + std::string(1, '\0') + random.bytes(random.below(300)));
  auto feed = [](Stream& s, std::string bytes) -> Task<> {
    co_await s.write(std::move(bytes), Deadline::never());
    co_await s.shutdown(Deadline::never());
  };
  for (const std::string& bytes : garbage) {
    auto [a, b] = stream_pair();
    loop->spawn(feed(*b, bytes));
    CHECK(!loop->run_until(a->start_tls_server(context, loop->in(30s))));
    auto [c, d] = stream_pair();
    loop->spawn(feed(*d, bytes));
    CHECK(!loop->run_until(c->start_tls_client({"x.example", TlsVerify::none, {}}, loop->in(30s))));
    CHECK(!c->tls().active);
  }
}

TEST_CASE_FIXTURE(Fixture, "a peer that says nothing meets the deadline") {
  MonoTime start = clock.mono();
  auto result = loop->run_until(server.start_tls_server(context, loop->in(30s)));
  CHECK(result.error().code == Errc::timeout);
  CHECK(clock.mono() - start == 30s);
}

// Passes bytes from one stream to the other until `most` have gone, then ends both.
Task<> relay(std::shared_ptr<Stream> from, std::shared_ptr<Stream> to, size_t most) {
  while (most > 0) {
    auto got = co_await from->read(most, Deadline::never());
    if (!got || got->empty()) break;
    most -= got->size();
    auto sent = co_await to->write(std::move(*got), Deadline::never());
    if (!sent) break;
  }
  co_await to->shutdown(Deadline::never());
}

TEST_CASE_FIXTURE(Fixture, "a handshake cut at any byte never counts as TLS") {
  for (size_t cut = 0; cut < 700; cut += 9) {
    auto [server_end, near_end] = stream_pair();
    auto [far_end, client_end] = stream_pair();
    std::shared_ptr<Stream> near = std::move(near_end);
    std::shared_ptr<Stream> far = std::move(far_end);
    loop->spawn(relay(far, near, cut));  // from the client
    loop->spawn(relay(near, far, SIZE_MAX));
    std::vector<Task<Result<>>> both;
    both.push_back(server_end->start_tls_server(context, loop->in(30s)));
    both.push_back(client_end->start_tls_client({"mx.example", TlsVerify::none, {}},
                                                loop->in(30s)));
    auto results = loop->run_until(gather(std::move(both)));
    CHECK(server_end->tls().active == results[0].has_value());
    if (cut < 200) CHECK(!results[0].has_value());
    loop->run();
  }
}

TEST_CASE_FIXTURE(Fixture, "an end without close_notify is no orderly end") {
  REQUIRE(shake({"mx.example", TlsVerify::none, {}}).has_value());
  ends.first.reset();
  auto got = loop->run_until(client.read(10, Deadline::never()));
  REQUIRE(!got.has_value());
  CHECK(got.error().code == Errc::closed);
}

TEST_CASE_FIXTURE(Fixture, "close_notify is an orderly end") {
  REQUIRE(shake({"mx.example", TlsVerify::none, {}}).has_value());
  loop->run_until(server.shutdown(loop->in(1s)));
  CHECK(loop->run_until(client.read(10, Deadline::never())) == std::string());
}

TEST_CASE_FIXTURE(Fixture, "reads and writes over TLS keep their deadlines") {
  REQUIRE(shake({"mx.example", TlsVerify::none, {}}).has_value());
  CHECK(loop->run_until(client.read(10, loop->in(5s))).error().code == Errc::timeout);
  auto stuck = loop->run_until(client.write(std::string(2u << 20, 'x'), loop->in(5s)));
  CHECK(stuck.error().code == Errc::timeout);
}

TEST_CASE_FIXTURE(Fixture, "a destroyed handshake is cancelled") {
  Task<Result<>> half = server.start_tls_server(context, loop->in(30s));
  auto canceller = [](Task<Result<>>& victim) -> Task<> {
    victim.start();
    co_await sleep_for(1s);
    victim.reset();
  };
  loop->run_until(canceller(half));
  ends.first.reset();
  ends.second.reset();
  loop->run();
}

TEST_CASE_FIXTURE(Fixture, "a pair is replaced, a wrong one leaves the old") {
  Pair other = make_pair_for({"new.example"});
  CHECK(context->replace(other.chain, pair.key).error().field == "key");
  CHECK(context->replace("no pem", other.key).error().field == "certificate");
  CHECK(context->replace(other.chain.substr(0, 200), other.key).error().code == Errc::invalid);
  CHECK(context->replace(other.chain, "").error().field == "key");
  std::string damaged = other.chain;
  damaged[100] = damaged[100] == 'A' ? 'B' : 'A';
  damaged[60] = '*';
  CHECK(!context->replace(damaged, other.key).has_value());
  CHECK(!TlsServerContext::from_pem("", "").has_value());
  REQUIRE(shake({"mx.example", TlsVerify::require, pair.chain}).has_value());
  REQUIRE(context->replace(other.chain, other.key).has_value());
  ends = stream_pair();
  std::vector<Task<Result<>>> both;
  both.push_back(ends.first->start_tls_server(context, loop->in(30s)));
  both.push_back(ends.second->start_tls_client({"new.example", TlsVerify::require, other.chain},
                                               loop->in(30s)));
  for (const auto& result : loop->run_until(gather(std::move(both)))) CHECK(result.has_value());
}

// One connection after the other, as a client that remembers makes them.
struct Resumption : Fixture {
  std::shared_ptr<TlsSessionMemory> memory = std::make_shared<TlsSessionMemory>(clock, 3);

  TlsClientOptions options(TlsVerify verify) {
    return {"mx.example", verify, verify == TlsVerify::require ? pair.chain : "", memory,
            "192.0.2.1:25"};
  }
  // What a new connection's client knows after a few bytes, which bring the server's ticket.
  TlsInfo connect(TlsClientOptions with) {
    auto fresh = stream_pair();
    std::vector<Task<Result<>>> both;
    both.push_back(fresh.first->start_tls_server(context, loop->in(30s)));
    both.push_back(fresh.second->start_tls_client(std::move(with), loop->in(30s)));
    auto results = loop->run_until(gather(std::move(both)));
    if (!results[1]) return {};
    REQUIRE(results[0].has_value());
    REQUIRE(loop->run_until(fresh.first->write("hello", loop->in(30s))).has_value());
    auto got = loop->run_until(fresh.second->read(10, loop->in(30s)));
    REQUIRE(got.has_value());
    CHECK(*got == "hello");
    return fresh.second->tls();
  }
};

TEST_CASE_FIXTURE(Resumption, "a remembered session is resumed, and its check still stands") {
  TlsInfo first = connect(options(TlsVerify::require));
  CHECK(first.verified);
  CHECK(!first.offered);
  CHECK(memory->size() == 1);
  for (int again = 0; again < 3; ++again) {
    TlsInfo next = connect(options(TlsVerify::require));
    CHECK(next.offered);
    CHECK(next.resumed);
    CHECK(next.verified);
  }
  TlsClientOptions without = options(TlsVerify::require);
  without.sessions = nullptr;
  CHECK(!connect(without).resumed);
}

TEST_CASE_FIXTURE(Resumption, "what a session's verification found is found again") {
  connect(options(TlsVerify::none));
  TlsInfo next = connect(options(TlsVerify::none));
  CHECK(next.resumed);
  CHECK(!next.verified);
  CHECK(next.verify_error == "self-signed certificate");
}

TEST_CASE_FIXTURE(Resumption, "a session made under another policy is never resumed") {
  connect(options(TlsVerify::none));
  CHECK(memory->size() == 1);
  TlsClientOptions strict = options(TlsVerify::require);
  strict.roots.clear();  // as under TlsVerify::none, and nothing vouches for this certificate
  CHECK(!connect(strict).active);
  CHECK(!connect(options(TlsVerify::require)).offered);
  SUBCASE("for another name") {
    TlsClientOptions other = options(TlsVerify::none);
    other.server_name = "other.example";
    CHECK(!connect(other).offered);
  }
  SUBCASE("for another address") {
    TlsClientOptions other = options(TlsVerify::none);
    other.peer = "192.0.2.2:25";
    CHECK(!connect(other).offered);
  }
  SUBCASE("with other roots") {
    TlsClientOptions other = options(TlsVerify::require);
    other.roots += pair.chain;
    CHECK(!connect(other).offered);
  }
}

TEST_CASE("no part of what a session is remembered by can pose as another") {
  auto key = [](std::string name, std::string peer, std::string roots) {
    return TlsSessionMemory::key_of({std::move(name), TlsVerify::none, std::move(roots), nullptr,
                                     std::move(peer)});
  };
  CHECK(key("ab", "c", "d") != key("a", "bc", "d"));
  CHECK(key("a", "bc", "d") != key("a", "b", "cd"));
  CHECK(key("", "1", "") != key("1", "", ""));
}

TEST_CASE_FIXTURE(Resumption, "a certificate is checked anew after a time, however often resumed") {
  connect(options(TlsVerify::require));
  clock.advance(limits::kTlsSessionKept / 2);
  CHECK(connect(options(TlsVerify::require)).resumed);
  clock.advance(limits::kTlsSessionKept / 2);
  TlsInfo late = connect(options(TlsVerify::require));
  CHECK(!late.offered);
  CHECK(late.verified);
}

TEST_CASE_FIXTURE(Resumption, "a session is not kept beyond its certificate") {
  pair = make_pair_for({"mx.example", 0});  // valid for a day at most, counted from yesterday
  auto soon = TlsServerContext::from_pem(pair.chain, pair.key);
  REQUIRE(soon.has_value());
  context = *soon;
  CHECK(!connect(options(TlsVerify::require)).active);
  CHECK(memory->size() == 0);
}

TEST_CASE_FIXTURE(Resumption, "a server that knows the session no more makes a handshake in full") {
  connect(options(TlsVerify::require));
  REQUIRE(context->replace(pair.chain, pair.key).has_value());  // with it, the key of its tickets
  TlsInfo next = connect(options(TlsVerify::require));
  CHECK(next.offered);
  CHECK(!next.resumed);
  CHECK(next.verified);
}

TEST_CASE_FIXTURE(Resumption, "a session whose handshake failed is forgotten") {
  connect(options(TlsVerify::none));
  REQUIRE(memory->size() == 1);
  auto fresh = stream_pair();
  std::vector<Task<Result<>>> both;
  both.push_back(fresh.first->write("this is no TLS at all, whatever", loop->in(30s)));
  both.push_back(fresh.second->start_tls_client(options(TlsVerify::none), loop->in(30s)));
  auto results = loop->run_until(gather(std::move(both)));
  CHECK(!results[1].has_value());
  CHECK(fresh.second->tls().offered);
  CHECK(memory->size() == 0);
}

TEST_CASE("what is remembered of peers is bounded, and the one unused for longest goes") {
  FakeClock clock;
  TlsSessionMemory memory(clock, 2);
  MonoTime later = clock.mono() + 60s;
  memory.keep("a", {"1", later});
  memory.keep("b", {"2", later});
  CHECK(memory.find("a")->bytes == "1");
  memory.keep("c", {"3", later});
  CHECK(memory.size() == 2);
  CHECK(!memory.find("b"));
  CHECK(memory.find("a"));
  memory.keep("a", {"4", later});
  CHECK(memory.find("a")->bytes == "4");
  CHECK(memory.size() == 2);
  memory.keep("d", {std::string(limits::kTlsSessionBytes + 1, 'x'), later});
  CHECK(!memory.find("d"));
  clock.advance(60s);
  CHECK(!memory.find("a"));
  memory.forget("nobody");
}

TEST_CASE("versions below TLS 1.2 are refused") {
  // RFC 8996: an old client is played by OpenSSL itself, over memory.
  FakeClock clock;
  auto loop = Loop::simulated(clock);
  Pair pair = make_pair_for({"mx.example"});
  auto context = *TlsServerContext::from_pem(pair.chain, pair.key);
  SSL_CTX* old = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_security_level(old, 0);
  SSL_CTX_set_min_proto_version(old, TLS1_VERSION);
  SSL_CTX_set_max_proto_version(old, TLS1_1_VERSION);
  SSL_CTX_set_cipher_list(old, "ALL:@SECLEVEL=0");
  SSL* ssl = SSL_new(old);
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_connect(ssl);
  char* data = nullptr;
  long size = BIO_get_mem_data(SSL_get_wbio(ssl), &data);
  REQUIRE(size > 0);
  std::string hello(data, static_cast<size_t>(size));
  auto [a, b] = stream_pair();
  loop->run_until(b->write(hello, Deadline::never()));
  auto result = loop->run_until(a->start_tls_server(context, loop->in(30s)));
  REQUIRE(!result.has_value());
  CHECK(result.error().message.find("unsupported protocol") != std::string::npos);
  SSL_free(ssl);
  SSL_CTX_free(old);
}

}  // namespace
}  // namespace ph::net
