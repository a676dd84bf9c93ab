#include "mime/content_type.h"

#include <doctest/doctest.h>

#include "base/limits.h"

using namespace ph;
using namespace ph::mime;

TEST_CASE("content types are read with the parameters of RFC 2045 and RFC 2231") {
  struct Row {
    const char* value;
    const char* full;
    std::vector<Parameter> parameters;
  };
  const Row rows[] = {
      {"text/plain", "text/plain", {}},
      {" Text/HTML ; Charset=UTF-8", "text/html", {{"charset", "UTF-8"}}},
      {"text/plain; charset=us-ascii (Plain text)", "text/plain", {{"charset", "us-ascii"}}},
      {"text/plain; charset=\"us-ascii\"", "text/plain", {{"charset", "us-ascii"}}},
      {"(a) text (b) / (c) plain (d) ; (e) x (f) = (g) y (h)", "text/plain", {{"x", "y"}}},
      {"a/b; x=\"q\\\"\\\\;\"; y=2", "a/b", {{"x", "q\"\\;"}, {"y", "2"}}},
      {"a/b;\r\n\tx=1;\r\n y=2;", "a/b", {{"x", "1"}, {"y", "2"}}},
      {"a/b; x=1; X=2", "a/b", {{"x", "1"}}},
      {"a/b; name=my file.pdf", "a/b", {{"name", "my file.pdf"}}},
      {"a/b; junk; ; =3; x=1", "a/b", {{"x", "1"}}},
      {"a/b; x=\"open", "a/b", {{"x", "open"}}},
      {"a/b; x=", "a/b", {{"x", ""}}},
      {"a/b; u*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A",
       "a/b",
       {{"u", "This is ***fun***"}}},
      {"a/b; u*0*=us-ascii'en'This%20is%20even%20more%20; u*1*=%2A%2A%2Afun%2A%2A%2A%20; "
       "u*2=\"isn't it!\"",
       "a/b",
       {{"u", "This is even more ***fun*** isn't it!"}}},
      {"a/b; u*1=two; u*0=one", "a/b", {{"u", "onetwo"}}},
      {"a/b; u*0=one; u*2=three", "a/b", {{"u", "one"}}},
      {"a/b; u*0=one; u*0=uno; u*1=two", "a/b", {{"u", "onetwo"}}},
      {"a/b; u*5=x; u=plain", "a/b", {{"u", "plain"}}},
      {"a/b; u=plain; u*=utf-8''%C3%A9", "a/b", {{"u", "é"}}},
      {"a/b; u*=iso-8859-1''%E9", "a/b", {{"u", "é"}}},
      {"a/b; u*=utf-8''%ZZ%4", "a/b", {{"u", "%ZZ%4"}}},
      {"a/b; u*=nocharset", "a/b", {{"u", "nocharset"}}},
      {"a/b; u*x=1", "a/b", {{"u", ""}}},
  };
  for (const Row& row : rows) {
    INFO(std::string(row.value));
    auto type = parse_content_type(row.value);
    REQUIRE(type.has_value());
    CHECK_EQ(type->full(), row.full);
    REQUIRE_EQ(type->parameters.size(), row.parameters.size());
    for (size_t i = 0; i < row.parameters.size(); ++i) {
      CHECK_EQ(type->parameters[i].name, row.parameters[i].name);
      CHECK_EQ(type->parameters[i].value, row.parameters[i].value);
    }
  }
}

TEST_CASE("what has no type and subtype is no content type") {
  for (const char* bad : {"", "text", "text/", "/plain", "te xt/plain", "text plain", "(",
                          "text/;x=1", "text/pl@in", "=/="}) {
    INFO(std::string(bad));
    CHECK_FALSE(parse_content_type(bad).has_value());
  }
}

TEST_CASE("dispositions give their kind and file name") {
  auto disposition = parse_content_disposition(
      "Attachment; filename=\"na_ve.txt\"; filename*=utf-8''na%C3%AFve.txt; size=3");
  REQUIRE(disposition.has_value());
  CHECK_EQ(disposition->kind, "attachment");
  CHECK_EQ(disposition->parameter("filename"), "naïve.txt");
  CHECK_EQ(disposition->parameter("size"), "3");
  CHECK_FALSE(parse_content_disposition("; filename=x").has_value());
}

TEST_CASE("a hundred thousand segments or parameters meet a bound") {
  std::string segments = "a/b";
  std::string parameters = "a/b";
  for (int i = 0; i < 100'000; ++i) {
    segments += "; f*" + std::to_string(99'999 - i) + "*=x";
    parameters += "; p" + std::to_string(i) + "=x";
  }
  CHECK_EQ(parse_content_type(segments).error().code, Errc::limit);
  CHECK_EQ(parse_content_type(parameters).error().code, Errc::limit);
  std::string value(limits::kMimeParameterBytes, 'x');
  CHECK(parse_content_type("a/b; x=" + value).has_value());
  CHECK_EQ(parse_content_type("a/b; x=x" + value).error().code, Errc::limit);
  CHECK_EQ(parse_content_type("a/b; x*1=x; x*0=" + value).error().code, Errc::limit);
  for (const char* unit : {";", "=", "\"", "(", "\\", ";x", "a/", "*"}) {
    std::string text = "a/b;";
    while (text.size() < (1u << 20)) text += unit;
    auto read = parse_content_type(text);
    CHECK((!read.has_value() || read->parameters.size() <= limits::kMimeParameters));
  }
}
