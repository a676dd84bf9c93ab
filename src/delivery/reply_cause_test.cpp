#include "delivery/reply_cause.h"

#include "base/limits.h"
#include "base/text.h"

using namespace ph;
using namespace ph::delivery;
using core::Cause;

TEST_CASE("a temporary reply's words tell greylisting and rate limits from the rest") {
  struct Row {
    int code;
    const char* text;
    Cause cause;
  };
  const Row rows[] = {{451, "try later", Cause::temporary_reply},
                      {450, "Greylisted, please come back", Cause::greylisted},
                      {451, "you are on the gray list", Cause::greylisted},
                      {421, "busy", Cause::temporary_reply},
                      {421, "too many connections", Cause::rate_limited},
                      {450, "Too many connections from you", Cause::rate_limited},
                      {452, "mailbox full", Cause::temporary_reply},
                      {421, "greylisting in action", Cause::greylisted}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(cause_of_temporary(smtp::Reply(row.code, {}, row.text)) == row.cause);
  }
}

TEST_CASE("421 is a rate limit where its status says that a policy closed, not of itself") {
  auto cause = [](int code, smtp::EnhancedStatus status) {
    return cause_of_temporary(smtp::Reply(code, status, "closing"));
  };
  CHECK(cause(421, {4, 7, 0}) == Cause::rate_limited);
  CHECK(cause(421, {4, 7, 28}) == Cause::rate_limited);
  CHECK(cause(421, {4, 3, 2}) == Cause::temporary_reply);
  CHECK(cause(421, {4, 4, 2}) == Cause::temporary_reply);
  CHECK(cause(450, {4, 7, 1}) == Cause::temporary_reply);
}

TEST_CASE("a missing 8BITMIME is told apart from a receiver's own refusal") {
  smtp::EnhancedStatus status = smtp::status::kConversionNeeded;
  CHECK(cause_of_permanent(smtp::Reply(0, status, "no 8BITMIME")) == Cause::needs_8bitmime);
  CHECK(cause_of_permanent(smtp::Reply(554, status, "no")) == Cause::permanent_reply);
}

TEST_CASE("a long reply is cut between characters") {
  std::string text(limits::kReplyKept - 1, 'x');
  CHECK(kept_reply(text + "é") == text);
  CHECK(kept_reply(text) == text);
  CHECK(is_utf8(kept_reply(text + "日本")));
}
