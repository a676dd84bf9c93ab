#include "mailauth/dkim_message.h"

#include <doctest/doctest.h>

#include "base/limits.h"

using namespace ph;
using namespace ph::mailauth;

TEST_CASE("a message falls into raw fields and a body") {
  auto message = split_message("A: 1\r\nB :\r\n\t2\r\n 3\r\na:4\r\n\r\nbody\r\n\r\nmore").value();
  REQUIRE_EQ(message.fields.size(), 3);
  CHECK_EQ(message.fields[0].raw, "A: 1");
  CHECK_EQ(message.fields[1].name, "B");
  CHECK_EQ(message.fields[1].raw, "B :\r\n\t2\r\n 3");
  CHECK_EQ(message.fields[1].value(), "\r\n\t2\r\n 3");
  CHECK_EQ(message.fields[2].name, "a");
  CHECK_EQ(message.body, "body\r\n\r\nmore");
}

TEST_CASE("a message may lack body, empty line, last line end or all of it") {
  CHECK_EQ(split_message("").value().fields.size(), 0);
  CHECK_EQ(split_message("\r\nbody").value().body, "body");
  for (const char* text : {"A: 1", "A: 1\r\n", "A: 1\r\n\r\n"}) {
    auto message = split_message(text).value();
    REQUIRE_EQ(message.fields.size(), 1);
    CHECK_EQ(message.fields[0].raw, "A: 1");
    CHECK_EQ(message.body, "");
  }
}

TEST_CASE("an mbox line at the top is no field") {
  auto message = split_message("From joe@example.org Sat Nov 21\r\nFrom: joe\r\n\r\nx").value();
  REQUIRE_EQ(message.fields.size(), 1);
  CHECK_EQ(message.fields[0].name, "From");
}

TEST_CASE("what is no header section is refused") {
  for (const char* bad : {" continuation\r\n\r\n", "no colon\r\n\r\n", ": value\r\n\r\n",
                          "A: 1\r\nno colon\r\n", "na me: x\r\n", "n\xc3\xa4me: x\r\n"})
    CHECK_FALSE(split_message(bad).has_value());
}

TEST_CASE("number and size of fields are bounded") {
  std::string many;
  for (size_t i = 0; i < limits::kHeaderFields; ++i) many += "A: 1\r\n";
  CHECK(split_message(many + "\r\nx").has_value());
  CHECK_FALSE(split_message(many + "A: 1\r\n\r\nx").has_value());
  CHECK_FALSE(split_message("A: " + std::string(limits::kHeaderBytes, 'x')).has_value());
}

TEST_CASE("line ends of files become CRLF and CRLF stays") {
  CHECK_EQ(with_crlf_line_ends("a\nb\r\n\n\r\nc\rd"), "a\r\nb\r\n\r\n\r\nc\rd");
  CHECK_EQ(with_crlf_line_ends("\n"), "\r\n");
  CHECK_EQ(with_crlf_line_ends(""), "");
}
