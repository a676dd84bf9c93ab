#include "mime/address.h"

#include <doctest/doctest.h>

#include "base/limits.h"

using namespace ph;
using namespace ph::mime;

namespace {

struct Row {
  const char* text;
  std::vector<Mailbox> mailboxes;  // ascii is not compared
};

void check_same(const std::vector<Mailbox>& found, const std::vector<Mailbox>& wanted) {
  REQUIRE_EQ(found.size(), wanted.size());
  for (size_t i = 0; i < found.size(); ++i) {
    CHECK_EQ(found[i].name, wanted[i].name);
    CHECK_EQ(found[i].local, wanted[i].local);
    CHECK_EQ(found[i].domain, wanted[i].domain);
  }
}

}  // namespace

TEST_CASE("header fields give the mailboxes that RFC 5322 says") {
  const Row rows[] = {
      {"a@b.c", {{"", "a", "b.c", ""}}},
      {"John Q. Public <JQB@Bar.Example>", {{"John Q. Public", "JQB", "bar.example", ""}}},
      {"\"Joe Q. Public\" <john.q.public@example.com>",
       {{"Joe Q. Public", "john.q.public", "example.com", ""}}},
      {"Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
       {{"Mary Smith", "mary", "x.test", ""},
        {"", "jdoe", "example.org", ""},
        {"Who?", "one", "y.test", ""}}},
      {"<boss@nil.test>, \"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
       {{"", "boss", "nil.test", ""}, {"Giant; \"Big\" Box", "sysservices", "example.net", ""}}},
      {"A Group:Ed Jones <joe@where.test>,joe@where.test,John <jdoe@one.test>;",
       {{"Ed Jones", "joe", "where.test", ""},
        {"", "joe", "where.test", ""},
        {"John", "jdoe", "one.test", ""}}},
      {"Undisclosed recipients:;", {}},
      {"Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
       {{"Pete", "pete", "silly.test", ""}}},
      {" , a@b.c,, ,d@e.f, ", {{"", "a", "b.c", ""}, {"", "d", "e.f", ""}}},
      {"Mary <@node.test,@other.test:mary@example.net>", {{"Mary", "mary", "example.net", ""}}},
      {"<@node.test, ,@o.test,:mary@example.net>", {{"", "mary", "example.net", ""}}},
      {"\"a b\"@c.d", {{"", "a b", "c.d", ""}}},
      {"\"plain\" . \"dot.ted\" @ c . d", {{"", "plain.dot.ted", "c.d", ""}}},
      {"=?UTF-8?B?5byg5LiJ?= <z@b.c>", {{"张三", "z", "b.c", ""}}},
      {"=?utf-8?q?a?= =?utf-8?q?_b?= c <z@b.c>", {{"a b c", "z", "b.c", ""}}},
      {"=?utf-8?q?J._D=C3=B6?= <z@b.c>", {{"J. Dö", "z", "b.c", ""}}},
      {"=?utf-8?q?a=0D=0AX?= <z@b.c>", {{"a  X", "z", "b.c", ""}}},
      {"=?gb2312?B?1cXI/Q==?= <z@b.c>", {{"张三", "z", "b.c", ""}}},
      {"=?x-mars?B?1cXI/Q==?= <z@b.c>", {{"=?x-mars?B?1cXI/Q==?=", "z", "b.c", ""}}},
      {"张三 <z@b.c>", {{"张三", "z", "b.c", ""}}},
      {"用户@例子.广告", {{"", "用户", "例子.广告", ""}}},
      {"a\r\n b <c@d.e>", {{"a b", "c", "d.e", ""}}},
      {"a@[192.0.2.1]", {{"", "a", "[192.0.2.1]", ""}}},
      {"a@[IPv6:2001:DB8::1]", {{"", "a", "[IPv6:2001:db8::1]", ""}}},
  };
  for (const Row& row : rows) {
    INFO(std::string(row.text));
    auto list = parse_header_addresses(row.text);
    REQUIRE(list.has_value());
    check_same(list->mailboxes, row.mailboxes);
  }
  CHECK(parse_header_addresses("A:a@b.c;")->has_group);
  CHECK_FALSE(parse_header_addresses("a@b.c")->has_group);
}

TEST_CASE("header fields that are no address list are refused") {
  const char* rows[] = {
      "",
      " ",
      ",",
      "a",
      "a b",
      "<>",
      "a <>",
      "<a>",
      "a@",
      "@b",
      "a@b@c",
      "a@b c@d",
      "a@b <c@d>",
      "a b@c.d",
      "a..b@c.d",
      ".a@b.c",
      "a.@b.c",
      "a@b..c",
      "a@.b",
      "a@b.",
      "a@-b.c",
      "a@b-.c",
      "a@b_c.d",
      "<a@b.c",
      "a@b.c>",
      "<a@b.c>>",
      "<<a@b.c>>",
      "a <b@c.d> e",
      "\"a\"b@c.d",
      "\"a@b.c",
      "(a@b.c",
      "a@b.c)",
      "a@b.c (",
      "a@[1.2.3.4",
      "a@[1.2.3.4]x",
      "a@b.c;",
      "G:a@b.c",
      "G:H:a@b.c;;",
      ":a@b.c;",
      "G:a@b.c d@e.f;",
      "a@b.c\n",
      "a@b.c\r",
      "a@b.c\r\n",
      "\na@b.c",
      "\x01@b.c",
      "\"\x01\"@b.c",
      "\"\\\x01\"@b.c",
      "(\x01)a@b.c",
      "(\\\x01)a@b.c",
      "a@\x7f.c",
      "a\x80@b.c",
      "=?utf-8?q?a=40b?=@c.d",
      "\"=?utf-8?q?a?=\"@c.d",
      "a@=?utf-8?q?b?=",
      "a@b.c\r\nBcc: d@e.f",
      "<@a,b@c.d>",
      "<@a:>",
      "user@good.com(x)evil.com",
      "a@b\u3002c",
      "a@[1.2.\\]3.4]",
      "a@[[1.2.3.4]",
  };
  for (const char* row : rows) {
    INFO(std::string(row));
    auto list = parse_header_addresses(row);
    CHECK_FALSE(list.has_value());
  }
  CHECK_FALSE(parse_header_addresses(std::string_view("\"\0\"@b.c", 7)).has_value());
}

TEST_CASE("SMTP mailboxes are exactly RFC 5321's, with RFC 6531's UTF-8") {
  const Row good[] = {
      {"a@b", {{"", "a", "b", ""}}},
      {"A.B+c@Example.COM", {{"", "A.B+c", "example.com", ""}}},
      {"\"a b\"@c.d", {{"", "a b", "c.d", ""}}},
      {"\"\\a\\\\\\\"\"@c.d", {{"", "a\\\"", "c.d", ""}}},
      {"\"foo@psres.net> ORCPT=admin@admin.com\"@test.com",
       {{"", "foo@psres.net> ORCPT=admin@admin.com", "test.com", ""}}},
      {"\"用 户\"@b.c", {{"", "用 户", "b.c", ""}}},
      {"a@[IPv6:::1]", {{"", "a", "[IPv6:::1]", ""}}},
  };
  for (const Row& row : good) {
    INFO(std::string(row.text));
    auto mailbox = parse_smtp_mailbox(row.text);
    REQUIRE(mailbox.has_value());
    check_same({*mailbox}, row.mailboxes);
  }
  const char* bad[] = {"",
                       " a@b.c",
                       "a@b.c ",
                       "a @b.c",
                       "(x)a@b.c",
                       "a@b.c(x)",
                       "\"a\".b@c",
                       "\"\t\"@b.c",
                       "a@b.c,d@e.f",
                       "<a@b.c>",
                       "a@[]",
                       "a@[1.2.3]",
                       "a@[1.2.3.400]",
                       "a@[x:y]",
                       "a@[IPv6:1.2.3.4]",
                       "a@[1.2.3.4]x",
                       "a\r\n@b.c",
                       "a@b.c\r\n",
                       "a@b.c\nRCPT TO:<d@e.f>",
                       "\"a\r\n\"@b.c",
                       "\"a\x7f\"@b.c",
                       "\"a\\\xc3\xa9\"@b.c",
                       "=?utf-8?q?a?=@b.c",
                       "a\xff@b.c",
                       "a@b\xff.c",
                       "a\xc2\x85@b.c",
                       "a@b c",
                       "a@b,c",
                       "a@b%c@d",
                       "!@"};
  for (const char* row : bad) {
    INFO(std::string(row));
    CHECK_FALSE(parse_smtp_mailbox(row).has_value());
  }
}

TEST_CASE("SMTP paths end where their bracket does, and say what was special") {
  auto path = read_smtp_path("<a@b.c> SIZE=9");
  REQUIRE(path.has_value());
  CHECK_EQ(path->size, 7);
  CHECK_EQ(path->mailbox.address(), "a@b.c");
  CHECK_FALSE(path->has_route);
  CHECK(read_smtp_path("<>")->is_null);
  CHECK_EQ(read_smtp_path("<> BODY=8BITMIME")->size, 2);
  auto route = read_smtp_path("<@one.test,@two.test:a@b.c>");
  REQUIRE(route.has_value());
  CHECK(route->has_route);
  CHECK_EQ(route->mailbox.address(), "a@b.c");
  auto postmaster = read_smtp_path("<PostMaster>");
  REQUIRE(postmaster.has_value());
  CHECK(postmaster->is_postmaster);
  CHECK_EQ(postmaster->mailbox.local, "PostMaster");
  auto quoted = read_smtp_path("<\"a> b\"@c.d> X");
  REQUIRE(quoted.has_value());
  CHECK_EQ(quoted->size, 12);
  CHECK_EQ(quoted->mailbox.address(), "\"a> b\"@c.d");
  for (const char* bad : {"", "a@b.c", "<a@b.c", "< a@b.c>", "<a@b.c >", "<a>", "<@a>", "<@a:>",
                          "<@a,b@c>", "<@a b:c@d>", "<@:a@b>", "<a@b.c>>"}) {
    INFO(std::string(bad));
    auto read = read_smtp_path(bad);
    CHECK((!read.has_value() || read->size != std::string_view(bad).size()));
  }
}

TEST_CASE("API addresses are one name and one address, nothing clever") {
  const Row good[] = {
      {"a@b.c", {{"", "a", "b.c", ""}}},
      {" a@b.c ", {{"", "a", "b.c", ""}}},
      {"<a@b.c>", {{"", "a", "b.c", ""}}},
      {"Name <a@b.c>", {{"Name", "a", "b.c", ""}}},
      {"Name<a@b.c>", {{"Name", "a", "b.c", ""}}},
      {"J. R. O'Neil <a@b.c>", {{"J. R. O'Neil", "a", "b.c", ""}}},
      {"\"Acme, Inc. (China) <x>\" <a@b.c>", {{"Acme, Inc. (China) <x>", "a", "b.c", ""}}},
      {"张三 <a@例子.cn>", {{"张三", "a", "例子.cn", ""}}},
      {"=?UTF-8?B?5byg5LiJ?= <a@b.c>", {{"张三", "a", "b.c", ""}}},
  };
  for (const Row& row : good) {
    INFO(std::string(row.text));
    auto mailbox = parse_api_address(row.text);
    REQUIRE(mailbox.has_value());
    check_same({*mailbox}, row.mailboxes);
  }
  const char* bad[] = {"",
                       "Name",
                       "Name <>",
                       "Acme, Inc. <a@b.c>",
                       "a@b.c, d@e.f",
                       "a@b.c, d <e@f.g>",
                       "G: a@b.c;",
                       "a@b.c (x)",
                       "(x) <a@b.c>",
                       "Name <a@b.c> x",
                       "Name <<a@b.c>>",
                       "Na\r\nBcc: me <a@b.c>",
                       "Na\tme <a@b.c>",
                       "Na\xc2\x85me <a@b.c>",
                       "Na\xe2\x80\xa8me <a@b.c>",
                       "\"Name <a@b.c>",
                       "\"N\" x <a@b.c>",
                       "=?utf-8?q?a=0D=0Ab?= <a@b.c>",
                       "Name <@r:a@b.c>",
                       "=?utf-8?q?a=40b?=@c.d",
                       "N\xff <a@b.c>"};
  for (const char* row : bad) {
    INFO(std::string(row));
    CHECK_FALSE(parse_api_address(row).has_value());
  }
}

TEST_CASE("lengths end at RFC 5321's bounds in every form") {
  std::string label(63, 'x');
  std::string domain = label + "." + label + "." + label + "." + std::string(57, 'y');
  REQUIRE_EQ(domain.size(), 249);
  auto everywhere = [](const std::string& text) {
    bool smtp = parse_smtp_mailbox(text).has_value();
    CHECK_EQ(parse_header_addresses(text).has_value(), smtp);
    CHECK_EQ(parse_api_address(text).has_value(), smtp);
    return smtp;
  };
  CHECK(everywhere(std::string(64, 'a') + "@b.c"));
  CHECK_FALSE(everywhere(std::string(65, 'a') + "@b.c"));
  CHECK(everywhere("\"" + std::string(62, 'a') + "\"@b.c"));
  CHECK_FALSE(everywhere("\"" + std::string(63, 'a') + "\"@b.c"));
  CHECK(everywhere("abcd@" + domain));
  CHECK_FALSE(everywhere("abcde@" + domain));
  CHECK(everywhere("a@" + label + ".c"));
  CHECK_FALSE(everywhere("a@x" + label + ".c"));
}

TEST_CASE("comments may nest to the bound and no deeper") {
  auto nested = [](size_t depth) {
    return std::string(depth, '(') + std::string(depth, ')') + "a@b.c";
  };
  CHECK(parse_header_addresses(nested(limits::kCommentDepth)).has_value());
  CHECK_FALSE(parse_header_addresses(nested(limits::kCommentDepth + 1)).has_value());
}

TEST_CASE("a million comments or addresses are refused before they are read") {
  std::string comments;
  std::string addresses;
  for (int i = 0; i < 1'000'000; ++i) comments += "((((", addresses += "a@b,";
  for (const std::string& text : {comments, addresses}) {
    auto list = parse_header_addresses(text);
    REQUIRE_FALSE(list.has_value());
    CHECK_EQ(list.error().code, Errc::limit);
  }
  // The largest list that is read: every octet an opening bracket, a quote, an empty element.
  for (const char* unit : {"(", "\"", ",", "()", "<", "a,", ":", "\\", "=?", "=?a?q?", "[", "@"}) {
    std::string text;
    while (text.size() + 8 < limits::kAddressListBytes) text += unit;
    CHECK_FALSE(parse_header_addresses(text).has_value());
  }
}

TEST_CASE("a local part is quoted again exactly where it must be") {
  const std::pair<const char*, const char*> rows[] = {
      {"a", "a"},         {"a.b", "a.b"},         {"a+b", "a+b"},         {"a b", "\"a b\""},
      {"", "\"\""},       {".a", "\".a\""},       {"a.", "\"a.\""},       {"a..b", "\"a..b\""},
      {"a@b", "\"a@b\""}, {"a\"b", "\"a\\\"b\""}, {"a\\b", "\"a\\\\b\""}, {"用户", "用户"}};
  for (auto& [local, quoted] : rows) {
    CHECK_EQ(quote_local(local), quoted);
    auto again = parse_smtp_mailbox(std::string(quoted) + "@b.c");
    REQUIRE(again.has_value());
    CHECK_EQ(again->local, local);
  }
}

TEST_CASE("the ASCII form is there when it can be, and a caller may add the A-labels") {
  CHECK_EQ(parse_smtp_mailbox("\"a b\"@C.d")->ascii, "\"a b\"@c.d");
  auto mailbox = parse_smtp_mailbox("a@例子.cn").value();
  CHECK(mailbox.ascii.empty());
  CHECK(needs_smtputf8(mailbox));
  set_ascii_domain(mailbox, "xn--fsqu00a.cn");
  CHECK_EQ(mailbox.ascii, "a@xn--fsqu00a.cn");
  CHECK_FALSE(needs_smtputf8(mailbox));
  auto utf8 = parse_smtp_mailbox("用@b.c").value();
  CHECK(utf8.ascii.empty());
  CHECK(needs_smtputf8(utf8));
}

TEST_CASE("mailboxes filled by hand meet the same rules") {
  CHECK(make_mailbox("N", "a b", "b.c").has_value());
  const Mailbox bad[] = {{"N\r\nX: y", "a", "b.c", ""},
                         {"", "a\r\n", "b.c", ""},
                         {"", "a", "b.c\r\n", ""},
                         {"", "a", "b.c> X", ""},
                         {"", "a", "", ""},
                         {"", "a", "b.c", "x@b.c"},
                         {"", "a", "b.c", "a@b.c\r\n"},
                         {"", std::string(65, 'a'), "b.c", ""},
                         {std::string(513, 'n'), "a", "b.c", ""}};
  for (const Mailbox& mailbox : bad) CHECK_FALSE(check_mailbox(mailbox).has_value());
}
