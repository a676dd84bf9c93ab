#include "smtp/path.h"

#include <doctest/doctest.h>

using namespace ph;
using namespace ph::smtp;

namespace {

std::string forward(std::string_view text) {
  auto parsed = parse_path_argument(text, PathRole::forward);
  return parsed ? path_text(parsed->path) : "refused";
}

}  // namespace

TEST_CASE("paths are read strictly and written as they were meant") {
  const char* rows[][2] = {
      {"<a@b.example>", "<a@b.example>"},
      {"  <a@b.example>  ", "<a@b.example>"},
      {"<a+b.c@x-y.example>", "<a+b.c@x-y.example>"},
      {"<\"a b\"@x.example>", "<\"a b\"@x.example>"},
      {"<\"a\"@x.example>", "<a@x.example>"},
      {"<\"a\\\"b\"@x.example>", "<\"a\\\"b\"@x.example>"},
      {"<x@[192.0.2.1]>", "<x@[192.0.2.1]>"},
      {"<postmaster>", "<postmaster>"},
      {"<ü@ü.example>", "<ü@ü.example>"},
  };
  for (auto& [text, wanted] : rows) CHECK_EQ(forward(text), wanted);
}

TEST_CASE("what is no path is refused") {
  for (const char* bad :
       {"", "<", ">", "<>", "a@b.example", "<a@b.example", "a@b.example>", "<a>", "<@b.example>",
        "<a@>", "<a@b..example>", "<a@.b>", "<a@b.example.>", "<a@-b.example>", "<.a@b.example>",
        "<a.@b.example>", "<a..b@b.example>", "<a b@c.example>", "<a@b c>", "<a@b@c.example>",
        "<@r.example:a@b.example>", "<@a,@b:c@d.example>", "<a(x)@b.example>", "<a@b.example(x)>",
        "<\"a@b.example>", "<a\"b@c.example>", "<\"a\nb\"@c.example>", "<\"a\rb\"@c.example>",
        "<a@[300.1.1.1]>", "<a@[1.2.3]>", "<a@[]>", "<a@[IPv6:zz]>", "<<a@b.example>>",
        "<a@b.example>>", "<a@b.example>x", "<a@b.example>\t", "<root>", "<a@b.example> =x",
        "<a@b.example> X=", "<a@b.example> X=a=b", "<a@b.example> -X", "<a@b.example> X X",
        "<\"foo@x> ORCPT=admin@a.example\"@y.example>", "<\"a<b\"@y.example>",
        "<a%b@c.example", "<a@b.example\x01>", "<a@b.example> X=\x7f"})
    CHECK_MESSAGE(forward(bad) == "refused", bad);
  CHECK_EQ(forward("<" + std::string(65, 'a') + "@b.example>"), "refused");
  CHECK_EQ(forward("<a@" + std::string(64, 'b') + ".example>"), "refused");
  CHECK_EQ(forward("<a@" + std::string(300, 'b') + ">"), "refused");
}

TEST_CASE("parameters keep their order, in upper case, and are bounded") {
  auto parsed = parse_path_argument("<> size=10  Body=8bitMIME SMTPUTF8", PathRole::reverse);
  REQUIRE(parsed.has_value());
  CHECK(parsed->path.is_null);
  REQUIRE_EQ(parsed->parameters.size(), 3);
  auto mail = read_mail_parameters(parsed->parameters, {.smtputf8 = true});
  REQUIRE(mail.has_value());
  CHECK_EQ(mail->size, 10);
  CHECK_EQ(mail->body, Body::eight_bit);
  CHECK(mail->smtputf8);
  CHECK_EQ(read_mail_parameters(parsed->parameters, {}).error().code, Errc::unsupported);
  std::string many = "<>";
  for (int i = 0; i < 17; ++i) many += " X" + std::to_string(i);
  CHECK_EQ(parse_path_argument(many, PathRole::reverse).error().code, Errc::limit);
}

TEST_CASE("xtext goes both ways and nothing else is xtext") {
  for (std::string_view text : {"", "a", "a+b=c", "x y\r\n", "\xc3\xbc", "<>"})
    CHECK_EQ(xtext_decode(xtext_encode(text)).value(), text);
  for (const char* bad : {"+", "+4", "+4g", "+4a", "a=b", "a b", "\xc3\xbc", "a\x7f"})
    CHECK_MESSAGE(!xtext_decode(bad).has_value(), bad);
}

TEST_CASE("an address from elsewhere obeys the same rules") {
  CHECK(make_path("").value().is_null);
  CHECK_EQ(path_text(make_path("\"a b\"@c.example").value()), "<\"a b\"@c.example>");
  for (const char* bad : {"a", "a@b.example>", "a@b.example\r\nRCPT TO:<x@y>", "<a@b.example>",
                          "a@b.example NOTIFY=NEVER", "\"a>\"@b.example"})
    CHECK_MESSAGE(!make_path(bad).has_value(), bad);
}
