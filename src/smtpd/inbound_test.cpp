#include "smtpd/inbound.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "core/event.h"
#include "feedback/report_sample_test.h"
#include "smtpd/doors_fixture_test.h"

using namespace ph;
using namespace ph::smtpd_test;
using feedback_test::delivery_report;

namespace {

net::Task<std::string> bring(Doors& d, std::string to, std::string content) {
  ScriptedClient client = co_await Doors::greeted(d.inbound().locals()[0]);
  co_return co_await client.send_mail("", {std::move(to)}, std::move(content));
}

}  // namespace

TEST_CASE_FIXTURE(Doors, "a report to a valid return path is kept, told and counted") {
  auto message = accept(acme, {"u@dest.example"});
  std::string got = loop->run_until(bring(*this, return_path(message.id), delivery_report({})));
  CHECK(got == "250 2.0.0 Ok");
  REQUIRE(reports_kept().size() == 1);
  CHECK(reports_kept()[0].kind == "failure");
  CHECK(need(store->read_content_now(reports_kept()[0].content))
            .starts_with("Received: from client.example ([127.0.0.1])\r\n"));
  CHECK(recipients_of(message)[0].state == store::RecipientState::bounced);
}

TEST_CASE_FIXTURE(Doors, "a return path is read in any case, and under TLS") {
  auto message = accept(acme, {"u@dest.example"});
  std::string path = upper(return_path(message.id));
  auto script = [](Doors& d, std::string to) -> net::Task<std::string> {
    ScriptedClient client = co_await ScriptedClient::connect(d.inbound().locals()[0]);
    co_await client.reply();
    co_await client.go_secure();
    co_return co_await client.send_mail("", {std::move(to)}, "Subject: re\r\n\r\nhello");
  };
  CHECK(loop->run_until(script(*this, path)) == "250 2.0.0 Ok");
  CHECK(reports_kept().size() == 1);
  CHECK(recipients_of(message)[0].state == store::RecipientState::queued);
}

TEST_CASE_FIXTURE(Doors, "every other recipient is 550 5.1.1") {
  auto message = accept(acme, {"u@dest.example"});
  std::string valid = return_path(message.id);
  std::string forged = valid;
  forged[20] = forged[20] == 'a' ? 'b' : 'a';
  smtp::ReturnPathKeys strange;
  need(strange.add({.id = 1, .secret = std::string(32, 'x')}));
  std::string stranger =
      need(smtp::make_return_path(
          strange, {.message = message.id, .recipient = 0, .expires = clock.wall()},
          "acme.example")) +
      "@acme.example";
  std::string moved = valid.substr(0, valid.find('@')) + "@other.example";
  std::string expired = return_path(message.id, std::chrono::hours(-48));
  for (const std::string& to :
       {forged, stranger, moved, expired, std::string("news@acme.example"),
        std::string("postmaster@acme.example"), valid.substr(1), "a" + valid,
        valid.substr(0, valid.find('@')) + "+x@acme.example"}) {
    std::string got = loop->run_until(bring(*this, to, delivery_report({})));
    CHECK_MESSAGE(got.starts_with("550 5.1.1"), to, " -> ", got);
  }
  CHECK(reports_kept().empty());
  CHECK(recipients_of(message)[0].state == store::RecipientState::queued);
}

TEST_CASE_FIXTURE(Doors, "a thousand changed return paths are none") {
  auto message = accept(acme, {"u@dest.example"});
  std::string local = return_path(message.id).substr(0, 48);
  for (size_t i = 0; i < 1000; ++i) {
    std::string mutant = local;
    char& c = mutant[i % 48];
    c = "abcdefghijklmnopqrstuvwxyz234567"[(i * 7 + i / 48) % 32];
    if (mutant == local) continue;
    CHECK_FALSE(smtp::parse_return_path(keys, mutant, "acme.example", clock.wall()).has_value());
  }
}

TEST_CASE_FIXTURE(Doors, "who guesses return paths is sent away") {
  auto script = [](Doors& d) -> net::Task<> {
    ScriptedClient client = co_await Doors::greeted(d.inbound().locals()[0]);
    co_await client.say("MAIL FROM:<>");
    std::string got = "550";
    unsigned guesses = 0;
    for (; got.starts_with("550"); ++guesses)
      got = co_await client.say(fmt::format("RCPT TO:<guess{}@acme.example>", guesses));
    CHECK(got.starts_with("421"));
    CHECK(guesses == limits::kReportGuesses);
  };
  loop->run_until(script(*this));
}

TEST_CASE_FIXTURE(Doors, "mail from outside with more return paths than a report has waits") {
  auto message = accept(acme, {"u@dest.example"});
  auto script = [](Doors& d, std::string to) -> net::Task<> {
    ScriptedClient client = co_await Doors::greeted(d.inbound().locals()[0]);
    co_await client.say("MAIL FROM:<>");
    for (size_t i = 0; i < limits::kReportRecipients; ++i)
      CHECK((co_await client.say("RCPT TO:<" + to + ">")).starts_with("250"));
    CHECK((co_await client.say("RCPT TO:<" + to + ">")).starts_with("452 4.5.3"));
    CHECK((co_await client.say("MAIL FROM:<> SIZE=" + std::to_string(limits::kMessageBytes + 1)))
              .starts_with("503"));
  };
  loop->run_until(script(*this, return_path(message.id)));
}

TEST_CASE_FIXTURE(Doors, "a report while the disk is full is asked for again") {
  auto message = accept(acme, {"u@dest.example"});
  files.free = 0;
  CHECK(loop->run_until(bring(*this, return_path(message.id), delivery_report({})))
            .starts_with("451 4.3.0"));
  CHECK(reports_kept().empty());
}
