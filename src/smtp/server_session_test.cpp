#include "smtp/server_session.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "base/text.h"

using namespace ph;
using namespace ph::smtp;

namespace {

// A session whose shell accepts everything, at once or only when told.
struct Harness {
  explicit Harness(ServerOptions options = {}) : session(std::move(options)) { session.start(); }

  void feed(std::string_view bytes) {
    session.feed(bytes);
    if (!slow) answer();
  }
  void answer() {
    output += session.take_output();
    while (auto wish = session.next()) {
      bool note = std::holds_alternative<DataChunk>(*wish) ||
                  std::holds_alternative<TransactionDropped>(*wish) ||
                  std::holds_alternative<Close>(*wish);
      closed = closed || std::holds_alternative<Close>(*wish);
      if (std::holds_alternative<RcptTo>(*wish)) ++recipients;
      if (std::holds_alternative<MessageComplete>(*wish)) ++messages;
      if (note) continue;
      if (refuse_next) session.refuse(*std::exchange(refuse_next, std::nullopt));
      else session.accept();
      output += session.take_output();
    }
    output += session.take_output();
  }
  size_t count(std::string_view needle) const {
    size_t found = 0;
    for (std::string_view line : split(output, '\n')) found += line.starts_with(needle);
    return found;
  }

  ServerSession session;
  std::string output;
  std::optional<Reply> refuse_next;
  bool slow = false, closed = false;
  size_t recipients = 0, messages = 0;
};

const std::string kEnvelope = "MAIL FROM:<a@b.example>\r\nRCPT TO:<x@y.example>\r\n";

}  // namespace

TEST_CASE("ten thousand pipelined recipients: the limit is told, the message still goes") {
  Harness h;
  h.feed("HELO c\r\n");
  std::string group = "MAIL FROM:<a@b.example>\r\n";
  for (int i = 0; i < 10000; ++i) group += "RCPT TO:<r" + std::to_string(i) + "@y.example>\r\n";
  for (size_t at = 0; at < group.size(); at += 65536) h.feed(group.substr(at, 65536));
  CHECK_EQ(h.recipients, limits::kRecipients);
  CHECK_EQ(h.count("452 4.5.3"), 10000 - limits::kRecipients);
  h.feed("DATA\r\n");
  h.feed("x\r\n.\r\n");
  CHECK_EQ(h.messages, 1);
  CHECK_FALSE(h.closed);
}

TEST_CASE("a slow shell gets its wishes one by one and in order") {
  Harness h;
  h.feed("HELO c\r\n");
  h.slow = true;
  std::string group = kEnvelope + "RCPT TO:<z@y.example>\r\nDATA\r\n";
  for (char c : group) h.feed({&c, 1});
  CHECK_FALSE(h.session.wants_input());
  CHECK_EQ(h.session.phase(), ServerPhase::answer);
  REQUIRE(std::holds_alternative<MailFrom>(*h.session.next()));
  CHECK_FALSE(h.session.next().has_value());
  h.session.accept();
  REQUIRE(std::holds_alternative<RcptTo>(*h.session.next()));
  CHECK_FALSE(h.session.next().has_value());
  h.session.accept();
  REQUIRE(std::holds_alternative<RcptTo>(*h.session.next()));
  h.session.accept();
  REQUIRE(std::holds_alternative<DataStart>(*h.session.next()));
  h.session.accept();
  CHECK(h.session.wants_input());
  CHECK_EQ(h.session.phase(), ServerPhase::data);
}

TEST_CASE("content that comes while the shell still thinks about DATA is refused") {
  Harness h;
  h.feed("HELO c\r\n");
  h.feed(kEnvelope);
  h.slow = true;
  h.feed("DATA\r\n");
  h.feed("Subject: too early\r\n");
  h.answer();
  CHECK_EQ(h.count("354"), 0);
  CHECK_EQ(h.count("554 5.5.0"), 1);
  CHECK(h.closed);
}

TEST_CASE("input while a wish waits is bounded") {
  Harness h;
  h.feed("HELO c\r\n");
  h.slow = true;
  h.feed(kEnvelope);
  for (size_t i = 0; i * 1024 <= limits::kSmtpBuffered; ++i) h.feed(std::string(1024, 'x'));
  h.answer();
  CHECK(h.closed);
  CHECK_EQ(h.count("421 4.5.0"), 1);
  h.session.accept();  // too late is no fault
  CHECK(h.session.take_output().empty());
}

TEST_CASE("a long line is one error, however it comes, and the next command is heard") {
  for (size_t step : {size_t{1} << 20, size_t{4096}, size_t{1}}) {
    Harness h;
    std::string bytes = "HELO " + std::string(100'000, 'a') + "\r\nNOOP\r\n";
    for (size_t at = 0; at < bytes.size(); at += step) h.feed(bytes.substr(at, step));
    CHECK_EQ(h.count("500 5.5.2"), 1);
    CHECK_EQ(h.count("250 2.0.0"), 1);
  }
  Harness h;
  h.feed("NOOP " + std::string(limits::kSmtpCommandLine - 7, 'x') + "\r\n");
  h.feed("NOOP " + std::string(limits::kSmtpCommandLine - 6, 'x') + "\r\n");
  CHECK_EQ(h.count("250"), 1);
  CHECK_EQ(h.count("500 5.5.2"), 1);
}

TEST_CASE("an AUTH line may be as long as RFC 4954 allows, and no longer") {
  Harness h({.hostname = "mx", .tls = ServerTls::implicit, .auth = ServerAuth::required});
  h.feed("EHLO c\r\n");
  std::string response(limits::kSmtpAuthLine - 2 - 11, 'A');
  h.feed("AUTH PLAIN " + response + "\r\n");
  CHECK_EQ(h.count("501 5.5.2"), 1);
  h.feed("AUTH PLAIN\r\n");
  CHECK_EQ(h.session.phase(), ServerPhase::auth);
  h.feed(std::string(limits::kSmtpAuthLine, 'A') + "\r\n");
  CHECK_EQ(h.count("500 5.5.2"), 1);
  CHECK_EQ(h.session.phase(), ServerPhase::command);
}

TEST_CASE("errors and idle commands have an end") {
  Harness errors;
  for (int i = 0; i < 100; ++i) errors.feed("WHAT\r\n");
  CHECK_EQ(errors.count("500 5.5.1"), limits::kSmtpErrors - 1);
  CHECK_EQ(errors.count("421 4.7.0"), 1);
  CHECK(errors.closed);
  Harness idle;
  for (int i = 0; i < 3000; ++i) idle.feed("NOOP\r\n");
  CHECK_EQ(idle.count("250"), limits::kSmtpJunkCommands);
  CHECK_EQ(idle.count("421 4.7.0"), 1);
}

TEST_CASE("wrong recipients of a known client are counted apart, and have an end as well") {
  std::string bad = "RCPT TO:<x@y..example>\r\n";
  Harness stranger;
  stranger.feed("HELO c\r\n");
  stranger.feed("MAIL FROM:<a@b.example>\r\n");
  for (int i = 0; i < 100; ++i) stranger.feed(bad);
  CHECK_EQ(stranger.count("501 5.1.3"), limits::kSmtpErrors - 1);
  CHECK(stranger.closed);
  Harness signed_in(
      {.hostname = "mx", .tls = ServerTls::implicit, .auth = ServerAuth::required});
  signed_in.feed("EHLO c\r\n");
  signed_in.feed("AUTH PLAIN AGEAYg==\r\n");
  Harness trusted({.hostname = "mx", .peers = ServerPeers::known});
  trusted.feed("HELO c\r\n");
  for (Harness* known : {&signed_in, &trusted}) {
    for (unsigned message = 0; message < 2; ++message) {  // one that is taken begins anew
      known->feed("MAIL FROM:<a@b.example>\r\n");
      for (unsigned i = 1; i < limits::kSmtpRefusedRecipients; ++i) known->feed(bad);
      known->feed("RCPT TO:<x@y.example>\r\n");
      known->feed("DATA\r\n");
      known->feed("x\r\n.\r\n");
    }
    CHECK_EQ(known->messages, 2);
    CHECK_FALSE(known->closed);
    known->feed("MAIL FROM:<a@b.example>\r\n");
    for (unsigned i = 0; i < limits::kSmtpRefusedRecipients; ++i) known->feed(bad);
    CHECK_EQ(known->count("421 4.7.0"), 1);
    CHECK(known->closed);
  }
  // Other errors of a known client end as anybody's.
  Harness errors({.hostname = "mx", .peers = ServerPeers::known});
  for (unsigned i = 0; i < limits::kSmtpErrors; ++i) errors.feed("WHAT\r\n");
  CHECK(errors.closed);
}

TEST_CASE("content that was refused is not read for ever") {
  Harness h({.hostname = "mx", .message_bytes = 1000});
  h.feed("HELO c\r\n" );
  h.feed(kEnvelope);
  h.feed("DATA\r\n");
  for (int i = 0; i < 100 && !h.closed; ++i) h.feed(std::string(98, 'x') + "\r\n");
  CHECK(h.closed);
  CHECK_EQ(h.count("552 5.3.4"), 1);
  CHECK_EQ(h.messages, 0);
  Harness chunks({.hostname = "mx", .message_bytes = 1000});
  chunks.feed("EHLO c\r\n");
  for (int i = 0; i < 100 && !chunks.closed; ++i)
    chunks.feed("BDAT 1000\r\n" + std::string(1000, 'x'));
  CHECK(chunks.closed);
  CHECK_EQ(chunks.count("503 5.5.1"), 4);
}

TEST_CASE("the limit of a message counts what it holds, not what transparency adds") {
  for (size_t size : {size_t{998}, size_t{1000}, size_t{1001}}) {
    Harness h({.hostname = "mx", .message_bytes = 1000});
    h.feed("HELO c\r\n");
    h.feed(kEnvelope);
    h.feed("DATA\r\n");
    h.feed("." + std::string(1, '.') + std::string(size - 3, 'x') + "\r\n.\r\n");
    CHECK_EQ(h.messages, size <= 1000 ? 1 : 0);
    CHECK_EQ(h.count("552 5.3.4"), size <= 1000 ? 0 : 1);
    CHECK_FALSE(h.closed);
  }
}

TEST_CASE("the shell ends a session at any time") {
  Harness h;
  h.feed("HELO c\r\n");
  h.feed(kEnvelope);
  h.feed("DATA\r\n");
  h.feed("half a mess");
  h.session.end({kNotAvailable, EnhancedStatus{4, 4, 2}, "Too slow"});
  h.answer();
  CHECK(h.closed);
  CHECK_EQ(h.count("421 4.4.2 Too slow"), 1);
  h.feed("age\r\n.\r\n");
  CHECK_EQ(h.messages, 0);
  CHECK_EQ(h.session.phase(), ServerPhase::closed);
  ServerSession busy(ServerOptions{});
  busy.start_refused({kNotAvailable, status::kTemporarySecurity, "Too many connections"});
  CHECK(busy.take_output().starts_with("421 4.7.0"));
  CHECK(std::holds_alternative<Close>(*busy.next()));
}

TEST_CASE("a refused message leaves the session as it was") {
  Harness h;
  h.feed("HELO c\r\n");
  for (int i = 0; i < 3; ++i) {
    h.feed(kEnvelope);
    h.feed("DATA\r\n");
    h.feed("x\r\n");
    if (i == 1) h.refuse_next = Reply(kFailed, EnhancedStatus{5, 7, 1}, "No");
    h.feed(".\r\n");
  }
  CHECK_EQ(h.messages, 3);
  CHECK_EQ(h.session.messages(), 2);
  CHECK_EQ(h.count("554 5.7.1 No"), 1);
}

TEST_CASE("the time that a shell waits depends on the phase") {
  CHECK_EQ(phase_wait(ServerPhase::command), limits::kSmtpCommandWait);
  CHECK_EQ(phase_wait(ServerPhase::data), limits::kSmtpDataWait);
  CHECK_EQ(phase_wait(ClientPhase::banner, {}), limits::kBannerWait);
  CHECK_EQ(phase_wait(ClientPhase::data_start, {}), limits::kDataStartWait);
  CHECK_EQ(phase_wait(ClientPhase::data_end, {}), limits::kDataEndWait);
}
