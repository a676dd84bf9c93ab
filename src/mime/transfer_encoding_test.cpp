#include "mime/transfer_encoding.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/limits.h"
#include "base/random.h"
#include "base/text.h"

using namespace ph;
using namespace ph::mime;

namespace {

size_t longest_line(std::string_view text) {
  return measure_body(text).longest_line;
}

// Octet by octet, as the header of measure_body() says it.
BodyShape measured_slowly(std::string_view bytes) {
  BodyShape shape;
  size_t line = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    char c = bytes[i];
    bool pair = c == '\r' && i + 1 < bytes.size() && bytes[i + 1] == '\n';
    line = pair ? 0 : line + 1;
    shape.longest_line = std::max(shape.longest_line, line);
    if (pair) ++i;
    if (pair) continue;
    shape.has_bare_break = shape.has_bare_break || c == '\r' || c == '\n';
    shape.has_nul = shape.has_nul || c == '\0';
    if (static_cast<uint8_t>(c) >= 0x80) ++shape.high;
    else if ((c < ' ' && c != '\t') || c == 0x7f) ++shape.controls;
  }
  return shape;
}

}  // namespace

TEST_CASE("a body is measured as octet by octet, whatever its length") {
  FakeRandom random(11);
  constexpr std::string_view alphabet("\r\n\t a\x7f\x80\xff\x01\0", 10);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes;
    for (size_t n = random.below(round % 20 == 0 ? 700 : 40); bytes.size() < n;) {
      bytes += alphabet[random.below(round % 2 == 0 ? 10 : 5)];
      if (random.below(4) == 0) bytes += "\r\n";
      if (random.below(8) == 0) bytes += std::string(random.below(150), 'x');
    }
    BodyShape fast = measure_body(bytes);
    BodyShape slow = measured_slowly(bytes);
    CHECK_EQ(fast.high, slow.high);
    CHECK_EQ(fast.controls, slow.controls);
    CHECK_EQ(fast.longest_line, slow.longest_line);
    CHECK_EQ(fast.has_nul, slow.has_nul);
    CHECK_EQ(fast.has_bare_break, slow.has_bare_break);
  }
}

TEST_CASE("quoted-printable text is what RFC 2045 section 6.7 says") {
  const std::pair<std::string, std::string> rows[] = {
      {"", ""},
      {"a=b", "a=3Db"},
      {"é", "=C3=A9"},
      {"a \r\nb\t\r\n", "a=20\r\nb=09\r\n"},
      {"end ", "end=20"},
      {"a\rb\nc", "a=0Db=0Ac"},
      {std::string("\0", 1), "=00"},
      {".\r\n..x", "=2E\r\n=2E.x"},
      {"From me\r\nFromage", "=46rom me\r\nFromage"},
      {std::string(75, 'x') + "--b", std::string(75, 'x') + "=\r\n=2D-b"},
      {std::string(76, 'x'), std::string(76, 'x')},
      {std::string(77, 'x'), std::string(75, 'x') + "=\r\nxx"}};
  for (auto& [plain, coded] : rows) {
    CHECK_EQ(encode_quoted_printable(plain, LineBreaks::text), coded);
    CHECK_EQ(decode_quoted_printable(coded).bytes, plain);
  }
  CHECK_EQ(encode_quoted_printable("a\r\n", LineBreaks::binary), "a=0D=0A");
}

TEST_CASE("broken quoted-printable loses nothing and says so") {
  struct Row {
    const char* coded;
    const char* plain;
    bool clean;
  };
  const Row rows[] = {
      {"a=\r\nb", "ab", true}, {"a= \t\r\nb", "ab", true}, {"a   \r\nb", "a\r\nb", true},
      {"=e9", "\xe9", true},   {"a=", "a", true},          {"a=4", "a=4", false},
      {"=ZZ", "=ZZ", false},   {"==41", "=A", false},      {"a=\nb", "ab", true},
      {"a\nb", "a\nb", true},  {"=4=31", "=41", false}};
  for (const Row& row : rows) {
    INFO(std::string(row.coded));
    Decoded decoded = decode_quoted_printable(row.coded);
    CHECK_EQ(decoded.bytes, row.plain);
    CHECK_EQ(decoded.clean, row.clean);
  }
}

TEST_CASE("base64 is read whatever stands between its digits") {
  struct Row {
    const char* coded;
    const char* plain;
    bool clean;
  };
  const Row rows[] = {{"", "", true},
                      {"Zm9vYmFy", "foobar", true},
                      {"Zm9v\r\nYg==\r\n", "foob", true},
                      {"Zm9v!Yg==", "foob", false},
                      {"Zg==Zg==", "ff", false},
                      {"Zg", "f", false},
                      {"Z", "", false},
                      {"====", "", true},
                      {"\xff\xfe", "", false}};
  for (const Row& row : rows) {
    INFO(std::string(row.coded));
    Decoded decoded = decode_base64(row.coded);
    CHECK_EQ(decoded.bytes, row.plain);
    CHECK_EQ(decoded.clean, row.clean);
  }
}

TEST_CASE("every octet string comes back, in lines of at most 76") {
  FakeRandom random(3);
  const char* pieces[] = {"\r\n", "\r",    "\n", " ", "\t",
                          ".",    "From ", "=",  "é", "xxxxxxxxxxxxxxxx"};
  for (int round = 0; round < 600; ++round) {
    std::string bytes = random.bytes(random.below(100));
    for (uint64_t n = random.below(60); n > 0; --n) bytes += pieces[random.below(10)];
    std::string base64 = encode_base64(bytes);
    CHECK_LE(longest_line(base64), 76);
    CHECK(measure_body(base64).is_seven_bit());
    CHECK_EQ(decode_base64(base64).bytes, bytes);
    CHECK(decode_base64(base64).clean);
    for (LineBreaks breaks : {LineBreaks::text, LineBreaks::binary}) {
      std::string coded = encode_quoted_printable(bytes, breaks);
      CHECK_LE(longest_line(coded), 76);
      CHECK(measure_body(coded).is_seven_bit());
      CHECK_FALSE(coded.contains("\r\n."));
      CHECK_FALSE(coded.contains("\r\nFrom "));
      CHECK_EQ(decode_quoted_printable(coded).bytes, bytes);
      CHECK(decode_quoted_printable(coded).clean);
    }
  }
}

TEST_CASE("the encoding fits the content") {
  CHECK_EQ(choose_text_encoding("plain\r\n"), TransferEncoding::seven_bit);
  CHECK_EQ(choose_text_encoding(std::string(998, 'x')), TransferEncoding::seven_bit);
  CHECK_EQ(choose_text_encoding(std::string(999, 'x')), TransferEncoding::quoted_printable);
  CHECK_EQ(choose_text_encoding("bare\nbreak and some more"), TransferEncoding::quoted_printable);
  CHECK_EQ(choose_text_encoding("mostly plain, one \u00e9 in it"),
           TransferEncoding::quoted_printable);
  CHECK_EQ(choose_text_encoding("你好，世界"), TransferEncoding::base64);
  CHECK_EQ(choose_text_encoding(""), TransferEncoding::seven_bit);
}

TEST_CASE("encoding names are read as real mail writes them") {
  CHECK_EQ(parse_transfer_encoding(" BASE64 "), TransferEncoding::base64);
  CHECK_EQ(parse_transfer_encoding("quoted-printable; x"), TransferEncoding::quoted_printable);
  CHECK_EQ(parse_transfer_encoding("(x) 8bit (y)"), TransferEncoding::eight_bit);
  CHECK_EQ(parse_transfer_encoding("binary"), TransferEncoding::binary);
  CHECK_EQ(parse_transfer_encoding(""), TransferEncoding::seven_bit);
  CHECK_FALSE(parse_transfer_encoding("x-uuencode").has_value());
  CHECK_FALSE(parse_transfer_encoding("(((((").has_value());
}

TEST_CASE("every line end becomes CRLF") {
  CHECK_EQ(with_crlf("a\nb\rc\r\nd\r\r\n\n"), "a\r\nb\r\nc\r\nd\r\n\r\n\r\n");
  CHECK_EQ(with_crlf(""), "");
}

TEST_CASE("two megabytes of any one character pass through both decoders") {
  for (char c : {'=', ' ', '\r', '\n', 'A', '\xff', '\0'}) {
    std::string text(2u << 20, c);
    CHECK_LE(decode_base64(text).bytes.size(), text.size());
    CHECK_LE(decode_quoted_printable(text).bytes.size(), text.size());
  }
}
