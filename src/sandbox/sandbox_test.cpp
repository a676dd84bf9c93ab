#include "sandbox/sandbox.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "core/context_fixture_test.h"
#include "dns/stub.h"
#include "smtpio/scripted_client_test.h"
#include "store/inbox.h"
#include "store/setting.h"

using namespace ph;
using namespace std::chrono_literals;
using core_test::wanted;
using smtpio_test::ScriptedClient;
using store_test::need;

namespace {

struct KeyParts : core_test::ContextFixture {
  smtp::ReturnPathKeys keys;
};

struct House : KeyParts {
  House() {
    need(keys.add({.id = 1, .secret = std::string(32, 's')}));
    open();
    need(start({}));
  }
  Result<> start(const std::vector<Endpoint>& dns_listen) {
    net::Loop* loops[] = {loop.get()};
    return sandbox->start(loops, dns_listen);
  }
  // On a port that is free for UDP and, what the kernel does not look at, for TCP.
  void start_dns() {
    for (int i = 0; i < 20 && sandbox->dns_locals().empty(); ++i) {
      open();
      if (start({{IpAddress::v4(0x7f000001), 0}})) return;
    }
    FAIL("no port for the name server");
  }
  void open() {
    sandbox = need(sandbox::Sandbox::open(
        {.store = *store, .clock = clock, .return_path_keys = keys}));
  }
  Endpoint receiver() { return {IpAddress::v4(0x7f000001), sandbox->receiver_port()}; }

  dns::Answer ask(dns::Resolver& resolver, std::string name, dns::Type type) {
    return loop->run_until(
        resolver.query({.name = std::move(name), .type = type}, Deadline::never()));
  }
  dns::Answer ask(std::string name, dns::Type type) {
    return ask(sandbox->resolver(), std::move(name), type);
  }
  std::vector<std::string> texts(const dns::Answer& answer) {
    std::vector<std::string> out;
    for (const auto& record : answer.records) out.push_back(dns::data_text(record));
    return out;
  }
  core::RecordFinding wish(std::string host, std::string type, std::string expected) {
    core::RecordFinding finding;
    finding.host = std::move(host);
    finding.type = std::move(type);
    finding.expected = std::move(expected);
    return finding;
  }
  core::Outcome<> publish(std::string name, std::vector<core::RecordFinding> records) {
    core::DomainView view;
    view.row.name = std::move(name);
    view.check.records = std::move(records);
    return loop->run_until(sandbox->publish(std::move(view)));
  }
  std::vector<store::InboxRow> inbox() {
    return need(read<std::vector<store::InboxRow>>(
        [](sql::Connection& c) { return store::inbox_for_operator(c, {}); }));
  }
  std::unique_ptr<sandbox::Sandbox> sandbox;
};

net::Task<ScriptedClient> greeted(Endpoint at) {
  ScriptedClient client = co_await ScriptedClient::connect(at);
  CHECK((co_await client.reply()).starts_with("220 receiver.sandbox.example"));
  co_await client.say("EHLO mail.sandbox.example");
  co_return client;
}

constexpr auto kTxt = dns::Type::txt;
constexpr auto kMx = dns::Type::mx;

}  // namespace

TEST_CASE_FIXTURE(House, "the zone tells of its own hosts, and of nothing else") {
  CHECK(texts(ask("mail.sandbox.example", dns::Type::a)) == std::vector<std::string>{"127.0.0.1"});
  CHECK(texts(ask("receiver.sandbox.example", dns::Type::a)).size() == 1);
  CHECK(texts(ask("spf.sandbox.example", kTxt)) ==
        std::vector<std::string>{"\"v=spf1 ip4:127.0.0.1 -all\""});
  CHECK(texts(ask("sandbox.example", dns::Type::ns)) ==
        std::vector<std::string>{"ns.sandbox.example."});
  CHECK(ask("sandbox.example", dns::Type::soa).records.size() == 1);
  CHECK(ask("mail.sandbox.example", kTxt).status == dns::Status::nodata);
  CHECK(ask("absent.sandbox.example", kMx).status == dns::Status::nxdomain);
  CHECK(ask("example.com", kMx).status == dns::Status::nxdomain);
  CHECK(ask("notsandbox.example", dns::Type::a).status == dns::Status::nxdomain);
}

TEST_CASE_FIXTURE(House, "for delivery every MX is the receiver") {
  for (const char* name : {"gmail.com", "demo.sandbox.example", "absent.sandbox.example"}) {
    CHECK(texts(ask(sandbox->delivery_resolver(), name, kMx)) ==
          std::vector<std::string>{"10 receiver.sandbox.example."});
    CHECK(texts(ask(sandbox->delivery_resolver(), name, dns::Type::a)) ==
          std::vector<std::string>{"127.0.0.1"});
    CHECK(ask(sandbox->delivery_resolver(), name, dns::Type::tlsa).status ==
          dns::Status::nodata);
  }
}

TEST_CASE_FIXTURE(House, "a domain is created, published and verified") {
  core::Context inside = make_context(sandbox->resolver(), sandbox->installation());
  core::Domains rules(inside);
  AccountId acme = make_active_account("acme");
  std::string name = "demo.sandbox.example";
  auto view = wanted(loop->run_until(rules.create(operator_actor(), acme, name)));
  auto early = wanted(loop->run_until(rules.check(operator_actor(), acme, name)));
  for (const auto& record : early.check.records)
    CHECK_MESSAGE(record.state != core::RecordState::ok, record.check);
  REQUIRE(loop->run_until(sandbox->publish(view)).has_value());
  auto verified = wanted(loop->run_until(rules.verify(operator_actor(), acme, name)));
  for (const auto& record : verified.check.records)
    CHECK_MESSAGE(record.state == core::RecordState::ok, record.check, " ", record.host, ": ",
                  record.advice);
  CHECK(verified.state == core::DomainState::verified);
  // Published twice is published once, and a restart keeps it.
  REQUIRE(loop->run_until(sandbox->publish(view)).has_value());
  open();
  CHECK(texts(ask(name, kMx)).size() == 1);
  CHECK(texts(ask(name, kTxt)).size() == 1);
}

TEST_CASE_FIXTURE(House, "what is published is served over DNS") {
  start_dns();
  REQUIRE(publish("x.sandbox.example",
                  {wish("x.sandbox.example", "MX", "10 mail.sandbox.example"),
                   wish("s._domainkey.x.sandbox.example", "TXT", std::string(400, 'k'))}));
  dns::StubResolver stub({.servers = sandbox->dns_locals()});
  CHECK(texts(ask(stub, "x.sandbox.example", kMx)) ==
        std::vector<std::string>{"10 mail.sandbox.example."});
  auto key = ask(stub, "s._domainkey.x.sandbox.example", kTxt);
  REQUIRE(key.records.size() == 1);
  CHECK(std::get<dns::Txt>(key.records[0].data).joined() == std::string(400, 'k'));
  CHECK(ask(stub, "absent.sandbox.example", kMx).status == dns::Status::nxdomain);
}

TEST_CASE_FIXTURE(House, "names outside, and the sandbox's own hosts, are not published") {
  for (const char* name :
       {"example.com", "sandbox.example.com", "evilsandbox.example", "sandbox.example.",
        "mail.sandbox.example", "spf.sandbox.example", "_dmarc.spf.sandbox.example",
        "receiver.sandbox.example", "ns.sandbox.example", ""}) {
    auto refused = publish(name, {wish("fine.sandbox.example", "TXT", "fine"),
                                  wish(name, "TXT", "v=spf1 include:spf.sandbox.example -all")});
    REQUIRE_MESSAGE(!refused.has_value(), name);
    CHECK(refused.error().reason == core::Reason::invalid_field);
  }
  CHECK(publish("example.com", {wish("example.com", "MX", "10 a")}).error().detail.find(
            "Put the records of example.com into its own DNS") != std::string::npos);
  // All or nothing.
  CHECK(ask("fine.sandbox.example", kTxt).status == dns::Status::nxdomain);
  CHECK(texts(ask("spf.sandbox.example", kTxt)) ==
        std::vector<std::string>{"\"v=spf1 ip4:127.0.0.1 -all\""});
}

TEST_CASE_FIXTURE(House, "a record that is none changes neither the zone nor its rows") {
  for (auto& [type, value] : std::vector<std::pair<std::string, std::string>>{
           {"MX", "mail"}, {"MX", "99999 mail"}, {"MX", ""}, {"A", "no address"}, {"SRV", "0 0"}}) {
    auto refused = publish("y.sandbox.example", {wish("y.sandbox.example", "TXT", "first"),
                                                 wish("y.sandbox.example", type, value)});
    CHECK_MESSAGE(!refused.has_value(), type, " ", value);
  }
  CHECK(ask("y.sandbox.example", kTxt).status == dns::Status::nxdomain);
  open();
  CHECK(ask("y.sandbox.example", kTxt).status == dns::Status::nxdomain);
}

TEST_CASE_FIXTURE(House, "several records of one name and type stand together") {
  REQUIRE(publish("z.sandbox.example", {wish("z.sandbox.example", "TXT", "one"),
                                        wish("z.sandbox.example", "TXT", "two")}));
  CHECK(ask("z.sandbox.example", kTxt).records.size() == 2);
  open();
  CHECK(ask("z.sandbox.example", kTxt).records.size() == 2);
}

TEST_CASE_FIXTURE(House, "the receiver answers as the local part says") {
  auto script = [](House& h) -> net::Task<> {
    ScriptedClient client = co_await greeted(h.receiver());
    co_await client.say("MAIL FROM:<a@demo.sandbox.example>");
    for (const char* to : {"bounce@a.example", "BOUNCE@a.example", "bounce+x@a.example"})
      CHECK((co_await client.say(fmt::format("RCPT TO:<{}>", to))).starts_with("550 5.1.1"));
    for (const char* to : {"defer@a.example", "defer+1@b.example"})
      CHECK((co_await client.say(fmt::format("RCPT TO:<{}>", to))).starts_with("451 4.7.1"));
    for (const char* to : {"bouncer@a.example", "no-defer@a.example", "u@a.example"})
      CHECK((co_await client.say(fmt::format("RCPT TO:<{}>", to))).starts_with("250"));
  };
  loop->run_until(script(*this));
}

TEST_CASE_FIXTURE(House, "slow@ is answered after five seconds") {
  auto script = [](House& h) -> net::Task<> {
    ScriptedClient client = co_await greeted(h.receiver());
    co_await client.say("MAIL FROM:<a@demo.sandbox.example>");
    auto answered = std::make_shared<MonoTime>();
    auto ask = [](House& house, ScriptedClient& c, std::shared_ptr<MonoTime> at) -> net::Task<> {
      CHECK((co_await c.say("RCPT TO:<slow@a.example>")).starts_with("250"));
      *at = house.clock.mono();
    };
    MonoTime start = h.clock.mono();
    h.loop->spawn(ask(h, client, answered));
    while (answered->micros == 0) {
      h.clock.advance(1ms);
      co_await net::sleep_until(h.clock.mono());
    }
    CHECK(*answered - start >= 5s);
  };
  loop->run_until(script(*this));
}

TEST_CASE_FIXTURE(House, "a mail is in the inbox of the account that sent it") {
  AccountId acme = make_active_account("acme");
  auto message = accept(acme, {"u@a.example"});
  std::string from =
      need(smtp::make_return_path(
          keys, {.message = message.id, .recipient = 0, .expires = clock.wall() + 24h},
          "demo.sandbox.example")) +
      "@demo.sandbox.example";
  auto script = [](House& h, std::string sender) -> net::Task<> {
    ScriptedClient client = co_await greeted(h.receiver());
    co_await client.go_secure();
    CHECK(co_await client.send_mail(sender, {"u@a.example", "v@b.example"},
                                    "Subject: hello\r\n\r\nbody") ==
          "250 2.0.0 Ok: in the sandbox inbox");
  };
  loop->run_until(script(*this, from));
  auto rows = inbox();
  REQUIRE(rows.size() == 2);
  for (const auto& row : rows) {
    CHECK(row.account_id == acme);
    CHECK(row.message_id == message.id);
    CHECK(row.mail_from == from);
    CHECK(row.helo == "client.example");
    CHECK(row.tls.starts_with("TLSv1.3 "));
    std::string text = need(store->read_content_now(row.content));
    CHECK(text.starts_with("Return-Path: <" + from + ">\r\nReceived: from client.example "));
    CHECK(text.ends_with("Subject: hello\r\n\r\nbody\r\n"));
  }
  CHECK((rows[0].rcpt_to == "v@b.example" || rows[1].rcpt_to == "v@b.example"));
}

TEST_CASE_FIXTURE(House, "a mail of nobody's is in the inbox of no account") {
  auto script = [](House& h, std::string sender) -> net::Task<> {
    ScriptedClient client = co_await greeted(h.receiver());
    CHECK((co_await client.send_mail(sender, {"u@a.example"}, "x")).starts_with("250"));
  };
  smtp::ReturnPath path{.message = MessageId(77), .recipient = 0, .expires = clock.wall() + 24h};
  auto gone = need(smtp::make_return_path(keys, path, "a.example"));
  for (const std::string& sender : {std::string(), std::string("a@b.example"), gone + "@a.example",
                                    gone + "@b.example"})
    loop->run_until(script(*this, sender));
  REQUIRE(inbox().size() == 4);
  for (const auto& row : inbox()) CHECK_FALSE(row.account_id);
}

TEST_CASE_FIXTURE(House, "an inbox that cannot be written asks for another try") {
  files.free = 0;
  auto script = [](House& h) -> net::Task<> {
    ScriptedClient client = co_await greeted(h.receiver());
    std::string got = co_await client.send_mail("a@b.example", {"u@a.example"}, "x");
    CHECK(got.starts_with("451 4.3.0"));
  };
  loop->run_until(script(*this));
  CHECK(inbox().empty());
}

TEST_CASE_FIXTURE(House, "a sandbox that stops tells its clients") {
  auto script = [](House& h) -> net::Task<> {
    ScriptedClient client = co_await greeted(h.receiver());
    h.sandbox->stop();
    CHECK((co_await client.reply()).starts_with("421 4.3.2"));
  };
  loop->run_until(script(*this));
}
