#include "mime/header.h"

#include <doctest/doctest.h>

#include "base/limits.h"

using namespace ph;
using namespace ph::mime;

TEST_CASE("fields are found with their folds, their places and the body after them") {
  std::string_view text =
      "From: a@b.c\r\nSubject : one\r\n two\r\n\tthree\r\nX-Empty:\r\nsubject: "
      "again\r\n\r\nbody\r\n";
  auto block = read_header_block(text).value();
  REQUIRE_EQ(block.fields.size(), 4);
  CHECK_FALSE(block.wrong.has_value());
  CHECK_EQ(block.fields[0].name, "From");
  CHECK_EQ(block.fields[0].value, " a@b.c");
  CHECK_EQ(block.fields[1].name, "Subject");
  CHECK_EQ(block.fields[1].value, " one\r\n two\r\n\tthree");
  CHECK_EQ(block.fields[1].raw, "Subject : one\r\n two\r\n\tthree\r\n");
  CHECK_EQ(block.fields[1].line, 2);
  CHECK_EQ(text.substr(block.fields[1].offset, 7), "Subject");
  CHECK_EQ(block.value("SUBJECT"), "one two\tthree");
  CHECK_EQ(block.count("subject"), 2);
  CHECK_EQ(block.value("X-Empty"), "");
  CHECK_EQ(block.find("X-None"), nullptr);
  CHECK_EQ(text.substr(block.end), "\r\nbody\r\n");
  CHECK_EQ(text.substr(block.body), "body\r\n");
}

TEST_CASE("broken header sections are read as far as they mean something") {
  struct Row {
    const char* text;
    size_t fields;
    size_t wrong_line;  // 0: none
    const char* body;
  };
  const Row rows[] = {
      {"", 0, 0, ""},
      {"\r\n", 0, 0, ""},
      {"\nbody", 0, 0, "body"},
      {"A: b", 1, 0, ""},
      {"A: b\r\n", 1, 0, ""},
      {"A: b\n\nbody", 1, 0, "body"},
      {"From me Mon\nA: b\n\nbody", 1, 1, "body"},
      {" x\r\nA: b\r\n\r\n", 1, 1, ""},
      {"A: b\r\nno colon\r\n more\r\nC: d\r\nnone\r\n\r\nx", 2, 2, "x"},
      {": b\r\n\r\n", 0, 1, ""},
      {"A B: c\r\n\r\n", 0, 1, ""},
      {"\xc3\xa9: c\r\n\r\n", 0, 1, ""},
      {"A: b\r\n \r\n c\r\n\r\nx", 1, 0, "x"},
  };
  for (const Row& row : rows) {
    INFO(std::string(row.text));
    auto block = read_header_block(row.text);
    REQUIRE(block.has_value());
    CHECK_EQ(block->fields.size(), row.fields);
    CHECK_EQ(block->wrong ? block->wrong->line : 0, row.wrong_line);
    CHECK_EQ(std::string_view(row.text).substr(block->body), row.body);
  }
}

TEST_CASE("header sections have bounds in octets and fields") {
  std::string fields;
  for (size_t i = 0; i < limits::kHeaderFields; ++i) fields += "A: b\r\n";
  CHECK_EQ(read_header_block(fields + "\r\n")->fields.size(), limits::kHeaderFields);
  CHECK_EQ(read_header_block(fields + "A: b\r\n\r\n").error().code, Errc::limit);
  std::string long_line = "A: " + std::string(limits::kHeaderBytes - 7, 'x') + "\r\n\r\n";
  REQUIRE_EQ(long_line.size(), limits::kHeaderBytes);
  CHECK(read_header_block(long_line).has_value());
  std::string body(1u << 20, 'y');
  CHECK(read_header_block(long_line + body).has_value());
  for (const char* unit : {"x", "A: b\n ", " \r\n", "A:\r\n", "\r"}) {
    std::string text = "A: b\r\n";
    while (text.size() < 10u << 20) text += unit;
    CHECK_EQ(read_header_block(text).error().code, Errc::limit);
  }
}

TEST_CASE("field names are printable ASCII without colon, on one line") {
  for (const char* good : {"From", "X-Foo", "a", "!#$%&'*+-./0^_`|~"}) CHECK(is_field_name(good));
  for (const char* bad : {"", "a b", "a:", "a\r\n", "é", "a\t", "\x7f"})
    CHECK_FALSE(is_field_name(bad));
  CHECK(is_field_name(std::string(76, 'x')));
  CHECK_FALSE(is_field_name(std::string(77, 'x')));
}
