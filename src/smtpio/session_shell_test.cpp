#include "smtpio/session_shell.h"

#include <doctest/doctest.h>

#include <array>

#include "net/listener.h"
#include "smtpio/scripted_client_test.h"

using namespace ph;
using namespace ph::smtpio;
using namespace std::chrono_literals;
using smtpio_test::ScriptedClient;
using smtpio_test::server_tls;

namespace {

// A server that takes everything and writes it down, on simulated time.
struct Server {
  FakeClock clock;
  std::unique_ptr<net::Loop> loop = net::Loop::simulated(clock);
  std::shared_ptr<SessionGroup> group = SessionGroup::make();
  smtp::ServerOptions session{.hostname = "mx.example"};
  Answer greeting;
  Duration command_wait = limits::kSmtpCommandWait;
  std::vector<std::string> messages;
  std::vector<std::string> hellos;
  bool ended = false;

  Handler handler() {
    Handler out;
    out.authenticate = [](const Client&, smtp::Authenticate given) -> net::Task<Answer> {
      if (given.password == "right") co_return Answer{};
      co_return smtp::auth_refused();
    };
    out.mail = [](const Client&, const mime::SmtpPath&,
                  const smtp::MailParameters&) -> net::Task<Answer> { co_return Answer{}; };
    out.rcpt = [](const Client&, const Envelope&, const mime::SmtpPath&) -> net::Task<Answer> {
      co_return Answer{};
    };
    out.message = [this](const Client& client, Envelope envelope, std::string content) {
      CHECK_FALSE(envelope.recipients.empty());
      return take(client, std::move(content));
    };
    return out;
  }
  net::Task<Taken> take(const Client& client, std::string content) {
    hellos.push_back(client.hello + " " + client.protocol);
    messages.push_back(std::move(content));
    co_return Taken{.refused = {}, .text = "Ok: taken"};
  }

  ScriptedClient connect() {
    auto [here, there] = net::stream_pair();
    ShellOptions options{.session = session, .tls = server_tls(), .greeting = greeting,
                         .command_wait = command_wait, .group = group};
    auto serve = [](Server& s, std::unique_ptr<net::Stream> stream,
                    ShellOptions o) -> net::Task<> {
      co_await run_session(std::move(stream), std::move(o), s.handler());
      s.ended = true;
    };
    loop->spawn(serve(*this, std::move(here), std::move(options)));
    return ScriptedClient(std::move(there));
  }
  Duration since(MonoTime start) { return clock.mono() - start; }
};

net::Task<std::string> start_content(ScriptedClient& client) {
  co_await client.reply();
  co_await client.say("EHLO c.example");
  co_await client.say("MAIL FROM:<a@c.example>");
  co_await client.say("RCPT TO:<b@mx.example>");
  co_return co_await client.say("DATA");
}

// One octet each `pause` until the server says something; what that is.
net::Task<> drip(std::shared_ptr<bool> stop, ScriptedClient& client, std::string octet,
                 Duration pause) {
  while (!*stop) {
    co_await client.send(octet);
    co_await net::sleep_for(pause);
  }
}

net::Task<std::string> last_reply_of_drip(ScriptedClient& client, std::string octet,
                                          Duration pause) {
  auto stop = std::make_shared<bool>(false);
  net::Loop::current()->spawn(drip(stop, client, std::move(octet), pause));
  std::string got = co_await client.reply();
  *stop = true;
  co_await net::sleep_for(pause);
  co_return got;
}

}  // namespace

TEST_CASE_FIXTURE(Server, "a session takes a message and says what the handler says") {
  auto script = [](Server& s) -> net::Task<> {
    ScriptedClient client = s.connect();
    CHECK(co_await client.reply() == "220 mx.example ESMTP Posthouse");
    co_await client.say("EHLO c.example");
    CHECK(co_await client.send_mail("a@c.example", {"b@mx.example"}, "Subject: x\r\n\r\n..dot") ==
          "250 2.0.0 Ok: taken");
    CHECK((co_await client.say("QUIT")).starts_with("221"));
    CHECK(co_await client.reply() == "");
  };
  loop->run_until(script(*this));
  CHECK(messages == std::vector<std::string>{"Subject: x\r\n\r\n.dot\r\n"});
  CHECK(hellos == std::vector<std::string>{"c.example ESMTP"});
}

TEST_CASE_FIXTURE(Server, "a greeting that refuses is the whole session") {
  greeting = smtp::Reply(smtp::kFailed, {5, 7, 1}, "Not you");
  auto script = [](Server& s) -> net::Task<> {
    ScriptedClient client = s.connect();
    CHECK(co_await client.reply() == "554 5.7.1 Not you");
    CHECK(co_await client.say("EHLO c.example") == "");
  };
  loop->run_until(script(*this));
}

TEST_CASE_FIXTURE(Server, "a client that says nothing is let go after five minutes") {
  auto script = [](Server& s) -> net::Task<> {
    ScriptedClient client = s.connect();
    co_await client.reply();
    MonoTime start = s.clock.mono();
    CHECK(co_await client.reply() == "421 4.4.2 Time is up, closing");
    CHECK(s.since(start) == limits::kSmtpCommandWait);
  };
  loop->run_until(script(*this));
}

TEST_CASE_FIXTURE(Server, "a command that trickles is one wait") {
  auto script = [](Server& s) -> net::Task<> {
    ScriptedClient client = s.connect();
    co_await client.reply();
    MonoTime start = s.clock.mono();
    CHECK(co_await last_reply_of_drip(client, "N", 10s) == "421 4.4.2 Time is up, closing");
    CHECK(s.since(start) <= limits::kSmtpCommandWait + 20s);
  };
  loop->run_until(script(*this));
}

TEST_CASE_FIXTURE(Server, "before AUTH there are two minutes, whatever is said") {
  session.auth = smtp::ServerAuth::required;
  for (smtp::ServerTls tls : {smtp::ServerTls::required, smtp::ServerTls::implicit}) {
    session.tls = tls;
    auto script = [](Server& s) -> net::Task<> {
      ScriptedClient client = s.connect();
      MonoTime start = s.clock.mono();
      if (s.session.tls == smtp::ServerTls::implicit) CHECK(co_await client.shake());
      co_await client.reply();
      std::string got;
      while (!got.starts_with("421")) {
        got = co_await client.say("NOOP");
        if (got.empty()) break;
        if (got.starts_with("250")) co_await net::sleep_for(25s);
      }
      CHECK(got == "421 4.4.2 Time is up, closing");
      CHECK(s.since(start) <= limits::kSmtpPreAuth + 25s);
    };
    loop->run_until(script(*this));
  }
}

TEST_CASE_FIXTURE(Server, "an AUTH that trickles ends within the two minutes") {
  session.auth = smtp::ServerAuth::required;
  session.tls = smtp::ServerTls::implicit;
  auto script = [](Server& s) -> net::Task<> {
    ScriptedClient client = s.connect();
    MonoTime start = s.clock.mono();
    CHECK(co_await client.shake());
    co_await client.reply();
    co_await client.say("EHLO c.example");
    CHECK(co_await client.say("AUTH LOGIN") == "334 VXNlcm5hbWU6");
    CHECK(co_await last_reply_of_drip(client, "A", 10s) == "421 4.4.2 Time is up, closing");
    CHECK(s.since(start) <= limits::kSmtpPreAuth + 20s);
  };
  loop->run_until(script(*this));
}

TEST_CASE_FIXTURE(Server, "before AUTH a command has one minute, after it five") {
  session.auth = smtp::ServerAuth::required;
  session.tls = smtp::ServerTls::implicit;
  auto script = [](Server& s) -> net::Task<> {
    ScriptedClient client = s.connect();
    CHECK(co_await client.shake());
    co_await client.reply();
    MonoTime start = s.clock.mono();
    CHECK(co_await client.reply() == "421 4.4.2 Time is up, closing");
    CHECK(s.since(start) == limits::kSmtpStrangerWait);

    ScriptedClient known = s.connect();
    CHECK(co_await known.shake());
    co_await known.reply();
    co_await known.say("EHLO c.example");
    CHECK((co_await known.say("AUTH PLAIN AHUAcmlnaHQ=")).starts_with("235"));
    start = s.clock.mono();
    CHECK(co_await known.reply() == "421 4.4.2 Time is up, closing");
    CHECK(s.since(start) == limits::kSmtpCommandWait);
  };
  loop->run_until(script(*this));
}

TEST_CASE_FIXTURE(Server, "a door may give its clients less time for a command") {
  command_wait = limits::kSmtpStrangerWait;
  auto script = [](Server& s) -> net::Task<> {
    ScriptedClient client = s.connect();
    co_await client.reply();
    MonoTime start = s.clock.mono();
    CHECK(co_await last_reply_of_drip(client, "N", 10s) == "421 4.4.2 Time is up, closing");
    CHECK(s.since(start) <= limits::kSmtpStrangerWait + 20s);
  };
  loop->run_until(script(*this));
}

TEST_CASE_FIXTURE(Server, "a TLS handshake that never begins ends after thirty seconds") {
  session.tls = smtp::ServerTls::implicit;
  auto script = [](Server& s) -> net::Task<> {
    ScriptedClient client = s.connect();
    MonoTime start = s.clock.mono();
    CHECK(co_await client.reply() == "");
    CHECK(s.since(start) == limits::kTlsWait);
  };
  loop->run_until(script(*this));
}

TEST_CASE_FIXTURE(Server, "plain garbage in the place of a handshake ends the session") {
  session.tls = smtp::ServerTls::offered;
  auto script = [](Server& s) -> net::Task<> {
    ScriptedClient client = s.connect();
    co_await client.reply();
    co_await client.say("EHLO c.example");
    CHECK((co_await client.say("STARTTLS")).starts_with("220"));
    co_await client.send("EHLO c.example\r\nMAIL FROM:<a@b.example>\r\n");
    CHECK((co_await client.reply()).find("250") == std::string::npos);
  };
  loop->run_until(script(*this));
  CHECK(messages.empty());
}

TEST_CASE_FIXTURE(Server, "content keeps a pace, by DATA and by BDAT") {
  const std::array<std::string, 3> octets{"x", "BDAT 1\r\nx", ".\r\n"};
  for (const std::string& octet : octets) {
    CAPTURE(octet);
    auto script = [](Server& s, std::string piece) -> net::Task<> {
      ScriptedClient client = s.connect();
      if (!piece.starts_with("BDAT")) {
        CHECK((co_await start_content(client)).starts_with("354"));
        if (piece == ".\r\n") piece = "..\r\n";
      } else {
        co_await client.reply();
        co_await client.say("EHLO c.example");
        co_await client.say("MAIL FROM:<a@c.example>");
        co_await client.say("RCPT TO:<b@mx.example>");
      }
      MonoTime start = s.clock.mono();
      auto stop = std::make_shared<bool>(false);
      net::Loop::current()->spawn(drip(stop, client, piece, 10s));
      std::string got = "250";
      while (got.starts_with("250")) got = co_await client.reply();
      *stop = true;
      CHECK(got == "421 4.4.2 Time is up, closing");
      CHECK(s.since(start) < limits::kSmtpDataWait + 60s);
      co_await net::sleep_for(20s);
    };
    loop->run_until(script(*this, octet));
  }
  CHECK(messages.empty());
}

TEST_CASE_FIXTURE(Server, "refused content keeps a pace as well") {
  auto script = [](Server& s) -> net::Task<> {
    ScriptedClient client = s.connect();
    co_await start_content(client);
    co_await client.send("bare\nline feed");
    MonoTime start = s.clock.mono();
    CHECK(co_await last_reply_of_drip(client, "x", 10s) == "421 4.4.2 Time is up, closing");
    CHECK(s.since(start) < 2 * limits::kSmtpDataWait + 60s);
  };
  loop->run_until(script(*this));
  CHECK(messages.empty());
}

TEST_CASE_FIXTURE(Server, "a slow client that keeps its pace is served, up to half an hour") {
  auto script = [](Server& s, int seconds) -> net::Task<std::string> {
    ScriptedClient client = s.connect();
    co_await start_content(client);
    for (int i = 0; i < seconds / 10; ++i) {
      co_await client.send(std::string(9998, 'x') + "\r\n");
      co_await net::sleep_for(10s);
    }
    co_return co_await client.say(".");
  };
  CHECK(loop->run_until(script(*this, 1500)) == "250 2.0.0 Ok: taken");
  CHECK(loop->run_until(script(*this, 1900)) == "421 4.4.2 Time is up, closing");
  CHECK(messages.size() == 1);
}

TEST_CASE_FIXTURE(Server, "a session without a message ends after an hour of talk") {
  auto script = [](Server& s) -> net::Task<> {
    ScriptedClient client = s.connect();
    co_await client.reply();
    MonoTime start = s.clock.mono();
    std::string got = "250";
    while (got.starts_with("250")) {
      co_await net::sleep_for(4min);
      got = co_await client.say("NOOP");
    }
    CHECK(got == "421 4.4.2 Time is up, closing");
    CHECK(s.since(start) <= limits::kSmtpNoMessage + 4min);
  };
  loop->run_until(script(*this));
}

TEST_CASE_FIXTURE(Server, "content beyond the memory of the group is answered 452, and read") {
  group = SessionGroup::make(1000);
  auto script = [](Server& s) -> net::Task<> {
    ScriptedClient big = s.connect();
    ScriptedClient small = s.connect();
    co_await big.reply();
    co_await big.say("EHLO c.example");
    std::string lines;
    for (int i = 0; i < 50; ++i) lines += std::string(38, 'x') + "\r\n";
    CHECK(co_await big.send_mail("a@c.example", {"b@mx.example"}, lines) ==
          "452 4.3.1 Too much mail at once, try again later");
    CHECK(s.group->content_bytes() == 0);
    CHECK(co_await big.send_mail("a@c.example", {"b@mx.example"}, "small") ==
          "250 2.0.0 Ok: taken");
    // Two that fit one by one, and not together.
    co_await big.say("MAIL FROM:<a@c.example>");
    co_await big.say("RCPT TO:<b@mx.example>");
    co_await big.send("BDAT 600\r\n" + lines.substr(0, 600));
    CHECK(co_await big.reply() == "250 2.0.0 600 octets received");
    co_await small.reply();
    co_await small.say("EHLO c.example");
    CHECK((co_await small.send_mail("a@c.example", {"b@mx.example"}, lines.substr(0, 600)))
              .starts_with("452 4.3.1"));
    CHECK(co_await big.say("BDAT 0 LAST") == "250 2.0.0 Ok: taken");
    CHECK(co_await small.send_mail("a@c.example", {"b@mx.example"}, lines.substr(0, 600)) ==
          "250 2.0.0 Ok: taken");
  };
  loop->run_until(script(*this));
  CHECK(messages.size() == 3);
  CHECK(group->content_bytes() == 0);
}

TEST_CASE_FIXTURE(Server, "a full group says so before content comes") {
  group = SessionGroup::make(0);
  auto script = [](Server& s) -> net::Task<> {
    ScriptedClient client = s.connect();
    CHECK(co_await start_content(client) == "452 4.3.1 Too much mail at once, try again later");
    CHECK((co_await client.say("NOOP")).starts_with("250"));
  };
  loop->run_until(script(*this));
}

TEST_CASE_FIXTURE(Server, "content of a client that goes away is forgotten") {
  auto script = [](Server& s) -> net::Task<> {
    {
      ScriptedClient client = s.connect();
      co_await start_content(client);
      co_await client.send("half a mess");
      co_await net::sleep_for(1s);
      CHECK(s.group->content_bytes() == 11);
    }
    co_await net::sleep_for(1s);
    CHECK(s.ended);
    CHECK(s.group->content_bytes() == 0);
    CHECK(s.group->open() == 0);
  };
  loop->run_until(script(*this));
  CHECK(messages.empty());
}

TEST_CASE_FIXTURE(Server, "nothing that was said in plain survives STARTTLS") {
  session.tls = smtp::ServerTls::offered;
  auto script = [](Server& s) -> net::Task<> {
    ScriptedClient client = s.connect();
    co_await client.reply();
    co_await client.say("EHLO plain.example");
    co_await client.say("MAIL FROM:<a@c.example>");
    co_await client.say("RCPT TO:<b@mx.example>");
    // The classic injection: commands behind STARTTLS in the same packet.
    CHECK((co_await client.say("STARTTLS\r\nEHLO evil.example\r\nRSET\r\nNOOP"))
              .starts_with("220"));
    CHECK(co_await client.shake());
    CHECK((co_await client.say("DATA")).starts_with("503"));
    CHECK((co_await client.say("MAIL FROM:<a@c.example>")) == "503 5.5.1 Say EHLO first");
    std::string offers = co_await client.say("EHLO tls.example");
    CHECK(offers.find("STARTTLS") == std::string::npos);
    CHECK((co_await client.say("RCPT TO:<b@mx.example>")).starts_with("503"));
    CHECK_FALSE(client.has_unread());
    CHECK(co_await client.send_mail("a@c.example", {"b@mx.example"}, "Subject: x") ==
          "250 2.0.0 Ok: taken");
  };
  loop->run_until(script(*this));
  CHECK(hellos == std::vector<std::string>{"tls.example ESMTPS"});
}

TEST_CASE_FIXTURE(Server, "TLS that breaks off at any place of a session gives no message") {
  session.tls = smtp::ServerTls::implicit;
  const std::array<std::string, 4> before{
      "EHLO c.example\r\nMAIL", "EHLO c.example\r\n",
      "MAIL FROM:<a@c.example>\r\nRCPT TO:<b@mx.example>\r\nDATA\r\n",
      "MAIL FROM:<a@c.example>\r\nRCPT TO:<b@mx.example>\r\nBDAT 10 LAST\r\n12345"};
  for (const std::string& text : before) {
    CAPTURE(text);
    auto script = [](Server& s, std::string commands) -> net::Task<> {
      ScriptedClient client = s.connect();
      CHECK(co_await client.shake());
      co_await client.reply();
      if (!commands.starts_with("EHLO")) co_await client.say("EHLO c.example");
      co_await client.send(commands);
      co_await net::sleep_for(1s);
      client.abort();
      co_await net::sleep_for(5s);
      CHECK(s.group->open() == 0);
    };
    loop->run_until(script(*this, text));
  }
  CHECK(messages.empty());
}

TEST_CASE_FIXTURE(Server, "a stop tells those that wait, and lets others finish") {
  auto script = [](Server& s) -> net::Task<> {
    ScriptedClient idle = s.connect();
    co_await idle.reply();
    ScriptedClient busy = s.connect();
    CHECK((co_await start_content(busy)).starts_with("354"));
    co_await busy.send("Subject: half\r\n");
    co_await net::sleep_for(1s);
    MonoTime start = s.clock.mono();
    s.group->stop();
    CHECK(co_await idle.reply() == "421 4.3.2 The server stops, try again later");
    CHECK(co_await idle.reply() == "");
    CHECK(s.since(start) < 100ms);
    CHECK(co_await busy.say("\r\nrest\r\n.") == "250 2.0.0 Ok: taken");
    CHECK(co_await busy.reply() == "421 4.3.2 The server stops, try again later");
    ScriptedClient late = s.connect();
    CHECK(co_await late.reply() == "421 4.3.2 The server stops, try again later");
    CHECK(co_await SessionGroup::drained(s.group, s.loop->in(10s)));
  };
  loop->run_until(script(*this));
  CHECK(messages == std::vector<std::string>{"Subject: half\r\n\r\nrest\r\n"});
}

TEST_CASE_FIXTURE(Server, "a stop also ends sessions under TLS and stalled handshakes") {
  session.tls = smtp::ServerTls::implicit;
  auto script = [](Server& s) -> net::Task<> {
    ScriptedClient secure = s.connect();
    CHECK(co_await secure.shake());
    co_await secure.reply();
    ScriptedClient stalled = s.connect();
    co_await net::sleep_for(1s);
    CHECK(s.group->open() == 2);
    MonoTime start = s.clock.mono();
    s.group->stop();
    CHECK(co_await secure.reply() == "421 4.3.2 The server stops, try again later");
    CHECK(co_await stalled.reply() == "");
    CHECK(co_await SessionGroup::drained(s.group, s.loop->in(10s)));
    CHECK(s.since(start) <= limits::kSmtpLinger + 100ms);
  };
  loop->run_until(script(*this));
}

TEST_CASE_FIXTURE(Server, "draining gives up at its deadline") {
  auto script = [](Server& s) -> net::Task<bool> {
    ScriptedClient busy = s.connect();
    co_await start_content(busy);
    s.group->stop();
    co_return co_await SessionGroup::drained(s.group, s.loop->in(3s));
  };
  CHECK_FALSE(loop->run_until(script(*this)));
}

TEST_CASE_FIXTURE(Server, "a bad line ends or is answered, and never a message") {
  struct Bad {
    std::string line;
    std::string answer;  // its beginning
  };
  const std::vector<Bad> table{
      {"GET / HTTP/1.1", "554"},
      {"POST /x HTTP/1.1\r\nHost: a", "554"},
      {"\x16\x03\x01", "554"},
      {"MAIL FROM:<a@c.example>\nRCPT TO:<b@mx.example>", "500"},
      {std::string("NOOP \0x", 7), "500"},
      {"XCLIENT ADDR=127.0.0.1", "500"},
      {"PROXY TCP4 127.0.0.1 127.0.0.1 1 25", "500"},
      {std::string(4096, 'A'), "500"},
      {std::string(65536, 'A'), "500"},
      {"AUTH PLAIN AGEAYg==", "502"},
      {"MAIL FROM:a@c.example", "501"},
      {"MAIL FROM:<a@c.example> SIZE=99999999999", "552"},
      {"MAIL FROM:<a@c.example> RET=FULL", "555"},
      {"RCPT TO:<b@mx.example>", "503"},
      {"DATA", "503"},
      {"BDAT 3 LAST\r\nabc", "503"},
      {"EHLO a b", "501"},
      {"", "500"},
      {"\xff\xfe", "500"},
  };
  for (const Bad& bad : table) {
    auto script = [](Server& s, Bad b) -> net::Task<> {
      ScriptedClient client = s.connect();
      co_await client.reply();
      if (!b.line.starts_with("EHLO")) co_await client.say("EHLO c.example");
      std::string got = co_await client.say(b.line);
      CHECK_MESSAGE(got.starts_with(b.answer), b.line.substr(0, 40), " -> ", got);
    };
    loop->run_until(script(*this, bad));
  }
  CHECK(messages.empty());
}

TEST_CASE_FIXTURE(Server, "after QUIT the session ends at once, and lingers for input behind it") {
  auto client = connect();
  auto talk = [](Server& s, ScriptedClient& c, std::string last) -> net::Task<std::string> {
    co_await c.reply();
    MonoTime before = s.clock.mono();
    std::string said = co_await c.say(std::move(last));
    while (!s.ended && s.since(before) < limits::kSmtpLinger) co_await net::sleep_for(10ms);
    co_return said + (s.since(before) < limits::kSmtpLinger ? " at once" : " later");
  };
  CHECK_EQ(loop->run_until(talk(*this, client, "QUIT")), "221 2.0.0 Bye at once");
  ended = false;
  auto other = connect();
  CHECK_EQ(loop->run_until(talk(*this, other, "QUIT\r\nNOOP")), "221 2.0.0 Bye later");
}

TEST_CASE("the last reply arrives though octets of the client are left unread") {
  auto loop = net::Loop::make();
  auto serve = [](std::unique_ptr<net::Stream> stream) {
    ShellOptions options;
    options.session.hostname = "mx.example";
    return run_session(std::move(stream), std::move(options), Handler{});
  };
  net::Loop* loops[] = {loop.get()};
  auto listener = net::Listener::start(
      loops, {.at = {IpAddress::v4(0x7f000001), 0}, .busy_reply = {}}, serve);
  REQUIRE(listener);
  auto script = [](Endpoint at) -> net::Task<> {
    ScriptedClient client = co_await ScriptedClient::connect(at);
    co_await client.reply();
    co_await client.send("GET / HTTP/1.1\r\n" + std::string(200'000, 'x'));
    co_await client.send(std::string(200'000, 'y'));
    CHECK(co_await client.reply() == "554 5.5.1 This is not HTTP");
  };
  loop->run_until(script((*listener)->local()));
}
