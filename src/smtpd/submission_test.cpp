#include "smtpd/submission.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "smtpd/doors_fixture_test.h"

using namespace ph;
using namespace ph::smtpd_test;
using core_test::wanted;

namespace {

// The last reply to a whole mail of `from` with `header_from`.
net::Task<std::string> mail_as(Doors& d, std::string header_from) {
  ScriptedClient client = co_await Doors::signed_in(d);
  co_return co_await client.send_mail(kNews, {"u@dest.example"}, d.mail_from(header_from));
}

}  // namespace

TEST_CASE_FIXTURE(Doors, "a mail over STARTTLS is accepted, and 250 carries its id") {
  auto script = [](Doors& d) -> net::Task<std::string> {
    ScriptedClient client = co_await Doors::signed_in(d);
    std::string got = co_await client.send_mail(
        kNews, {"u@dest.example", "hidden@dest.example"},
        "From: News <news@acme.example>\r\nTo: u@dest.example\r\n"
        "Bcc: hidden@dest.example\r\nReturn-Path: <forged@x.example>\r\n"
        "Authentication-Results: mx.house.example; dkim=pass\r\n"
        "Subject: hello\r\n\r\nbody\r\n..dots");
    CHECK((co_await client.say("QUIT")).starts_with("221"));
    co_return got;
  };
  std::string reply = loop->run_until(script(*this));
  CHECK(reply.starts_with("250 2.0.0 Ok: queued as "));
  auto rows = accepted(acme);
  REQUIRE(rows.size() == 1);
  CHECK(id_of(reply) == format_id(rows[0].id.value));
  CHECK(rows[0].door == store::Door::smtp);
  CHECK(rows[0].recipient_count == 2);
  std::string text = stored(rows[0]);
  CHECK(text.starts_with("Received: by mx.house.example with ESMTPSA;\r\n"));
  CHECK(text.find("127.0.0.1") == std::string::npos);
  CHECK(text.find("client.example") == std::string::npos);
  CHECK(text.find("hidden") == std::string::npos);
  CHECK(text.find("forged") == std::string::npos);
  CHECK(text.find("Authentication-Results") == std::string::npos);
  CHECK(text.find("\r\nDate: ") != std::string::npos);
  CHECK(text.find("\r\nMessage-ID: <" + id_of(reply) + "@acme.example>") != std::string::npos);
  CHECK(text.ends_with("\r\n\r\nbody\r\n.dots\r\n"));
}

TEST_CASE_FIXTURE(Doors, "implicit TLS with AUTH LOGIN, BDAT and several mails in one session") {
  auto script = [](Doors& d) -> net::Task<> {
    ScriptedClient client = co_await ScriptedClient::connect(d.submission().tls_locals()[0]);
    CHECK(co_await client.shake());
    CHECK((co_await client.reply()).starts_with("220 mx.house.example"));
    std::string offers = co_await client.say("EHLO client.example");
    for (const char* word : {"AUTH PLAIN LOGIN", "SIZE ", "PIPELINING", "8BITMIME", "SMTPUTF8",
                             "ENHANCEDSTATUSCODES", "CHUNKING"})
      CHECK_MESSAGE(offers.find(word) != std::string::npos, word);
    CHECK(offers.find("STARTTLS") == std::string::npos);
    CHECK(co_await client.say("AUTH LOGIN " + base64_encode(kNews)) == "334 UGFzc3dvcmQ6");
    CHECK((co_await client.say(base64_encode(kPassword))).starts_with("235"));
    CHECK((co_await client.say(Doors::plain(kNews, kPassword))).starts_with("503"));
    std::string content = d.mail_from(kNews) + "\r\n";
    for (int i = 0; i < 2; ++i) {
      co_await client.send(fmt::format("MAIL FROM:<{}> SIZE={}\r\nRCPT TO:<u@dest.example>\r\n"
                                       "BDAT {} LAST\r\n{}",
                                       kNews, content.size(), content.size(), content));
      CHECK((co_await client.reply()).starts_with("250"));
      CHECK((co_await client.reply()).starts_with("250"));
      CHECK((co_await client.reply()).starts_with("250 2.0.0 Ok: queued as "));
    }
    CHECK((co_await client.send_mail("", {"u@dest.example"}, content)).starts_with("250"));
  };
  loop->run_until(script(*this));
  CHECK(accepted(acme).size() == 3);
}

TEST_CASE_FIXTURE(Doors, "AUTH is neither offered nor taken before TLS, nor MAIL before AUTH") {
  auto script = [](Doors& d) -> net::Task<> {
    ScriptedClient client = co_await ScriptedClient::connect(d.submission().locals()[0]);
    co_await client.reply();
    std::string offers = co_await client.say("EHLO client.example");
    CHECK(offers.find("AUTH") == std::string::npos);
    CHECK(offers.find("STARTTLS") != std::string::npos);
    CHECK((co_await client.say(Doors::plain(kNews, kPassword))).starts_with("538 5.7.11"));
    CHECK((co_await client.say("AUTH LOGIN")).starts_with("538 5.7.11"));
    CHECK((co_await client.say("MAIL FROM:<news@acme.example>")).starts_with("530 5.7.0"));
    offers = co_await client.go_secure();
    CHECK(offers.find("AUTH PLAIN LOGIN") != std::string::npos);
    CHECK((co_await client.say("MAIL FROM:<news@acme.example>")).starts_with("530 5.7.0"));
  };
  loop->run_until(script(*this));
  CHECK(accepted(acme).empty());
}

TEST_CASE_FIXTURE(Doors, "wrong sign-ins are refused, three end the session") {
  auto script = [](Doors& d) -> net::Task<> {
    const std::string table[] = {
        Doors::plain(kNews, "Wr0ngpass12"),
        Doors::plain("nobody@acme.example", kPassword),
        Doors::plain("boss@other.example", kPassword),
        Doors::plain("not an address", kPassword),
        Doors::plain(kNews, ""),
        Doors::plain("' OR 1=1 --@acme.example", kPassword),
        "AUTH PLAIN not-base64",
        // Signed in as one, acting as another (RFC 4616).
        "AUTH PLAIN " + base64_encode(std::string("boss@other.example\0news@acme.example\0"
                                                  "Passw0rd12", 47)),
    };
    for (const std::string& line : table) {
      CAPTURE(line);
      ScriptedClient client = co_await ScriptedClient::connect(d.submission().locals()[0]);
      co_await client.reply();
      co_await client.go_secure();
      std::string first = co_await client.say(line);
      CHECK((first.starts_with("535 5.7.8") || first.starts_with("501")));
      CHECK((co_await client.say("MAIL FROM:<news@acme.example>")).starts_with("530"));
    }
    ScriptedClient client = co_await ScriptedClient::connect(d.submission().locals()[0]);
    co_await client.reply();
    co_await client.go_secure();
    CHECK((co_await client.say("AUTH PLAIN =")).starts_with("501"));
    CHECK((co_await client.say("AUTH PLAIN =")).starts_with("501"));
    CHECK((co_await client.say("AUTH PLAIN =")).starts_with("421"));
    CHECK(co_await client.reply() == "");
  };
  loop->run_until(script(*this));
}

TEST_CASE_FIXTURE(Doors, "a client that guesses is throttled before anything is hashed") {
  auto script = [](Doors& d) -> net::Task<> {
    for (unsigned i = 0; i <= limits::kLoginFailures; ++i) {
      ScriptedClient client = co_await ScriptedClient::connect(d.submission().locals()[0]);
      co_await client.reply();
      co_await client.go_secure();
      std::string got = co_await client.say(Doors::plain("nobody@acme.example", kPassword));
      CHECK(got.starts_with(i < limits::kLoginFailures ? "535 5.7.8" : "454 4.7.0"));
    }
    // The right password meets the throttle as well: nothing tells that it was right.
    ScriptedClient client = co_await ScriptedClient::connect(d.submission().locals()[0]);
    co_await client.reply();
    co_await client.go_secure();
    CHECK((co_await client.say(Doors::plain(kNews, kPassword))).starts_with("454 4.7.0"));
    d.clock.advance(limits::kLoginFailureWindow + std::chrono::seconds(1));
  };
  loop->run_until(script(*this));
  auto later = [](Doors& d) -> net::Task<> { co_await Doors::signed_in(d); };
  loop->run_until(later(*this));
}

TEST_CASE_FIXTURE(Doors, "the envelope sender is the address that signed in, or nobody") {
  auto script = [](Doors& d) -> net::Task<> {
    ScriptedClient client = co_await Doors::signed_in(d);
    for (const char* sender :
         {"boss@other.example", "else@acme.example", "news@sub.acme.example", "News@acme.example",
          "news@acme.example.evil.example", "news@evil-acme.example", "news@acme",
          "\"news@acme.example\"@other.example", "news@[127.0.0.1]"}) {
      std::string got = co_await client.say(fmt::format("MAIL FROM:<{}>", sender));
      CHECK_MESSAGE(got.starts_with("553 5.7.1"), sender, " -> ", got);
    }
    for (const char* sender : {"news@acme.example", "news@ACME.example", "\"news\"@acme.example",
                               ""}) {
      std::string got = co_await client.say(fmt::format("MAIL FROM:<{}>", sender));
      CHECK_MESSAGE(got.starts_with("250"), sender, " -> ", got);
      co_await client.say("RSET");
    }
  };
  loop->run_until(script(*this));
}

TEST_CASE_FIXTURE(Doors, "From must be the one address that signed in, however it is written") {
  const std::string table[] = {
      "boss@other.example",
      "else@acme.example",
      "news@acme.example\r\nFrom: boss@other.example",
      "boss@other.example\r\nFrom: news@acme.example",
      "news@acme.example, boss@other.example",
      "boss@other.example, news@acme.example",
      "group: news@acme.example;",
      "Boss <boss@other.example> (news@acme.example)",
      "\"news@acme.example\" <boss@other.example>",
      "news@acme.example <boss@other.example>",
      "=?utf-8?q?news=40acme.example?= <boss@other.example>",
      "=?utf-8?q?news=40acme=2Eexample?=",
      "news@acme.example.",
      "news@sub.acme.example",
      "news@evil-acme.example",
      "news@acme.example.evil.example",
      "\"news@acme.example\"@other.example",
      "<@acme.example:boss@other.example>",
      "news@acme.example\r\nSender: boss@other.example",
      "",
      "undisclosed",
      "news@acme.example\r\nfrom : boss@other.example",
  };
  for (const std::string& from : table) {
    std::string got = loop->run_until(mail_as(*this, from));
    CHECK_MESSAGE(got.starts_with("55"), from, " -> ", got);
  }
  CHECK(accepted(acme).empty());
  CHECK(accepted(other).empty());
}

TEST_CASE_FIXTURE(Doors, "two From fields are 554 5.6.0, another's address 550 5.7.1") {
  CHECK(loop->run_until(mail_as(*this, "news@acme.example\r\nFrom: news@acme.example"))
            .starts_with("554 5.6.0"));
  CHECK(loop->run_until(mail_as(*this, "boss@other.example")).starts_with("550 5.7.1"));
}

TEST_CASE_FIXTURE(Doors, "8-bit content is re-encoded before it is stored") {
  auto script = [](Doors& d) -> net::Task<> {
    ScriptedClient client = co_await Doors::signed_in(d);
    co_await client.say("MAIL FROM:<news@acme.example> BODY=8BITMIME");
    co_await client.say("RCPT TO:<u@dest.example>");
    co_await client.say("DATA");
    std::string got = co_await client.say(
        "From: news@acme.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        "Gr\xc3\xbc\xc3\x9f"
        "e\r\n.");
    CHECK(got.starts_with("250"));
  };
  loop->run_until(script(*this));
  auto rows = accepted(acme);
  REQUIRE(rows.size() == 1);
  std::string text = stored(rows[0]);
  CHECK(is_ascii(text));
  CHECK(text.find(base64_encode("Gr\xc3\xbc\xc3\x9f" "e\r\n")) != std::string::npos);
}

TEST_CASE_FIXTURE(Doors, "an international domain signs in and sends under either form") {
  make_domain(acme, "xn--bcher-kva.example", store::DomainState::verified);
  make_address(acme, "news@xn--bcher-kva.example", "Passw0rd34");
  auto script = [](Doors& d) -> net::Task<> {
    ScriptedClient client = co_await ScriptedClient::connect(d.submission().locals()[0]);
    co_await client.reply();
    co_await client.go_secure();
    CHECK((co_await client.say(Doors::plain("news@b\xc3\xbc"
                                            "cher.example",
                                            "Passw0rd34")))
              .starts_with("235"));
    CHECK((co_await client.say("MAIL FROM:<news@xn--bcher-kva.example>")).starts_with("250"));
    co_await client.say("RSET");
    CHECK((co_await client.say("MAIL FROM:<news@b\xc3\xbc"
                               "cher.example> SMTPUTF8"))
              .starts_with("250"));
  };
  loop->run_until(script(*this));
}

TEST_CASE_FIXTURE(Doors, "a disk without room is 452, a disk that fails 451, never 250") {
  files.free = 0;
  CHECK(loop->run_until(mail_as(*this, kNews)).starts_with("452 4.3.1"));
  files.free = 1ULL << 40;
  CHECK(loop->run_until(mail_as(*this, kNews)).starts_with("250"));
  files.fail_sync = true;
  CHECK(loop->run_until(mail_as(*this, kNews)).starts_with("451 4.3.0"));
  CHECK(accepted(acme).size() == 1);
}

TEST_CASE_FIXTURE(Doors, "limits and states of the account are temporary or final as they are") {
  auto state = [&](store::AccountState to) {
    need(write([&](store::Tx& tx) {
      return store::set_account_state(tx.sql(), acme, to, tx.now());
    }));
  };
  state(store::AccountState::suspended);
  CHECK(loop->run_until(mail_as(*this, kNews)).starts_with("550 5.7.1"));
  state(store::AccountState::active);
  wanted(loop->run_until(
      accounts.set_limits(operator_actor(), acme, {{"daily_per_domain", 1}})));
  CHECK(loop->run_until(mail_as(*this, kNews)).starts_with("250"));
  CHECK(loop->run_until(mail_as(*this, kNews)).starts_with("451 4.7.1"));
}

TEST_CASE_FIXTURE(Doors, "recipients that are none are refused, and a mail without any") {
  auto script = [](Doors& d) -> net::Task<> {
    ScriptedClient client = co_await Doors::signed_in(d);
    co_await client.say("MAIL FROM:<news@acme.example>");
    for (const char* path :
         {"<>", "<Postmaster>", "<u>", "<@a.example:u@dest.example>", "<u@dest.example", "u@",
          "<u@dest.example>x", "<u@dest.example> NOTIFY=NEVER", "<u@d\xc3\xa9st.example>",
          "<\"a<b>c\"@dest.example>", "<u@dest_.example>", "<u@-dest.example>",
          "<\"foo@psres.net> ORCPT=admin@admin.com\"@dest.example>", "<u@good.com(x)evil.com>"}) {
      std::string got = co_await client.say(std::string("RCPT TO:") + path);
      CHECK_MESSAGE(got.starts_with("5"), path, " -> ", got);
    }
    CHECK((co_await client.say("DATA")).starts_with("554 5.5.1"));
  };
  loop->run_until(script(*this));
  CHECK(accepted(acme).empty());
}

TEST_CASE_FIXTURE(Doors, "a recipient to whom nothing can be delivered is refused alone") {
  auto script = [](Doors& d, Endpoint at, bool sign_in) -> net::Task<> {
    ScriptedClient client = sign_in ? co_await Doors::signed_in(d) : co_await Doors::greeted(at);
    co_await client.say("MAIL FROM:<news@acme.example> SMTPUTF8");
    for (const char* address :
         {"x@1.2.3.4", "x@b.123", "x@xn--a.com", "x@\u2603.net", "x@a\u200bb.com", "x@0.1"}) {
      std::string got = co_await client.say(fmt::format("RCPT TO:<{}>", address));
      CHECK_MESSAGE(got.starts_with("553 5.1.3"), address, " -> ", got);
    }
    for (const char* address : {"u@dest.example", "u@b\u00fccher.example", "u@[192.0.2.1]"}) {
      std::string got = co_await client.say(fmt::format("RCPT TO:<{}>", address));
      CHECK_MESSAGE(got.starts_with("250"), address, " -> ", got);
    }
    CHECK((co_await client.say("DATA")).starts_with("354"));
    CHECK((co_await client.say(d.mail_from(kNews) + "\r\n.")).starts_with("250"));
  };
  loop->run_until(script(*this, relay().locals()[0], false));
  loop->run_until(script(*this, {}, true));
  auto rows = accepted(acme);
  REQUIRE(rows.size() == 2);
  for (const auto& row : rows) CHECK(row.recipient_count == 3);
}

TEST_CASE_FIXTURE(Doors, "a hundred wrong recipients leave a known client's session open") {
  auto script = [](Doors& d, Endpoint at, bool sign_in) -> net::Task<> {
    ScriptedClient client = sign_in ? co_await Doors::signed_in(d) : co_await Doors::greeted(at);
    co_await client.say("MAIL FROM:<news@acme.example>");
    for (int i = 0; i < 100; ++i)
      CHECK((co_await client.say("RCPT TO:<u@dest..example>")).starts_with("501 5.1.3"));
    CHECK((co_await client.say("RCPT TO:<u@dest.example>")).starts_with("250"));
  };
  loop->run_until(script(*this, relay().locals()[0], false));
  loop->run_until(script(*this, {}, true));
}

TEST_CASE_FIXTURE(Doors, "what needs SMTPUTF8 is sent without, or refused at once") {
  auto script = [](Doors& d, std::string parameter,
                   std::string content) -> net::Task<std::string> {
    ScriptedClient client = co_await Doors::signed_in(d);
    co_await client.say("MAIL FROM:<news@acme.example>" + parameter);
    co_await client.say("RCPT TO:<u@dest.example>");
    co_await client.say("DATA");
    co_return co_await client.say(content + "\r\n.");
  };
  std::string from = "From: news@acme.example\r\n";
  auto send = [&](std::string parameter, std::string content) {
    return loop->run_until(script(*this, std::move(parameter), std::move(content)));
  };
  auto last = [&] {
    auto rows = accepted(acme);
    REQUIRE_FALSE(rows.empty());
    return stored(rows.front());
  };
  CHECK(send("", from + "To: a@b\u00fccher.example\r\n\r\nx").starts_with("250"));
  CHECK(is_ascii(last()));
  CHECK(last().contains("To: a@xn--bcher-kva.example\r\n"));
  std::string local = from + "To: j\u00fcrg@b\u00fccher.example\r\n\r\nx";
  CHECK(send("", local).starts_with("553 5.6.7"));
  CHECK(send(" SMTPUTF8", local).starts_with("250"));
  std::string part = from + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
                            "Content-ID: <\u00fc>\r\n\r\nx\r\n--b--";
  CHECK(send("", part).starts_with("553 5.6.7"));
  for (const char* parameter : {"", " SMTPUTF8"}) {
    CHECK(send(parameter, "From: news@\uff41cme.example\r\n\r\nx").starts_with("250"));
    CHECK(is_ascii(last()));
    CHECK(last().contains("From: news@acme.example\r\n"));
  }
  CHECK(send("", "From : news@acme.example\r\nSubject : s\r\n\r\nx").starts_with("250"));
  CHECK(last().contains("From: news@acme.example\r\nSubject: s\r\n"));
}

TEST_CASE_FIXTURE(Doors, "a message that is none is refused") {
  const std::string table[] = {
      "",
      "no header",
      "From news@acme.example\r\nFrom: news@acme.example\r\n\r\nx",
      "From: news@acme.example\r\nSubject: a\r\nSubject: b\r\n\r\nx",
      "From: news@acme.example\r\nS\xff: a\r\n\r\nx",
      "Subject: x\r\n\r\nFrom: news@acme.example\r\n",
  };
  for (const std::string& content : table) {
    auto script = [](Doors& d, std::string text) -> net::Task<std::string> {
      ScriptedClient client = co_await Doors::signed_in(d);
      co_return co_await client.send_mail(kNews, {"u@dest.example"}, text);
    };
    std::string got = loop->run_until(script(*this, content));
    CHECK_MESSAGE(got.starts_with("554 5.6.0"), content, " -> ", got);
  }
  std::string looped;
  for (size_t i = 0; i <= limits::kReceivedFields; ++i) looped += "Received: by a.example; x\r\n";
  auto script = [](Doors& d, std::string text) -> net::Task<std::string> {
    ScriptedClient client = co_await Doors::signed_in(d);
    co_return co_await client.send_mail(kNews, {"u@dest.example"}, text + d.mail_from(kNews));
  };
  CHECK(loop->run_until(script(*this, looped)).starts_with("554 5.4.6"));
  CHECK(accepted(acme).empty());
}

TEST_CASE_FIXTURE(Doors, "a door that stops tells its clients and is drained") {
  auto script = [](Doors& d) -> net::Task<> {
    ScriptedClient client = co_await Doors::signed_in(d);
    d.submission().stop();
    CHECK((co_await client.reply()).starts_with("421 4.3.2"));
    CHECK(co_await client.reply() == "");
    auto drained = std::make_shared<bool>(false);
    auto wait = [](Doors& doors, std::shared_ptr<bool> out) -> net::Task<> {
      *out = co_await doors.submission().drained(Deadline::never());
    };
    d.loop->spawn(wait(d, drained));
    while (!*drained) {
      d.clock.advance(limits::kSmtpDrainLook);
      co_await net::sleep_until(d.clock.mono());
    }
  };
  loop->run_until(script(*this));
}
