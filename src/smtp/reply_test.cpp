#include "smtp/reply.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "base/text.h"

using namespace ph;
using namespace ph::smtp;
using namespace std::string_view_literals;

namespace {

Result<std::optional<Reply>> parse(std::string_view bytes) {
  ReplyParser parser;
  parser.feed(bytes);
  return parser.next();
}

}  // namespace

TEST_CASE("a printed reply has its enhanced status on every line and nothing unfit") {
  Reply reply(550, {5, 1, 1}, "No\r\nRCPT such");
  reply.lines.emplace_back("caf\xc3\xa9");
  CHECK_EQ(reply.wire(), "550-5.1.1 No??RCPT such\r\n550 5.1.1 caf??\r\n");
  CHECK_EQ(Reply(354, status::kNone, "go").wire(), "354 go\r\n");
  CHECK(Reply(250, status::kFine, std::string(9000, 'x')).wire().size() <= 512);
}

TEST_CASE("replies are read line by line, and what is behind them stays") {
  ReplyParser parser;
  parser.feed("250-2.1.0 a\r\n250 2.1.0 b\r\n354\r\n55");
  auto first = **parser.next();
  CHECK_EQ(first.line(), "250 2.1.0 a b");
  CHECK_EQ(first.lines.size(), 2);
  CHECK_EQ((**parser.next()).line(), "354");
  CHECK_FALSE(parser.next()->has_value());
  CHECK_EQ(parser.rest(), "55");
  parser.feed("0 no\n");
  CHECK_EQ((**parser.next()).line(), "550 no");
  CHECK(parser.empty());
}

TEST_CASE("an enhanced status that does not fit the code is text") {
  CHECK_EQ((**parse("550 2.1.0 x\r\n")).status, status::kNone);
  CHECK_EQ((**parse("550 5.1.1\r\n")).status, EnhancedStatus{5, 1, 1});
  for (const char* bad : {"5.1", "5.1.", "5.1.1234", "5.1.1x", "3.1.1", "5..1", "5.01.1", "55.1.1"})
    CHECK_MESSAGE(!parse_enhanced(bad).has_value(), bad);
  CHECK_EQ(parse_enhanced("4.7.999 x")->text(), "4.7.999");
  CHECK_EQ(parse_enhanced("5.0.0")->text(), "5.0.0");
}

TEST_CASE("an endless line, an endless reply and a changing code are errors") {
  CHECK_EQ(parse("220 " + std::string(limits::kSmtpReplyLine, 'x')).error().code, Errc::limit);
  CHECK_EQ(parse("220 " + std::string(limits::kSmtpReplyLine, 'x') + "\r\n").error().code,
           Errc::limit);
  CHECK(parse("220 " + std::string(limits::kSmtpReplyLine - 6, 'x') + "\r\n").has_value());
  std::string lines;
  for (int i = 0; i < 30000; ++i) lines += "250-x\r\n";
  CHECK_EQ(parse(lines).error().code, Errc::limit);
  for (const char* bad : {"250-a\r\n251 b\r\n", "999 x\r\n", "199 x\r\n", "2x0 x\r\n", "\r\n",
                          "+25 x\r\n", " 250 x\r\n", "250_x\r\n", "250\tx\r\n"})
    CHECK_MESSAGE(parse(bad).error().code == Errc::invalid, bad);
}

TEST_CASE("what a stranger said is fit for a log") {
  auto reply = **parse("550 \x1b[1m\x00\xc2\x9b caf\xc3\xa9\t!\r\n"sv);
  CHECK(is_utf8(reply.text()));
  CHECK_FALSE(has_control(reply.text()));
  CHECK_EQ((**parse("550 caf\xc3\xa9\r\n")).text(), "café");
  CHECK_EQ((**parse("550 caf\xc3\r\n")).text(), "caf?");
}
