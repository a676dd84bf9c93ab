// What a stranger may try to have mail relayed, and what he may try to smuggle a second message in.
#include <doctest/doctest.h>

#include "smtpd/doors_fixture_test.h"

using namespace ph;
using namespace ph::smtpd_test;

namespace {

struct Form {
  const char* name;
  std::vector<std::string> before;  // lines behind EHLO, whose replies do not matter
  std::string from;
  std::string to;
};

// `token` is a valid return path's local part.
std::vector<Form> forms(const std::string& token) {
  const std::string own = "acme.example";
  const std::string auth = Doors::plain("news@acme.example", "Wr0ngpass12");
  return {
      {"foreign to foreign", {}, "<a@spam.example>", "<v@victim.example>"},
      {"null sender", {}, "<>", "<v@victim.example>"},
      {"own sender", {}, "<news@acme.example>", "<v@victim.example>"},
      {"percent hack", {}, "<a@spam.example>", "<v%victim.example@acme.example>"},
      {"percent hack of a token", {}, "<>", "<" + token + "%victim.example@" + own + ">"},
      {"bang path", {}, "<a@spam.example>", "<victim.example!v@acme.example>"},
      {"source route", {}, "<a@spam.example>", "<@acme.example:v@victim.example>"},
      {"long source route", {}, "<a@spam.example>", "<@acme.example,@b.example:v@victim.example>"},
      {"route of a token", {}, "<>", "<@victim.example:" + token + "@" + own + ">"},
      {"quoted address", {}, "<a@spam.example>", "<\"v@victim.example\"@acme.example>"},
      {"quoted percent", {}, "<a@spam.example>", "<\"v%victim.example\"@acme.example>"},
      {"at in local part", {}, "<a@spam.example>", "<v@victim.example@acme.example>"},
      {"our literal", {}, "<a@spam.example>", "<v@[127.0.0.1]>"},
      {"percent at literal", {}, "<a@spam.example>", "<v%victim.example@[127.0.0.1]>"},
      {"IPv6 literal", {}, "<a@[IPv6:::1]>", "<v@[IPv6:::1]>"},
      {"our host name", {}, "<a@mx.house.example>", "<v@mx.house.example>"},
      {"trailing dot", {}, "<a@spam.example>", "<v@victim.example.>"},
      {"no domain", {}, "<a@spam.example>", "<v>"},
      {"no brackets", {}, "a@spam.example", "v@victim.example"},
      {"mixed case", {}, "<A@SPAM.Example>", "<V@VICTIM.Example>"},
      {"8-bit", {}, "<a@spam.example>", "<v\xe9@victim.example>"},
      {"SMTPUTF8", {}, "<a@spam.example> SMTPUTF8", "<v\xc3\xa9@victi\xcc\x81m.example>"},
      {"NUL", {}, "<a@spam.example>", std::string("<v@victim.example\0@acme.example>", 33)},
      {"token elsewhere", {}, "<>", "<" + token + "@victim.example>"},
      {"after RSET", {"MAIL FROM:<>", "RSET"}, "<a@spam.example>", "<v@victim.example>"},
      {"after failed AUTH", {auth}, "<news@acme.example>", "<v@victim.example>"},
      {"after XCLIENT", {"XCLIENT ADDR=127.0.0.1 LOGIN=news@acme.example"}, "<a@spam.example>",
       "<v@victim.example>"},
      {"after PROXY", {"PROXY TCP4 127.0.0.1 127.0.0.1 1 25"}, "<a@spam.example>",
       "<v@victim.example>"},
      {"AUTH= parameter", {}, "<a@spam.example> AUTH=<>", "<v@victim.example>"},
      {"ORCPT", {}, "<a@spam.example>", "<v@victim.example> ORCPT=rfc822;v@victim.example"},
  };
}

enum class Secure : uint8_t { no, starttls };

// What came of a try: the last reply.
net::Task<std::string> attempt(Doors& d, Endpoint at, Form form, Secure secure) {
  ScriptedClient client = co_await ScriptedClient::connect(at);
  co_await client.reply();
  if ((co_await client.say("EHLO spam.example")).empty()) co_return "";
  if (secure == Secure::starttls) co_await client.go_secure();
  for (const std::string& line : form.before) co_await client.say(line);
  co_await client.say("MAIL FROM:" + form.from);
  co_await client.say("RCPT TO:" + form.to);
  std::string got = co_await client.say("DATA");
  if (!got.starts_with("354")) co_return got;
  co_return co_await client.say(d.mail_from("news@acme.example") + "\r\n.");
}

const std::pair<const char*, std::string> kEnds[] = {
    {"LF . LF", "\n.\n"},
    {"LF . CRLF", "\n.\r\n"},
    {"CRLF . LF", "\r\n.\n"},
    {"CR . CR", "\r.\r"},
    {"CR . CRLF", "\r.\r\n"},
    {"CRLF . CR", "\r\n.\r"},
    {"LF LF . CRLF", "\n\n.\r\n"},
    {"CR CRLF . CRLF", "\r\r\n.\r\n"},
    {"CRLF . CR CRLF", "\r\n.\r\r\n"},
    {"CRLF NUL . CRLF", std::string("\r\n\0.\r\n", 6)},
    {"CRLF . NUL CRLF", std::string("\r\n.\0\r\n", 6)},
    {"LF . NUL LF", std::string("\n.\0\n", 4)},
    {"CRLF . LF CR", "\r\n.\n\r"},
    {"CRLF . SP CRLF", "\r\n. \r\n"},
    {"CRLF .. CRLF", "\r\n..\r\n"},
    {"VT . VT", "\x0b.\x0b"},
    {"CRLF CR . CRLF", "\r\n\r.\r\n"},
    {"NEL . NEL", "\xc2\x85.\xc2\x85"},
};

// One message with a second one behind something that is no end, cut into pieces of `piece` octets.
net::Task<> smuggle(ScriptedClient client, std::string envelope, std::string end,
                    std::string content, size_t piece) {
  for (const char* line : {"MAIL", "RCPT", "DATA"}) {
    size_t stop = envelope.find('\n');
    CHECK_MESSAGE((co_await client.say(envelope.substr(0, stop)))[0] != '5', line);
    envelope.erase(0, stop + 1);
  }
  std::string all = content + end + envelope + content + "\r\n.\r\nQUIT\r\n";
  for (size_t at = 0; at < all.size(); at += piece) co_await client.send(all.substr(at, piece));
  while (!(co_await client.reply()).empty()) {
  }
}

}  // namespace

TEST_CASE_FIXTURE(Doors, "no form of relaying gets through any door to a stranger") {
  auto message = accept(acme, {"u@dest.example"});
  size_t before = accepted(acme).size();
  auto closed = start_relay("192.0.2.0/24", "acme");
  auto table = forms(return_path(message.id).substr(0, 48));
  REQUIRE(table.size() >= 25);
  for (const Form& form : table) {
    CAPTURE(form.name);
    for (Secure secure : {Secure::no, Secure::starttls}) {
      std::string got =
          loop->run_until(attempt(*this, submission().locals()[0], form, secure));
      CHECK_MESSAGE(!got.starts_with("250"), "submission ", got);
      got = loop->run_until(attempt(*this, inbound().locals()[0], form, secure));
      CHECK_MESSAGE(!got.starts_with("250"), "inbound ", got);
    }
    std::string got = loop->run_until(attempt(*this, closed->locals()[0], form, Secure::no));
    CHECK_MESSAGE(got == "", "relay ", got);
  }
  CHECK(accepted(acme).size() == before);
  CHECK(accepted(other).empty());
  CHECK(reports_kept().empty());
}

TEST_CASE_FIXTURE(Doors, "whatever stands for an end of data, it is one message or none") {
  std::string content = mail_from("news@acme.example");
  std::string envelope =
      "MAIL FROM:<news@acme.example>\nRCPT TO:<u@dest.example>\nDATA\n"
      "MAIL FROM:<news@acme.example>\r\nRCPT TO:<w@dest.example>\r\nDATA\r\n";
  size_t most = 0;
  for (const auto& [name, end] : kEnds) {
    for (size_t piece : {size_t{100'000}, size_t{1}, size_t{7}}) {
      size_t before = accepted(acme).size();
      auto script = [](Doors& d, std::string e, std::string v, std::string c,
                       size_t p) -> net::Task<> {
        co_await smuggle(co_await Doors::signed_in(d), e, v, c, p);
        co_await smuggle(co_await Doors::greeted(d.relay().locals()[0]), e, v, c, p);
      };
      loop->run_until(script(*this, envelope, end, content, piece));
      size_t got = accepted(acme).size() - before;
      CHECK_MESSAGE(got <= 2, name, " in pieces of ", piece);  // one a door
      most = std::max(most, got);
    }
  }
  CHECK(most == 2);  // content with ".." or ". " is a message like others
}

TEST_CASE_FIXTURE(Doors, "an incoming report smuggles no second one") {
  auto message = accept(acme, {"u@dest.example", "v@dest.example"});
  std::string to = return_path(message.id);
  std::string envelope = "MAIL FROM:<>\nRCPT TO:<" + to + ">\nDATA\nMAIL FROM:<>\r\nRCPT TO:<" +
                         to + ">\r\nDATA\r\n";
  for (const auto& [name, end] : kEnds) {
    size_t before = reports_kept().size();
    auto script = [](Doors& d, std::string e, std::string v) -> net::Task<> {
      co_await smuggle(co_await Doors::greeted(d.inbound().locals()[0]), e, v,
                       "Subject: x\r\n\r\nhello", 100'000);
    };
    loop->run_until(script(*this, envelope, end));
    CHECK_MESSAGE(reports_kept().size() - before <= 1, name);
  }
}

TEST_CASE_FIXTURE(Doors, "a bare LF inside BDAT refuses the message") {
  auto script = [](Doors& d) -> net::Task<> {
    ScriptedClient client = co_await Doors::signed_in(d);
    co_await client.say("MAIL FROM:<news@acme.example>");
    co_await client.say("RCPT TO:<u@dest.example>");
    std::string content = d.mail_from(kNews) + "\n.\nMAIL FROM:<news@acme.example>\r\n";
    co_await client.send(fmt::format("BDAT {} LAST\r\n{}", content.size(), content));
    CHECK((co_await client.reply()).starts_with("554 5.6.0"));
    CHECK((co_await client.say("RCPT TO:<u@dest.example>")).starts_with("503"));
  };
  loop->run_until(script(*this));
  CHECK(accepted(acme).empty());
}

TEST_CASE_FIXTURE(Doors, "what is sent behind EHLO or before 354 ends the session") {
  auto script = [](Doors& d) -> net::Task<> {
    ScriptedClient eager = co_await ScriptedClient::connect(d.relay().locals()[0]);
    co_await eager.reply();
    CHECK((co_await eager.say("EHLO a.example\r\nMAIL FROM:<any@acme.example>"))
              .starts_with("554 5.5.0"));
    ScriptedClient early = co_await Doors::greeted(d.relay().locals()[0]);
    co_await early.send("MAIL FROM:<a@b.example>\r\nRCPT TO:<u@dest.example>\r\nDATA\r\n" +
                        d.mail_from("any@acme.example") + "\r\n.\r\n");
    CHECK((co_await early.reply()).starts_with("250"));
    CHECK((co_await early.reply()).starts_with("250"));
    CHECK((co_await early.reply()).starts_with("554 5.5.0"));
    CHECK(co_await early.reply() == "");
  };
  loop->run_until(script(*this));
  CHECK(accepted(acme).empty());
}
