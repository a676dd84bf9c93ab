#include "core/message_id.h"

#include <doctest/doctest.h>

#include <set>

#include "base/id_source.h"
#include "base/random.h"
#include "base/text.h"

using namespace ph;
using namespace ph::core;

namespace {

TencentMessageId some(int64_t id) {
  return {.app_id = 1250000001, .id = MessageId(id)};
}

std::string twelve(const std::string& text) {
  return text.substr(text.rfind('-') + 1, 12);
}

}  // namespace

TEST_CASE("a MessageId has the original's form, with the time of China") {
  FakeClock clock(*parse_iso8601("2023-09-05T03:21:31Z"));
  IdSource ids(clock, 3);
  std::string text = format_tencent_message_id({.app_id = 1308919341, .id = MessageId(ids.next())});
  CHECK(text.starts_with("qcloudses-30-1308919341-date-20230905112131-"));
  CHECK(text.ends_with("1"));
  CHECK(text.size() ==
        std::string_view("qcloudses-30-1308919341-date-20230905112131-SGiMWY8csHwn1").size());
  for (char c : twelve(text)) CHECK(is_alnum(c));
}

TEST_CASE("a MessageId gives its message back, and no two are alike") {
  FakeRandom random(7);
  std::set<std::string> seen;
  for (int i = 0; i < 5000; ++i) {
    int64_t id = 1 + static_cast<int64_t>(random.number() >> 2);
    if (i < 100) id = 1 + i;
    if (i == 100) id = INT64_MAX / 2;
    std::string text = format_tencent_message_id(some(id));
    auto back = parse_tencent_message_id(text);
    REQUIRE(back.has_value());
    CHECK(*back == some(id));
    CHECK(seen.insert(twelve(text)).second);
  }
}

TEST_CASE("neighbours do not look alike") {
  FakeClock clock;
  IdSource ids(clock, 1);
  std::string last = twelve(format_tencent_message_id(some(ids.next())));
  for (int i = 0; i < 200; ++i) {
    std::string next = twelve(format_tencent_message_id(some(ids.next())));
    int same = 0;
    for (size_t at = 0; at < next.size(); ++at) same += next[at] == last[at] ? 1 : 0;
    CHECK(same <= 6);
    last = next;
  }
}

TEST_CASE("a changed MessageId is none") {
  FakeClock clock;
  IdSource ids(clock, 1);
  std::string good = format_tencent_message_id(some(ids.next()));
  REQUIRE(parse_tencent_message_id(good).has_value());
  // Any one character of the twelve, the date and the number.
  for (size_t at = 0; at < good.size(); ++at) {
    for (char c : {'0', '7', 'a', 'Z', '-', '\0'}) {
      if (good[at] == c) continue;
      std::string bad = good;
      bad[at] = c;
      auto got = parse_tencent_message_id(bad);
      // Only the account's number is nothing that the rest knows of.
      if (got) CHECK(got->id == parse_tencent_message_id(good)->id);
    }
  }
  for (const std::string& bad :
       {std::string(), good + "1", good.substr(1), good.substr(0, good.size() - 1), " " + good,
        good + " ", std::string("qcloudses-30-1-date-20230905112131-SGiMWY8csHwn1"),
        std::string("qcloudses-30--date--"), std::string(200, '-'),
        std::string("qcloudses-30-1-date-20230905112131-zzzzzzzzzzzz1")})
    CHECK_FALSE(parse_tencent_message_id(bad).has_value());
}

TEST_CASE("a message is found by either form of its id") {
  MessageId id(1'234'567'890'123);
  std::string imitated = format_tencent_message_id({.app_id = 1250000001, .id = id});
  CHECK(read_message_id(format_id(id.value)).value() == id);
  CHECK(read_message_id(imitated).value() == id);
  imitated.back() = '2';
  for (const std::string& none : {imitated, std::string(), std::string("qcloudses-30-")}) {
    auto read = read_message_id(none, "id");
    REQUIRE_FALSE(read);
    CHECK(read.error().reason == Reason::not_found);
    CHECK(read.error().field == "id");
  }
}
