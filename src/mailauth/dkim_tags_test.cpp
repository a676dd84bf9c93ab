#include "mailauth/dkim_tags.h"

#include <doctest/doctest.h>

#include "base/limits.h"

using namespace ph;
using namespace ph::mailauth;

TEST_CASE("a tag list gives its tags in order, without the white space around them") {
  std::string text = " v=1;\r\n\ta = rsa-sha256 ; h=From :\r\n To;b=; n=a=b==;";
  auto tags = DkimTags::parse(text).value();
  REQUIRE_EQ(tags.all().size(), 5);
  CHECK_EQ(tags.find("v").value(), "1");
  CHECK_EQ(tags.find("a").value(), "rsa-sha256");
  CHECK_EQ(tags.find("h").value(), "From :\r\n To");
  CHECK_EQ(tags.find("b").value(), "");
  CHECK_EQ(tags.find("n").value(), "a=b==");
  CHECK_FALSE(tags.find("A").has_value());
  CHECK_FALSE(tags.find("x").has_value());
}

TEST_CASE("a bad tag list is refused whole") {
  struct Row {
    const char* text;
    const char* why;
  };
  const Row rows[] = {{"", "without"},           {" ", "without"},
                      {"v", "without"},          {"v=1;;a=2", "without"},
                      {"v=1; ;", "without"},     {";v=1", "without"},
                      {"v=1;v=2", "twice"},      {"v=1; a=2; v =1", "twice"},
                      {"=1", "name"},            {"1v=1", "name"},
                      {"v-1=1", "name"},         {"v x=1", "name"},
                      {"_v=1", "name"},          {"v=a\x01z", "control"},
                      {"v=a\x7fz", "control"},   {"v=a\r\nb=c", "folds nothing"},
                      {"v=a\nb", "folds"},       {"v=a\rb", "folds"},
                      {"v=\r\n\r\n a", "folds"}, {"v=\xff", "UTF-8"}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    auto tags = DkimTags::parse(row.text);
    REQUIRE_FALSE(tags.has_value());
    CHECK(tags.error().message.find(row.why) != std::string::npos);
  }
}

TEST_CASE("tag names are case-sensitive, so two cases are two tags") {
  CHECK_EQ(DkimTags::parse("a=1; A=2").value().all().size(), 2);
}

TEST_CASE("white space after the last tag does not matter") {
  for (const char* text : {"a=1;", "a=1; ", "a=1;\r\n ", "a=1 \r\n", "a=1"})
    CHECK_EQ(DkimTags::parse(text).value().find("a").value(), "1");
}

TEST_CASE("UTF-8 in a value passes") {
  CHECK_EQ(DkimTags::parse("i=\xc3\xa4@example.org").value().find("i").value(),
           "\xc3\xa4@example.org");
}

TEST_CASE("the number of tags is bounded") {
  std::string text;
  for (size_t i = 0; i < limits::kDkimTags; ++i) text += "a" + std::to_string(i) + "=;";
  CHECK(DkimTags::parse(text).has_value());
  auto more = DkimTags::parse(text + "b=");
  REQUIRE_FALSE(more.has_value());
  CHECK(more.error().code == Errc::limit);
}

TEST_CASE("colon lists and base64 lose their white space") {
  auto pieces = split_colons("From :\r\n To: Cc");
  REQUIRE_EQ(pieces.size(), 3);
  CHECK_EQ(pieces[1], "To");
  CHECK_EQ(pieces[2], "Cc");
  CHECK_EQ(without_white_space(" a\r\n\tb c "), "abc");
}
