#include "delivery/deliverer.h"

#include "base/limits.h"
#include "crypto/signing_key.h"
#include "delivery/fake_transport.h"
#include "delivery/receiver_fixture_test.h"
#include "dns/zone_fake.h"
#include "net/gather.h"
#include "net/worker_pool.h"

using namespace ph;
using namespace ph::delivery;
using namespace ph::delivery_test;
using core::AttemptOutcome;
using core::Cause;

namespace {

struct Bench {
  FakeClock clock;
  std::unique_ptr<net::Loop> loop = net::Loop::simulated(clock);
  FakeRandom random;
  dns::ZoneFake zone;
  Receiver receiver;
  FakeTransport* fake = nullptr;

  Bench() {
    zone.add_mx("d.example", 10, "one.example").add_address("one.example", "8.8.8.1");
    zone.add_mx("d.example", 20, "two.example").add_address("two.example", "8.8.8.2");
  }

  DelivererOptions options() {
    DelivererOptions out;
    out.loops = {loop.get()};
    out.clock = &clock;
    out.random = &random;
    out.resolver = &zone;
    out.network = &receiver;
    out.return_path = [](const store::MessageRow&, const store::RecipientRow& row) {
      return "b" + std::to_string(row.key.idx) + "@s.example";
    };
    out.helo = "us.example";
    return out;
  }
  std::unique_ptr<Deliverer> faked(DelivererOptions with) {
    auto transport = std::make_unique<FakeTransport>();
    fake = transport.get();
    return std::make_unique<Deliverer>(std::move(with), std::move(transport));
  }
  static core::AttemptOrder order(std::string address, std::string domain) {
    core::AttemptOrder out;
    out.message = std::make_shared<const store::MessageRow>();
    out.recipient.key.idx = 7;
    out.recipient.address = std::move(address);
    out.recipient.domain = std::move(domain);
    out.content = std::make_shared<const std::string>("Subject: x\r\n\r\nhi\r\n");
    return out;
  }
  core::AttemptResult attempt(Deliverer& deliverer, core::AttemptOrder one) {
    return loop->run_until(deliverer.attempt(std::move(one)));
  }
};

Carried unreachable() {
  Carried out;
  out.cause = Cause::connect_failed;
  out.next = Next::other_address;
  return out;
}

}  // namespace

TEST_CASE("one attempt goes from the name to the receiver's reply") {
  Bench bench;
  Deliverer deliverer(bench.options());
  auto result = bench.attempt(deliverer, Bench::order("you@D.example", "d.example"));
  CHECK(result.outcome == AttemptOutcome::delivered);
  CHECK(result.code == 250);
  CHECK(result.host == "one.example");
  CHECK(result.address == "8.8.8.1:25");
  CHECK(bench.receiver.messages.size() == 1);
  REQUIRE(bench.receiver.envelopes.size() == 2);
  CHECK(bench.receiver.envelopes[0].starts_with("MAIL FROM:<b7@s.example>"));
  CHECK(bench.receiver.envelopes[1] == "RCPT TO:<you@d.example>");
}

TEST_CASE("a dead first host costs seconds, the second delivers") {
  Bench bench;
  bench.receiver.dead = {*Endpoint::parse("8.8.8.1:25")};
  Deliverer deliverer(bench.options());
  auto result = bench.attempt(deliverer, Bench::order("you@d.example", "d.example"));
  CHECK(result.outcome == AttemptOutcome::delivered);
  CHECK(result.host == "two.example");
  CHECK(result.duration >= limits::kConnectWaitMany);
  CHECK(result.duration <= std::chrono::seconds(60));
}

TEST_CASE("when no host answers the last failure is told and the mail waits") {
  Bench bench;
  auto deliverer = bench.faked(bench.options());
  bench.fake->answer("one.example", unreachable());
  bench.fake->answer("two.example", unreachable());
  auto result = bench.attempt(*deliverer, Bench::order("you@d.example", "d.example"));
  CHECK(result.outcome == AttemptOutcome::deferred);
  CHECK(result.cause == Cause::connect_failed);
  CHECK(result.host == "two.example");
  CHECK(bench.fake->calls().size() == 2);
}

TEST_CASE("a receiver's word is final for this attempt: the next host is not asked") {
  Bench bench;
  auto deliverer = bench.faked(bench.options());
  Carried no;
  no.outcome = AttemptOutcome::bounced;
  no.cause = Cause::permanent_reply;
  no.code = 550;
  bench.fake->answer("one.example", no);
  auto result = bench.attempt(*deliverer, Bench::order("you@d.example", "d.example"));
  CHECK(result.outcome == AttemptOutcome::bounced);
  CHECK(bench.fake->calls().size() == 1);
}

TEST_CASE("among equally preferred hosts one with an open session comes first") {
  Bench bench;
  for (const char* host : {"a.mx.example", "b.mx.example", "c.mx.example"}) {
    bench.zone.add_mx("e.example", 10, host).add_address(host, "8.8.8.8");
  }
  auto deliverer = bench.faked(bench.options());
  bench.fake->set_idle("b.mx.example");
  for (int i = 0; i < 10; ++i) {
    CHECK(bench.attempt(*deliverer, Bench::order("y@e.example", "e.example")).host ==
          "b.mx.example");
  }
  // But never before a better one.
  bench.fake->set_idle("two.example");
  CHECK(bench.attempt(*deliverer, Bench::order("y@d.example", "d.example")).host == "one.example");
}

TEST_CASE("a route replaces MX, with its TLS, login and private address") {
  Bench bench;
  auto options = bench.options();
  Route route;
  route.match = "*";
  route.host = "127.0.0.1";
  route.port = 2526;
  route.tls = RouteTls::require;
  route.user = "u";
  route.password = "p";
  options.routes = *Routes::make({route});
  auto deliverer = bench.faked(std::move(options));
  auto result = bench.attempt(*deliverer, Bench::order("you@nowhere.test", "nowhere.test"));
  CHECK(result.outcome == AttemptOutcome::delivered);
  REQUIRE(bench.fake->calls().size() == 1);
  const Hop& hop = bench.fake->calls()[0].hop;
  CHECK(hop.at.text() == "127.0.0.1:2526");
  CHECK(hop.tls == RouteTls::require);
  CHECK(hop.user == "u");
  CHECK(deliverer->site("nowhere.test") == "127.0.0.1:2526");
}

TEST_CASE("a name without mail bounces before any connection") {
  Bench bench;
  bench.zone.add_mx("n.example", 0, ".");
  Deliverer deliverer(bench.options());
  auto result = bench.attempt(deliverer, Bench::order("you@n.example", "n.example"));
  CHECK(result.outcome == AttemptOutcome::bounced);
  CHECK(result.cause == Cause::null_mx);
  CHECK(result.enhanced == "5.1.10");
  CHECK(bench.receiver.tried.empty());
}

TEST_CASE("every recipient's attempt has its own result on one shared session") {
  Bench bench;
  Deliverer deliverer(bench.options());
  for (int i = 0; i < 5; ++i) {
    CHECK(bench.attempt(deliverer, Bench::order("you@d.example", "d.example")).code == 250);
  }
  CHECK(bench.receiver.connections == 1);
  CHECK(bench.receiver.messages.size() == 5);
}

namespace {

struct Signing {
  net::WorkerPool pool{0, 16};
  int asked = 0;
  bool away = false;
  crypto::PrivateKey rsa = *crypto::PrivateKey::generate(crypto::NewKey::rsa_1024);
  crypto::PrivateKey ed = *crypto::PrivateKey::generate(crypto::NewKey::ed25519);

  net::Task<Result<SigningMaterial>> source(bool both) {
    ++asked;
    if (away) co_return fail(Errc::temporary, "the key is sealed");
    SigningMaterial out{"s.example", {"ph1", rsa}, std::nullopt};
    if (both) out.ed25519.emplace("ph2", ed);
    co_return out;
  }
  SignerOptions options(Clock& clock, bool both) {
    return {&clock, &pool, [this, both](DomainId) { return source(both); }};
  }
};

size_t count(std::string_view text, std::string_view what) {
  size_t n = 0;
  for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("equal bytes share a signature, a later retry signs anew") {
  Bench bench;
  Signing signing;
  Signer signer(signing.options(bench.clock, true));
  auto content =
      std::make_shared<const std::string>("From: a@s.example\r\nSubject: x\r\n\r\nhi\r\n");
  auto sign = [&](int64_t message) {
    auto fields = bench.loop->run_until(signer.sign(MessageId(message), DomainId(1), content));
    REQUIRE(fields);
    return *fields;
  };
  std::string first = sign(1);
  CHECK(count(first, "DKIM-Signature:") == 2);
  CHECK(count(first, "rsa-sha256") == 1);
  CHECK(count(first, "ed25519-sha256") == 1);
  CHECK(first.ends_with("\r\n"));
  CHECK(first.find("t=1800000000") != std::string::npos);
  CHECK(sign(1) == first);
  bench.clock.advance(limits::kSignatureKept);
  CHECK(sign(1) != first);
  CHECK(signing.asked == 1);
  signer.forget(DomainId(1));
  sign(2);
  CHECK(signing.asked == 2);
}

namespace {

// A key that takes a moment to be had, so that other recipients come meanwhile.
net::Task<Result<SigningMaterial>> slow_source(Signing* signing) {
  co_await net::sleep_for(std::chrono::milliseconds(1));
  co_return co_await signing->source(false);
}

}  // namespace

TEST_CASE("recipients that wait for a signature in the making all get it whole") {
  Bench bench;
  Signing signing;
  SignerOptions options = signing.options(bench.clock, false);
  options.source = [&signing](DomainId) { return slow_source(&signing); };
  Signer signer(std::move(options));
  auto content = std::make_shared<const std::string>("From: a@s.example\r\n\r\nhi\r\n");
  std::vector<net::Task<Result<std::string>>> tasks;
  for (int i = 0; i < 5; ++i) tasks.push_back(signer.sign(MessageId(1), DomainId(1), content));
  auto fields = bench.loop->run_until(net::gather(std::move(tasks)));
  REQUIRE(fields.size() == 5);
  for (const auto& one : fields) {
    REQUIRE(one);
    CHECK(count(*one, "DKIM-Signature:") == 1);
    CHECK(*one == *fields[0]);
  }
  CHECK(signing.asked == 1);
}

TEST_CASE("mail never leaves unsigned because a key is away") {
  Bench bench;
  Signing signing;
  signing.away = true;
  Signer signer(signing.options(bench.clock, false));
  auto options = bench.options();
  options.signer = &signer;
  Deliverer deliverer(options);
  auto result = bench.attempt(deliverer, Bench::order("you@d.example", "d.example"));
  CHECK(result.outcome == AttemptOutcome::deferred);
  CHECK(result.cause == Cause::local_error);
  CHECK(bench.receiver.tried.empty());

  signing.away = false;
  auto order = Bench::order("you@d.example", "d.example");
  order.content = std::make_shared<const std::string>("From: a@s.example\r\n\r\nhi\r\n");
  CHECK(bench.attempt(deliverer, order).outcome == AttemptOutcome::delivered);
  REQUIRE(bench.receiver.messages.size() == 1);
  CHECK(bench.receiver.messages[0].starts_with("DKIM-Signature:"));
}
