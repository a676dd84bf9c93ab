#include "delivery/smtp_transport.h"

#include "base/limits.h"
#include "crypto/certificate.h"
#include "delivery/receiver_fixture_test.h"

using namespace ph;
using namespace ph::delivery;
using namespace ph::delivery_test;
using namespace std::chrono_literals;
using core::AttemptOutcome;
using core::Cause;

namespace {

struct Bench {
  FakeClock clock;
  std::unique_ptr<net::Loop> loop = net::Loop::simulated(clock);
  Receiver receiver;
  SmtpTransport transport{{&receiver, &clock, "us.example", limits::kConnectionIdle}};
  Hop hop{"mx.example", {IpAddress::v4(0x08080808), 25}, RouteTls::opportunistic, {}, {}};

  static Parcel parcel(std::string content = "Subject: x\r\n\r\nhello\r\n.dot\r\n") {
    Parcel out;
    out.sender = "bounce@s.example";
    out.recipient = "you@d.example";
    out.signatures = "DKIM-Signature: v=1\r\n";
    out.content = std::make_shared<const std::string>(std::move(content));
    return out;
  }
  net::Task<Carried> carry(Parcel one) {
    return transport.carry(hop, std::move(one), limits::kConnectWait,
                           Deadline::in(clock, limits::kSessionTotal));
  }
  Carried send(Parcel one = parcel()) { return loop->run_until(carry(std::move(one))); }
};

std::string text(const Carried& carried) {
  constexpr const char* kNames[] = {"delivered", "deferred", "bounced"};
  return fmt::format("{} {} {}{}", kNames[static_cast<int>(carried.outcome)],
                     core::cause_name(carried.cause), carried.code,
                     carried.next == Next::other_address ? " next" : "");
}

}  // namespace

TEST_CASE("a message arrives with its signature on top and its dots doubled") {
  Bench bench;
  Carried carried = bench.send();
  CHECK(text(carried) == "delivered delivered 250");
  CHECK(carried.enhanced == "2.0.0");
  CHECK(carried.tls == "");
  REQUIRE(bench.receiver.messages.size() == 1);
  CHECK(bench.receiver.messages[0] ==
        "DKIM-Signature: v=1\r\nSubject: x\r\n\r\nhello\r\n..dot\r\n");
  REQUIRE(bench.receiver.envelopes.size() == 2);
  CHECK(bench.receiver.envelopes[0].starts_with("MAIL FROM:<bounce@s.example>"));
  CHECK(bench.receiver.envelopes[1] == "RCPT TO:<you@d.example>");
  CHECK(carried.transcript.find("EHLO us.example") != std::string::npos);
  CHECK(carried.transcript.find("hello\r\n") == std::string::npos);
}

TEST_CASE("what a receiver does decides outcome, cause, and whether another address is asked") {
  struct Row {
    const char* name;
    std::function<void(Manners&)> change;
    const char* expected;
  };
  using M = Manners;
  const Row rows[] = {
      {"451 to RCPT", [](M& m) { m.rcpt = "451 4.3.0 later\r\n"; },
       "deferred temporary_reply 451"},
      {"greylisting", [](M& m) { m.rcpt = "450 4.7.1 Greylisted\r\n"; },
       "deferred greylisted 450"},
      {"550 to RCPT", [](M& m) { m.rcpt = "550 5.1.1 nobody\r\n"; },
       "bounced permanent_reply 550"},
      {"550 to MAIL", [](M& m) { m.mail = "550 5.7.1 not you\r\n"; },
       "bounced permanent_reply 550"},
      {"554 to the content", [](M& m) { m.dot = "554 5.7.1 spam\r\n"; },
       "bounced permanent_reply 554"},
      {"451 to the content", [](M& m) { m.dot = "451 4.3.0 disk\r\n"; },
       "deferred temporary_reply 451"},
      {"552 5.3.4 to MAIL", [](M& m) { m.mail = "552 5.3.4 too big\r\n"; },
       "bounced message_too_large 552"},
      {"a SIZE too small", [](M& m) { m.ehlo = "250-mx\r\n250 SIZE 10\r\n"; },
       "bounced message_too_large 0"},
      {"421 as greeting", [](M& m) { m.banner = "421 4.3.2 busy\r\n"; },
       "deferred temporary_reply 421 next"},
      {"421 4.7.0 as greeting", [](M& m) { m.banner = "421 4.7.0 slow down\r\n"; },
       "deferred rate_limited 421 next"},
      {"554 as greeting does not bounce", [](M& m) { m.banner = "554 5.7.1 not you\r\n"; },
       "deferred session_refused 554 next"},
      {"550 to EHLO does not bounce", [](M& m) { m.ehlo = "550 5.7.1 blocked\r\n"; },
       "deferred session_refused 500 next"},
      {"421 to MAIL", [](M& m) { m.mail = "421 4.3.2 busy\r\n"; },
       "deferred temporary_reply 421 next"},
      {"421 to RCPT", [](M& m) { m.rcpt = "421 4.3.2 busy\r\n"; },
       "deferred temporary_reply 421"},
      {"closed at MAIL", [](M& m) { m.mail = ""; }, "deferred connection_lost 0 next"},
      {"closed at DATA", [](M& m) { m.data = ""; }, "deferred connection_lost 0"},
      {"closed behind the final dot", [](M& m) { m.at_dot = AtDot::drop; },
       "deferred reply_lost 0"},
      {"silent behind the final dot", [](M& m) { m.at_dot = AtDot::silence; },
       "deferred reply_lost 0"},
      {"no banner", [](M& m) { m.silent = true; }, "deferred session_timeout 0 next"},
      {"no SMTP", [](M& m) { m.banner = "SSH-2.0-OpenSSH_9\r\n"; },
       "deferred protocol_error 0 next"},
      {"endless reply",
       [](M& m) {
         m.ehlo.clear();
         for (int i = 0; i < 9000; ++i) m.ehlo += "250-and more\r\n";
       },
       "deferred protocol_error 0 next"},
      {"a reply line without end", [](M& m) { m.ehlo = "250 " + std::string(100000, 'x'); },
       "deferred protocol_error 0 next"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Bench bench;
    row.change(bench.receiver.manners);
    CHECK(text(bench.send()) == row.expected);
  }
}

TEST_CASE("a phase has one deadline, however slowly bytes dribble in") {
  struct Dribble : net::Network {
    net::Task<Result<std::unique_ptr<net::Stream>>> connect(net::ConnectOptions,
                                                            Deadline) override {
      auto [ours, theirs] = net::stream_pair();
      net::Loop::current()->spawn(drip(std::move(theirs)));
      co_return std::move(ours);
    }
    static net::Task<void> drip(std::unique_ptr<net::Stream> stream) {
      while (co_await stream->write("2", Deadline::never())) co_await net::sleep_for(20s);
    }
  };
  FakeClock clock;
  auto loop = net::Loop::simulated(clock);
  Dribble network;
  SmtpTransport transport({&network, &clock, "us.example", limits::kConnectionIdle});
  MonoTime begun = clock.mono();
  Carried carried = loop->run_until(
      transport.carry({"mx.example", {}, RouteTls::none, {}, {}}, Bench::parcel(),
                      limits::kConnectWait, Deadline::in(clock, limits::kSessionTotal)));
  CHECK(carried.cause == Cause::session_timeout);
  CHECK(clock.mono() - begun == limits::kBannerWait);

  SmtpTransport hurried({&network, &clock, "us.example", limits::kConnectionIdle,
                         {.banner = 7s}});
  begun = clock.mono();
  carried = loop->run_until(
      hurried.carry({"mx.example", {}, RouteTls::none, {}, {}}, Bench::parcel(),
                    limits::kConnectWait, Deadline::in(clock, limits::kSessionTotal)));
  CHECK(carried.cause == Cause::session_timeout);
  CHECK(clock.mono() - begun == 7s);
}

TEST_CASE("a session is used again, and said goodbye to when it is idle") {
  Bench bench;
  CHECK(!bench.transport.has_idle(bench.hop));
  for (int i = 0; i < 3; ++i) CHECK(text(bench.send()) == "delivered delivered 250");
  CHECK(bench.receiver.connections == 1);
  CHECK(bench.transport.has_idle(bench.hop));
  bench.loop->run();
  CHECK(!bench.transport.has_idle(bench.hop));
  CHECK(bench.receiver.closed == 1);
  bench.send();
  CHECK(bench.receiver.connections == 2);
}

TEST_CASE("a refused recipient does not end the session") {
  Bench bench;
  bench.receiver.manners.rcpt = "550 5.1.1 nobody\r\n";
  for (int i = 0; i < 3; ++i) CHECK(text(bench.send()) == "bounced permanent_reply 550");
  CHECK(bench.receiver.connections == 1);
}

TEST_CASE("a session serves a bounded number of messages") {
  Bench bench;
  for (unsigned i = 0; i < limits::kConnectionUses + 1; ++i) bench.send();
  CHECK(bench.receiver.connections == 2);
  CHECK(bench.receiver.messages.size() == limits::kConnectionUses + 1);
}

TEST_CASE("a session that died while idle is replaced without counting as a failure") {
  for (const char* second_mail : {"", "421 4.4.2 idle for too long\r\n"}) {
    Bench bench;
    // The first connection takes one message and ends at the next MAIL.
    bench.receiver.next.emplace_back().second_mail = second_mail;
    CHECK(text(bench.send()) == "delivered delivered 250");
    CHECK(bench.receiver.connections == 1);
    CHECK(text(bench.send()) == "delivered delivered 250");
    CHECK(bench.receiver.connections == 2);
    CHECK(bench.receiver.messages.size() == 2);
  }
}

TEST_CASE("opportunistic TLS that breaks is tried again in plain, required TLS is not") {
  const std::string offers = "250-mx.example\r\n250-STARTTLS\r\n250 PIPELINING\r\n";
  struct Row {
    RouteTls tls;
    const char* expected;
    int connections;
  };
  const Row rows[] = {{RouteTls::opportunistic, "delivered delivered 250", 2},
                      {RouteTls::require, "deferred tls_failed 0 next", 1},
                      {RouteTls::verify, "deferred tls_failed 0 next", 1},
                      {RouteTls::implicit, "deferred tls_failed 0 next", 1},
                      {RouteTls::none, "delivered delivered 250", 1}};
  for (const Row& row : rows) {
    CAPTURE(route_tls_name(row.tls));
    Bench bench;
    bench.receiver.manners.ehlo = offers;
    bench.hop.tls = row.tls;
    CHECK(text(bench.send()) == row.expected);
    CHECK(bench.receiver.connections == row.connections);
  }
}

TEST_CASE("a receiver that ends the session at STARTTLS gets the message in plain, once more") {
  struct Row {
    const char* starttls;
    RouteTls tls;
    const char* expected;
    int connections;
  };
  const Row rows[] = {
      {"", RouteTls::opportunistic, "delivered delivered 250", 2},
      {"421 4.7.0 no TLS today\r\n", RouteTls::opportunistic, "delivered delivered 250", 2},
      {"what is this?\r\n", RouteTls::opportunistic, "delivered delivered 250", 2},
      {"454 4.7.0 no TLS today\r\n", RouteTls::opportunistic, "delivered delivered 250", 1},
      {"", RouteTls::require, "deferred connection_lost 0 next", 1},
      {"", RouteTls::verify, "deferred connection_lost 0 next", 1}};
  for (const Row& row : rows) {
    CAPTURE(row.starttls);
    Bench bench;
    bench.receiver.manners.ehlo = "250-mx.example\r\n250-STARTTLS\r\n250 PIPELINING\r\n";
    bench.receiver.manners.starttls = row.starttls;
    bench.hop.tls = row.tls;
    CHECK(text(bench.send()) == row.expected);
    CHECK(bench.receiver.connections == row.connections);
    bench.send();  // every attempt asks for TLS anew, unless a session is open
    int again = row.tls == RouteTls::opportunistic ? 0 : 1;
    CHECK(bench.receiver.connections == row.connections + again);
  }
}

// A receiver with TLS that works, and connections that are not used again.
struct TlsBench : Bench {
  std::shared_ptr<net::TlsServerContext> context = make_context();

  TlsBench() {
    receiver.manners.ehlo = "250-mx.example\r\n250 STARTTLS\r\n";
    receiver.manners.tls = context;
    receiver.manners.dot = "421 4.3.2 that is enough\r\n";
  }
  static std::shared_ptr<net::TlsServerContext> make_context() {
    auto files = crypto::self_signed_certificate(
        {.names = {"mx.example"}, .not_before = WallTime::from_seconds(1'700'000'000)});
    REQUIRE(files.has_value());
    return *net::TlsServerContext::from_pem(files->certificate_pem, files->key_pem);
  }
};

TEST_CASE("the next connection to a receiver resumes its TLS session") {
  TlsBench bench;
  for (int i = 0; i < 3; ++i) CHECK(bench.send().tls.starts_with("TLSv1.3"));
  REQUIRE(bench.receiver.handshakes.size() == 3);
  CHECK(!bench.receiver.handshakes[0].resumed);
  CHECK(bench.receiver.handshakes[1].resumed);
  CHECK(bench.receiver.handshakes[2].resumed);
  bench.hop.at.port = 26;  // somebody else, for all we know
  bench.send();
  CHECK(!bench.receiver.handshakes[3].resumed);
}

TEST_CASE("a TLS session of a connection that took any certificate serves none that asks for one") {
  TlsBench bench;
  bench.hop.tls = RouteTls::require;
  bench.send();
  bench.send();
  CHECK(bench.receiver.handshakes.back().resumed);
  bench.hop.tls = RouteTls::verify;
  CHECK(text(bench.send()) == "deferred tls_failed 0 next");
}

TEST_CASE("a receiver that chokes on a remembered TLS session gets a handshake in full, no plain") {
  TlsBench bench;
  bench.send();
  REQUIRE(bench.receiver.handshakes.size() == 1);
  SUBCASE("in the handshake") {
    Manners garbled = bench.receiver.manners;
    garbled.tls = nullptr;
    bench.receiver.next.push_back(garbled);
  }
  SUBCASE("behind it") {
    Manners hangs_up = bench.receiver.manners;
    hangs_up.ehlo_in_tls.clear();
    bench.receiver.next.push_back(hangs_up);
  }
  CHECK(bench.send().tls.starts_with("TLSv1.3"));
  CHECK(bench.receiver.connections == 3);
  CHECK(!bench.receiver.handshakes.back().resumed);
}

TEST_CASE("a connection that ends before STARTTLS is not tried again in plain") {
  Bench bench;
  bench.receiver.manners.ehlo = "";
  CHECK(text(bench.send()) == "deferred connection_lost 0 next");
  CHECK(bench.receiver.connections == 1);
}

TEST_CASE("TLS that is required and not offered keeps the message") {
  Bench bench;
  bench.hop.tls = RouteTls::require;
  CHECK(text(bench.send()) == "deferred tls_failed 0 next");
  CHECK(bench.receiver.messages.empty());
}

TEST_CASE("a lease that is lost stops the message before MAIL or before the final dot") {
  Bench bench;
  Parcel before = Bench::parcel();
  before.owned = [] { return false; };
  CHECK(text(bench.send(std::move(before))) == "deferred local_error 0");
  CHECK(bench.receiver.envelopes.empty());

  Parcel during = Bench::parcel();
  during.owned = [asked = 0]() mutable { return ++asked < 2; };
  CHECK(text(bench.send(std::move(during))) == "deferred local_error 0");
  CHECK(bench.receiver.messages.empty());
}

TEST_CASE("a large message is written in pieces and arrives whole") {
  Bench bench;
  std::string content = "Subject: big\r\n\r\n";
  for (int i = 0; i < 20000; ++i) content += "line " + std::to_string(i) + "\r\n";
  CHECK(text(bench.send(Bench::parcel(content))) == "delivered delivered 250");
  REQUIRE(bench.receiver.messages.size() == 1);
  CHECK(bench.receiver.messages[0] == "DKIM-Signature: v=1\r\n" + content);
}

TEST_CASE("an address that breaks the grammar bounces without a word to the receiver") {
  Bench bench;
  Parcel parcel = Bench::parcel();
  parcel.recipient = "you@d.example>\r\nRCPT TO:<other@d.example";
  Carried carried = bench.send(std::move(parcel));
  CHECK(carried.outcome == AttemptOutcome::bounced);
  CHECK(bench.receiver.envelopes.empty());
}
