#include "smtpd/relay.h"

#include <doctest/doctest.h>

#include "smtpd/doors_fixture_test.h"

using namespace ph;
using namespace ph::smtpd_test;

TEST_CASE_FIXTURE(Doors, "a trusted client's mail is taken for the account") {
  auto script = [](Doors& d) -> net::Task<std::string> {
    ScriptedClient client = co_await Doors::greeted(d.relay().locals()[0]);
    co_return co_await client.send_mail("whoever@elsewhere.example", {"u@dest.example"},
                                        d.mail_from("any@acme.example"));
  };
  std::string got = loop->run_until(script(*this));
  CHECK(got.starts_with("250 2.0.0 Ok: queued as "));
  auto rows = accepted(acme);
  REQUIRE(rows.size() == 1);
  CHECK(rows[0].door == store::Door::relay);
  CHECK(stored(rows[0]).starts_with("Received: from client.example ([127.0.0.1])\r\n"
                                    "\tby mx.house.example with ESMTP;\r\n"));
}

TEST_CASE_FIXTURE(Doors, "the relay offers STARTTLS and no AUTH") {
  auto script = [](Doors& d) -> net::Task<> {
    ScriptedClient client = co_await ScriptedClient::connect(d.relay().locals()[0]);
    co_await client.reply();
    std::string offers = co_await client.say("EHLO client.example");
    CHECK(offers.find("STARTTLS") != std::string::npos);
    CHECK(offers.find("AUTH") == std::string::npos);
    co_await client.go_secure();
    CHECK((co_await client.say(Doors::plain(kNews, kPassword))).starts_with("502"));
    CHECK((co_await client.send_mail("a@b.example", {"u@dest.example"},
                                     d.mail_from("any@acme.example")))
              .starts_with("250"));
  };
  loop->run_until(script(*this));
  REQUIRE(accepted(acme).size() == 1);
  CHECK(stored(accepted(acme)[0]).find("with ESMTPS;") != std::string::npos);
}

TEST_CASE_FIXTURE(Doors, "another client is refused in the greeting") {
  auto door = start_relay("192.0.2.0/24", "acme");
  auto script = [](Endpoint at) -> net::Task<> {
    ScriptedClient client = co_await ScriptedClient::connect(at);
    CHECK((co_await client.reply()).starts_with("554 5.7.1"));
    CHECK(co_await client.say("EHLO client.example") == "");
  };
  loop->run_until(script(door->locals()[0]));
}

TEST_CASE_FIXTURE(Doors, "the account may come later, by name or by number") {
  auto door = start_relay("127.0.0.1", "late");
  auto before = [](Doors& d, Endpoint at) -> net::Task<> {
    ScriptedClient client = co_await Doors::greeted(at);
    CHECK((co_await client.send_mail("a@b.example", {"u@dest.example"},
                                     d.mail_from("any@late.example")))
              .starts_with("451 4.3.5"));
  };
  loop->run_until(before(*this, door->locals()[0]));
  AccountId late = make_active_account("late");
  make_domain(late, "late.example", store::DomainState::verified);
  auto after = [](Doors& d, Endpoint at) -> net::Task<std::string> {
    ScriptedClient client = co_await Doors::greeted(at);
    co_return co_await client.send_mail("a@b.example", {"u@dest.example"},
                                        d.mail_from("any@late.example"));
  };
  CHECK(loop->run_until(after(*this, door->locals()[0])).starts_with("250"));
  auto numbered = start_relay("127.0.0.1", std::to_string(late.value));
  CHECK(loop->run_until(after(*this, numbered->locals()[0])).starts_with("250"));
  CHECK(accepted(late).size() == 2);
}

TEST_CASE_FIXTURE(Doors, "From is bound to the account's verified domains") {
  make_domain(acme, "pending.example", store::DomainState::pending);
  auto script = [](Doors& d, std::string from) -> net::Task<std::string> {
    ScriptedClient client = co_await Doors::greeted(d.relay().locals()[0]);
    co_return co_await client.send_mail("any@acme.example", {"u@dest.example"}, d.mail_from(from));
  };
  for (const char* from :
       {"boss@other.example", "x@pending.example", "x@sub.acme.example", "x@evil-acme.example",
        "x@nowhere.example", "\"x@acme.example\"@other.example"}) {
    std::string got = loop->run_until(script(*this, from));
    CHECK_MESSAGE(got.starts_with("550 5.7.1"), from, " -> ", got);
  }
  std::string two = loop->run_until(script(*this, "x@acme.example\r\nFrom: b@other.example"));
  CHECK(two.starts_with("554 5.6.0"));
  CHECK(accepted(acme).empty());
  CHECK(accepted(other).empty());
}
