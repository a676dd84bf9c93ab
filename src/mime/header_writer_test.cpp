#include "mime/header_writer.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "base/random.h"
#include "base/text.h"
#include "mime/encoded_word.h"
#include "mime/header.h"
#include "mime/transfer_encoding.h"

using namespace ph;
using namespace ph::mime;

namespace {

// One field, read back; every line within the bound, all of it ASCII, no line of white space only.
std::string written_value(const std::string& text, size_t most) {
  CHECK(is_ascii(text));
  CHECK(text.ends_with("\r\n"));
  CHECK_LE(measure_body(text).longest_line, most);
  auto block = read_header_block(text).value();
  REQUIRE_EQ(block.fields.size(), 1);
  CHECK_EQ(block.fields[0].raw, text);
  for (std::string_view line : split(text.substr(0, text.size() - 2), '\n'))
    CHECK_FALSE(trim(line).empty());
  return unfold(block.fields[0].value);
}

std::string one_field(Result<> (HeaderWriter::*how)(std::string_view, std::string_view),
                      std::string_view value) {
  HeaderWriter writer;
  REQUIRE((writer.*how)("Subject", value).has_value());
  return writer.take();
}

}  // namespace

TEST_CASE("text goes into a field as it is, or as encoded-words where it must") {
  const std::pair<std::string, std::string> rows[] = {
      {"hello", "Subject: hello\r\n"},
      {"", "Subject:\r\n"},
      {"  padded ", "Subject: padded\r\n"},
      {"two  spaces", "Subject: two  spaces\r\n"},
      {"50% \u20ac off", "Subject: 50% =?utf-8?b?4oKs?= off\r\n"},
      {"\u4f60 and \u597d", "Subject: =?utf-8?b?5L2gIGFuZCDlpb0=?=\r\n"},
      {"=?utf-8?q?x?=", "Subject: =?utf-8?b?PT91dGYtOD9xP3g/PQ==?=\r\n"},
      {"in na\u00efve-looking-words here",
       "Subject: in =?utf-8?q?na=C3=AFve-looking-words?= here\r\n"},
      {"tab\there", "Subject: =?utf-8?q?tab=09here?=\r\n"}};
  for (auto& [text, wanted] : rows) CHECK_EQ(one_field(&HeaderWriter::unstructured, text), wanted);
}

TEST_CASE("any text survives folding, encoding, unfolding and decoding") {
  FakeRandom random(11);
  const char* pieces[] = {"word", " ",    "a",  "  ", "longer-word-here",
                          "é",    "张三", "=?", "\t", "😀",
                          "\"",   ",",    "?=", "x"};
  for (int round = 0; round < 1500; ++round) {
    std::string text;
    size_t mix = 1 + random.below(14);
    for (uint64_t n = random.below(120); n > 0; --n) text += pieces[random.below(mix)];
    std::string field = one_field(&HeaderWriter::unstructured, text);
    bool spaced = text.contains(' ') || !is_ascii(text);
    std::string value = written_value(field, spaced ? 200 : limits::kHeaderLine);
    CHECK_EQ(decode_encoded_words(value), trim(text));
  }
  for (size_t size : {77u, 78u, 919u, 921u, 998u, 5000u}) {
    std::string word(size, 'w');
    std::string field = one_field(&HeaderWriter::unstructured, "a " + word);
    CHECK_EQ(decode_encoded_words(written_value(field, limits::kHeaderLine)), "a " + word);
  }
  std::string spaces = "a" + std::string(3000, ' ') + "b";
  CHECK_EQ(decode_encoded_words(written_value(one_field(&HeaderWriter::unstructured, spaces), 78)),
           spaces);
}

TEST_CASE("structured values fold at their spaces and are never changed") {
  std::string ids;
  for (int i = 0; i < 40; ++i) ids += "<message-" + std::to_string(i) + "@example.org> ";
  ids.pop_back();
  std::string field = one_field(&HeaderWriter::structured, ids);
  CHECK_EQ(written_value(field, 78), ids);
  std::string url = "<https://example.org/" + std::string(900, 'x') + ">";
  CHECK_EQ(written_value(one_field(&HeaderWriter::structured, url), limits::kHeaderLine), url);
  HeaderWriter writer;
  CHECK_EQ(writer.structured("X", std::string(998, 'x')).error().code, Errc::limit);
  CHECK_FALSE(writer.structured("X", "é").has_value());
  CHECK_EQ(writer.text(), "");
}

TEST_CASE("no value can end its field") {
  HeaderWriter writer;
  const std::string bad[] = {"a\r\nBcc: b@c.d", "a\nb", "a\rb", std::string("a\0b", 3), "\xff"};
  for (const std::string& value : bad) {
    CHECK_FALSE(writer.unstructured("X", value).has_value());
    CHECK_FALSE(writer.structured("X", value).has_value());
    Parameter parameter{"filename", value};
    CHECK_FALSE(writer.parameters("X", "attachment", std::span(&parameter, 1)).has_value());
    Mailbox mailbox{value, "a", "b.c", ""};
    CHECK_FALSE(writer.mailboxes("X", std::span(&mailbox, 1)).has_value());
    mailbox = {"", "a" + value, "b.c", ""};
    CHECK_FALSE(writer.mailboxes("X", std::span(&mailbox, 1)).has_value());
    CHECK_FALSE(writer.unstructured(value, "x").has_value());
  }
  CHECK_EQ(writer.text(), "");
  // Other controls are hidden in encoded-words.
  CHECK_EQ(one_field(&HeaderWriter::unstructured, "a\x0b\u0085z"),
           "Subject: =?utf-8?b?YQvChXo=?=\r\n");
}

TEST_CASE("mailboxes are written so that the same ones are read") {
  const char* names[] = {"",
                         "Plain Name",
                         "J. R.",
                         "Acme, Inc.",
                         "Quo\"te \\",
                         "张三",
                         "=?utf-8?q?x?=",
                         "a  b",
                         "Günther Öttinger-Straßenbahnhaltestelle the 3rd"};
  std::vector<Mailbox> list;
  for (int i = 0; i < 60; ++i) {
    std::string name = names[i % 9];
    if (i == 30) name = std::string(300, 'n') + " " + std::string(200, 'm');
    list.push_back(make_mailbox(name, i % 7 ? "user" : "us er", "example.org").value());
  }
  HeaderWriter writer;
  REQUIRE(writer.mailboxes("To", list).has_value());
  CHECK_FALSE(writer.needs_smtputf8());
  std::string text = writer.take();
  CHECK(is_ascii(text));
  CHECK_LE(measure_body(text).longest_line, 78);
  auto block = read_header_block(text).value();
  auto again = parse_header_addresses(block.fields.at(0).value);
  REQUIRE(again.has_value());
  REQUIRE_EQ(again->mailboxes.size(), list.size());
  for (size_t i = 0; i < list.size(); ++i) CHECK_EQ(again->mailboxes[i], list[i]);
}

TEST_CASE("only an address without an ASCII form makes a header UTF-8") {
  HeaderWriter writer;
  Mailbox domain = parse_api_address("张 <a@例子.cn>").value();
  set_ascii_domain(domain, "xn--fsqu00a.cn");
  REQUIRE(writer.mailboxes("To", std::span(&domain, 1)).has_value());
  CHECK_FALSE(writer.needs_smtputf8());
  CHECK(is_ascii(writer.text()));
  Mailbox local = parse_api_address("用户@b.c").value();
  REQUIRE(writer.mailboxes("Cc", std::span(&local, 1)).has_value());
  CHECK(writer.needs_smtputf8());
  CHECK(writer.text().contains("Cc: 用户@b.c\r\n"));
}

TEST_CASE("parameters of any content and length are read back") {
  std::string chinese;
  for (int i = 0; i < 60; ++i) chinese += "报告";
  const std::string values[] = {
      "a.txt",   "my file.txt", "q\"uo\\te.txt",       "报告.pdf", chinese, "",
      "50%.txt", "it's.txt",    std::string(250, 'x'), "é'\"*.txt"};
  for (const std::string& value : values) {
    INFO(value);
    HeaderWriter writer;
    Parameter list[] = {{"filename", value}, {"size", "3"}};
    REQUIRE(writer.parameters("Content-Disposition", "attachment", list).has_value());
    auto read = parse_content_disposition(written_value(writer.text(), 260));
    REQUIRE(read.has_value());
    CHECK_EQ(read->parameter("filename"), value);
    CHECK_EQ(read->parameter("size"), "3");
    CHECK_EQ(read->parameters.size(), 2);
  }
  HeaderWriter writer;
  Parameter name{"filename", "报告.pdf"};
  REQUIRE(writer.parameters("Content-Disposition", "attachment", std::span(&name, 1)).has_value());
  CHECK_EQ(writer.text(),
           "Content-Disposition: attachment; filename*=utf-8''%E6%8A%A5%E5%91%8A.pdf\r\n");
}
