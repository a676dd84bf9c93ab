#include "smtp/client_session.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "base/text.h"

using namespace ph;
using namespace ph::smtp;

namespace {

// Up to the first Ready, with or without PIPELINING.
ClientSession ready_session(std::string_view extensions = "250 PIPELINING\r\n") {
  ClientSession session(ClientOptions{.hello_name = "out.example"});
  session.feed("220 mx\r\n");
  session.feed("250-mx\r\n" + std::string(extensions));
  session.take_output();
  REQUIRE(std::holds_alternative<Ready>(session.next().value()));
  return session;
}

ClientTransaction to_many(size_t recipients) {
  ClientTransaction out;
  out.sender = "s@posthouse.example";
  for (size_t i = 0; i < recipients; ++i)
    out.recipients.push_back("r" + std::to_string(i) + "@x.example");
  return out;
}

size_t lines_of(std::string_view text) {
  return static_cast<size_t>(std::ranges::count(text, '\n'));
}

}  // namespace

TEST_CASE("a thousand recipients go in a window, each with its own outcome") {
  ClientSession session = ready_session();
  REQUIRE(session.begin(to_many(1000)).has_value());
  size_t open = 0, rcpt = 0;
  bool mail = false, data = false;
  while (!data) {
    std::string said = session.take_output();
    open += lines_of(said);
    REQUIRE(open <= limits::kSmtpPipelined);
    REQUIRE(open > 0);
    --open;
    if (!mail) session.feed("250 ok\r\n");
    else if (rcpt == 1000) session.feed("354 go\r\n");
    else if (rcpt++ % 3 == 0) session.feed("550 5.1.1 no\r\n");
    else session.feed("250 ok\r\n");
    data = session.phase() == ClientPhase::content;
    mail = true;
  }
  REQUIRE(std::holds_alternative<SendContent>(session.next().value()));
  session.finish_content();
  CHECK_EQ(session.take_output(), ".\r\n");
  session.feed("250 ok\r\n");
  auto done = std::get<TransactionDone>(session.next().value());
  REQUIRE_EQ(done.outcomes.size(), 1000);
  for (size_t i = 0; i < 1000; ++i)
    CHECK_EQ(done.outcomes[i].verdict, i % 3 == 0 ? Verdict::bounced : Verdict::delivered);
}

TEST_CASE("a receiver that never ends its reply is given up") {
  for (std::string_view line : {"220-still here\r\n", "220-\r\n", "x"}) {
    ClientSession session(ClientOptions{.hello_name = "out.example"});
    size_t fed = 0;
    while (session.phase() != ClientPhase::closed && fed < limits::kSmtpReplyBytes * 2) {
      session.feed(line);
      fed += line.size();
    }
    REQUIRE_EQ(session.phase(), ClientPhase::closed);
    auto closed = std::get<SessionClosed>(session.next().value());
    CHECK_EQ(closed.cause, SessionClosed::Cause::protocol);
  }
}

TEST_CASE("an address that breaks the grammar never reaches the wire") {
  for (const char* bad : {"a@b.example>\r\nDATA", "a@b.example> ORCPT=rfc822;x@y", "a b@c.example",
                          "\"foo@x> ORCPT=admin\"@y.example", "", "a", "a@b\xc3.example"}) {
    ClientSession session = ready_session();
    ClientTransaction transaction = to_many(1);
    transaction.recipients[0] = bad;
    CHECK_MESSAGE(!session.begin(transaction).has_value(), bad);
    CHECK(session.take_output().empty());
    CHECK_EQ(session.phase(), ClientPhase::idle);
  }
  ClientSession session = ready_session();
  ClientTransaction transaction = to_many(1);
  transaction.sender = "a@b.example> SIZE=1";
  CHECK_FALSE(session.begin(transaction).has_value());
  CHECK_FALSE(session.begin(to_many(0)).has_value());
  CHECK_FALSE(session.begin(to_many(limits::kRecipients + 1)).has_value());
}

TEST_CASE("a closed session begins nothing") {
  ClientSession session = ready_session();
  session.connection_lost("reset by peer");
  CHECK_EQ(session.begin(to_many(1)).error().code, Errc::closed);
  session.quit();
  session.write_content("x");
  session.finish_content();
  CHECK(session.take_output().empty());
}

TEST_CASE("the transcript is bounded and shows neither content nor secrets") {
  ClientSession session = ready_session();
  REQUIRE(session.begin(to_many(1000)).has_value());
  session.feed("250 ok\r\n");
  for (int i = 0; i < 1000; ++i) session.feed("250 " + std::string(200, 'x') + "\r\n");
  session.feed("354 go\r\n");
  session.write_content("a secret of ours\r\n");
  session.finish_content();
  session.feed("250 ok\r\n");
  std::string said = session.take_transcript();
  CHECK(said.size() <= limits::kTranscriptBytes);
  CHECK(said.starts_with("S: 220 mx\nC: EHLO out.example\nS: 250 mx PIPELINING\n"));
  CHECK(said.ends_with("…\n"));
  CHECK(said.find("secret") == std::string::npos);
  session.quit();
  CHECK_EQ(session.take_transcript(), "C: QUIT\n");
}

TEST_CASE("a lost end of data is ambiguous, whatever came of it, and only for who was accepted") {
  for (bool half : {false, true}) {
    ClientSession session = ready_session();
    REQUIRE(session.begin(to_many(2)).has_value());
    session.feed("250 ok\r\n550 no\r\n250 ok\r\n354 go\r\n");
    session.write_content("x\r\n");
    if (!half) session.finish_content();
    session.connection_lost("time is up");
    REQUIRE(std::holds_alternative<SendContent>(session.next().value()));
    auto done = std::get<TransactionDone>(session.next().value());
    CHECK_EQ(done.outcomes[0].verdict, Verdict::bounced);
    CHECK_EQ(done.outcomes[1].verdict, half ? Verdict::deferred : Verdict::ambiguous);
    CHECK_FALSE(done.outcomes[1].remote);
  }
}
