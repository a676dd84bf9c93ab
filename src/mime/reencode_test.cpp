#include "mime/reencode.h"

#include <doctest/doctest.h>

#include "base/random.h"
#include "base/text.h"
#include "mime/parse.h"

using namespace ph;
using namespace ph::mime;

namespace {

Reencoded safe(std::string_view message) {
  auto out = make_seven_bit(message);
  REQUIRE(out.has_value());
  CHECK_EQ(out->changed, out->bytes != message);
  if (!out->still_8bit && !out->needs_smtputf8 && out->long_line == 0)
    CHECK(measure_body(out->bytes).is_seven_bit());
  // Doing it again changes nothing.
  CHECK_FALSE(make_seven_bit(out->bytes)->changed);
  return std::move(*out);
}

void same_contents(const Part& a, const Part& b) {
  CHECK_EQ(a.type.full(), b.type.full());
  REQUIRE_EQ(a.parts.size(), b.parts.size());
  if (a.parts.empty()) CHECK_EQ(decoded_body(a), decoded_body(b));
  for (size_t i = 0; i < a.parts.size(); ++i) same_contents(a.parts[i], b.parts[i]);
}

const std::string kMime = "MIME-Version: 1.0\r\n";

}  // namespace

TEST_CASE("7-bit messages are untouched, octet for octet") {
  const std::string rows[] = {
      "Subject: x\r\n\r\nplain\r\n", "\r\nplain",
      kMime +
          "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\na\r\n",
      kMime +
          "Content-Type: multipart/mixed; boundary=b\r\n\r\npre\r\n--b\r\n\r\nx\r\n--b--\r\nepi",
      kMime + "Content-Type: message/rfc822\r\n\r\nA: b\r\n\r\nx\r\n"};
  for (const std::string& message : rows) {
    Reencoded out = safe(message);
    CHECK_FALSE(out.changed);
    CHECK_EQ(out.bytes, message);
    CHECK_FALSE(out.still_8bit);
    CHECK_FALSE(out.needs_smtputf8);
  }
}

TEST_CASE("8-bit text becomes quoted-printable or base64, and its label follows") {
  CHECK_EQ(
      safe(kMime + "Content-Type: text/plain; charset=utf-8\r\n"
                   "content-transfer-encoding:\r\n 8bit\r\nX: y\r\n\r\nthe caf\u00e9 is open\r\n")
          .bytes,
      kMime +
          "Content-Type: text/plain; charset=utf-8\r\n"
          "Content-Transfer-Encoding: quoted-printable\r\nX: y\r\n\r\n"
          "the caf=C3=A9 is open\r\n");
  CHECK_EQ(safe(kMime + "Content-Type: text/plain; charset=utf-8\r\n\r\n你好\r\n").bytes,
           kMime +
               "Content-Type: text/plain; charset=utf-8\r\n"
               "Content-Transfer-Encoding: base64\r\n\r\n5L2g5aW9DQo=\r\n");
  CHECK_EQ(safe("Subject: x\r\n\r\nthe caf\u00e9 is open\r\n").bytes,
           "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
           "Content-Transfer-Encoding: quoted-printable\r\n\r\nthe caf=C3=A9 is open\r\n");
}

TEST_CASE("over-long lines are folded away, also inside base64") {
  std::string line(2000, 'x');
  Reencoded out = safe(kMime + "\r\n" + line + "\r\nend");
  CHECK(out.changed);
  CHECK_EQ(decoded_body(parse_mime(out.bytes)->root), line + "\r\nend");
  std::string base64;
  for (int i = 0; i < 400; ++i) base64 += "AQID";
  std::string message =
      kMime + "Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64 + "\r\n";
  out = safe(message);
  CHECK(out.changed);
  same_contents(parse_mime(message)->root, parse_mime(out.bytes)->root);
}

TEST_CASE("multiparts are walked, and what needs nothing in them stays") {
  std::string message =
      kMime +
      "Content-Type: multipart/mixed; boundary=b\r\n"
      "Content-Transfer-Encoding: 8bit\r\n\r\np\u00e9\r\n"
      "--b\r\nContent-Type: text/html\r\n\r\n<p>the caf\u00e9 is open</p>\r\n"
      "--b\r\nX: keep\r\n\r\nplain =3D\r\n"
      "--b\r\nContent-Type: application/x\r\nContent-Transfer-Encoding: binary\r\n\r\n"
      "\xff\xfe\r\n--b--\r\nepi\u00e9\r\n";
  Reencoded out = safe(message);
  CHECK_FALSE(out.still_8bit);
  CHECK(out.bytes.contains("--b\r\nX: keep\r\n\r\nplain =3D\r\n--b\r\n"));
  CHECK(out.bytes.contains("boundary=b\r\nContent-Transfer-Encoding: 7bit\r\n\r\np??\r\n--b\r\n"));
  CHECK(out.bytes.contains("Content-Transfer-Encoding: base64\r\n\r\n//4=\r\n--b--\r\nepi??\r\n"));
  same_contents(parse_mime(message)->root, parse_mime(out.bytes)->root);
}

TEST_CASE("signed and encrypted parts stay as they are, wherever they stand") {
  for (const char* kind : {"signed", "encrypted"}) {
    std::string inside = "Content-Type: multipart/" + std::string(kind) +
                         "; boundary=s\r\n\r\n--s\r\n\r\ncaf\u00e9\r\n--s\r\n\r\nx\r\n--s--\r\n";
    Reencoded out = safe(kMime + inside);
    CHECK_FALSE(out.changed);
    CHECK(out.still_8bit);
    out = safe(kMime + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + inside +
               "--b\r\n\r\nthe other caf\u00e9\r\n--b--\r\n");
    CHECK(out.changed);
    CHECK(out.still_8bit);
    CHECK(out.bytes.contains(inside));
    CHECK(out.bytes.contains("the other caf=C3=A9"));
  }
}

TEST_CASE("an enclosed message is re-encoded within, never around") {
  std::string message = kMime +
                        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
                        "Subject: in\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
                        "the caf\u00e9 is open\r\n";
  Reencoded out = safe(message);
  CHECK_FALSE(out.still_8bit);
  CHECK_EQ(out.bytes, kMime +
                          "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 7bit\r\n\r\n"
                          "Subject: in\r\nContent-Type: text/plain; charset=utf-8\r\n"
                          "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
                          "the caf=C3=A9 is open\r\n");
}

TEST_CASE("a part without a header section gets one when it is re-encoded") {
  std::string top = kMime + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n";
  CHECK_EQ(safe(top + "caf\u00e9 for all\r\n--b--\r\n").bytes,
           top + "Content-Transfer-Encoding: quoted-printable\r\n\r\ncaf=C3=A9 for all\r\n"
                 "--b--\r\n");
}

TEST_CASE("a part of a digest that is all body stays a message when it is re-encoded") {
  const std::string message = kMime +
                              "Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nx\r\n"
                              "--b\r\nno field, caf\u00e9\r\n--b--\r\n";
  Reencoded out = safe(message);
  CHECK(out.changed);
  same_contents(parse_mime(message)->root, parse_mime(out.bytes)->root);
}

TEST_CASE("what cannot be made 7-bit is said") {
  CHECK(safe("Subject: caf\u00e9\r\n\r\nx\r\n").needs_smtputf8);
  CHECK(safe(kMime + "Content-Type: message/rfc822\r\n\r\nSubject: caf\u00e9\r\n\r\nx").still_8bit);
  CHECK(safe(kMime + "Content-Type: message/partial\r\n\r\n\xff").still_8bit);
  CHECK(safe(kMime + "Content-Transfer-Encoding: x-uu\r\n\r\n\xff").still_8bit);
  CHECK(safe(kMime + "Content-Type: multipart/mixed; boundary=b\r\n\r\n\xff").still_8bit);
}

TEST_CASE("a soft line break cannot make a delimiter out of content") {
  std::string line = std::string(75, 'x') + "--b";
  std::string message = kMime + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" +
                        line + " caf\u00e9\r\n" + line + "\r\n--b--\r\n";
  Reencoded out = safe(message);
  CHECK(out.changed);
  same_contents(parse_mime(message)->root, parse_mime(out.bytes)->root);
}

TEST_CASE("beyond the parser's bounds nothing is guessed") {
  std::string message = kMime + "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (int i = 0; i < 1001; ++i) message += "--b\r\n\r\n\xff\r\n";
  CHECK_EQ(make_seven_bit(message).error().code, Errc::limit);
}

TEST_CASE("any mixture of parts keeps its contents") {
  FakeRandom random(21);
  const char* types[] = {"text/plain",
                         "text/html",
                         "application/x",
                         "message/rfc822",
                         "multipart/signed; boundary=q",
                         "text/plain; charset=utf-8"};
  const char* encodings[] = {"7bit", "8bit", "binary", "base64", "quoted-printable", "x-other"};
  const char* bodies[] = {"plain",
                          "caf\u00e9",
                          "你好",
                          "=E9=",
                          "\xff\xfe",
                          "a \r\n.\r\nFrom x",
                          "--q\r\n\r\n\xff\r\n--q--",
                          "Y29kZQ==",
                          "A: \xc3\xa9\r\n\r\n\xc3\xa9"};
  for (int round = 0; round < 800; ++round) {
    std::string message = kMime + "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (uint64_t n = 1 + random.below(4); n > 0; --n) {
      message += "--b\r\nContent-Type: " + std::string(types[random.below(6)]) + "\r\n";
      if (random.below(3))
        message += "Content-Transfer-Encoding: " + std::string(encodings[random.below(6)]) + "\r\n";
      message += "\r\n";
      for (uint64_t k = random.below(4); k > 0; --k) message += bodies[random.below(9)];
      if (random.below(8) == 0) message += std::string(1200, 'l');
      message += "\r\n";
    }
    if (random.below(4)) message += "--b--\r\n";
    INFO(message);
    Reencoded out = safe(message);
    same_contents(parse_mime(message)->root, parse_mime(out.bytes)->root);
  }
}

TEST_CASE("a long header line is folded at its white space and says the same as before") {
  std::string words;
  for (int i = 0; i < 1000; ++i) words += " word" + std::to_string(i);
  std::string part = "--b\r\nX-Part:" + words + "\r\n\r\nx\r\n--b--\r\n";
  std::string message = "Subject:" + words + "\r\nX-Edge: " + std::string(990, 'x') + "\r\n" +
                        kMime + "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part;
  Reencoded out = safe(message);
  CHECK(out.changed);
  CHECK_EQ(out.long_line, 0);
  MimeTree tree = parse_mime(out.bytes).value();
  auto block = read_header_block(tree.root.header).value();
  CHECK_EQ(block.value("Subject"), words.substr(1));
  CHECK_EQ(block.value("X-Edge"), std::string(990, 'x'));
  CHECK_EQ(read_header_block(tree.root.parts.at(0).header)->value("X-Part"), words.substr(1));
  CHECK(safe("Subject: " + std::string(989, 'x') + "\r\n\r\n").changed == false);
}

TEST_CASE("a fold leaves no line of white space alone, and a word after a long one is reached") {
  std::string long_word(1200, 'x');
  Reencoded out = safe("X:   \r\n" + std::string(1100, ' ') + "end\r\n\r\n");
  CHECK_EQ(out.long_line, 1103);
  out = safe("X: " + long_word + "  end " + std::string(996, 'y') + "\r\n\r\n");
  CHECK_EQ(out.bytes, "X:\r\n " + long_word + " \r\n end\r\n " + std::string(996, 'y') +
                          "\r\n\r\n");
  CHECK_EQ(out.long_line, 1202);
  out = safe("X: " + long_word + std::string(50, ' ') + "\r\n\r\n");
  CHECK_EQ(out.long_line, 1251);
  CHECK_FALSE(safe("X" + std::string(1000, ' ') + ":y\r\n\r\n").changed);
}

TEST_CASE("a line over 998 octets that may not be touched is named") {
  std::string line(999, 'x');
  std::string top = kMime + "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  std::string leaf = "--b\r\n\r\nx\r\n--b--\r\n";
  auto inside = [&](const char* kind) {
    return kMime + "Content-Type: multipart/" + kind + "; boundary=b\r\n\r\n--b\r\nX: a " + line +
           "\r\n\r\nx\r\n--b\r\n\r\n" + line + "\r\n--b--\r\n";
  };
  const std::string rows[] = {"X:" + line + "\r\n\r\nx\r\n",  top + line + "\r\n" + leaf,
                              top + leaf + line + "\r\n",       inside("signed"),
                              inside("encrypted"),              top + leaf + line};
  for (const std::string& message : rows) {
    Reencoded out = safe(message);
    INFO(message);
    CHECK_GE(out.long_line, 999);
    CHECK_EQ(out.long_line_start.size(), 40);
    CHECK(out.long_line_start.contains("xxxx"));
  }
  CHECK_EQ(safe("X:\x01\xff" + line + "\r\n\r\n").long_line_start.substr(0, 6), "X:??xx");
  CHECK_EQ(safe(top + line.substr(1) + "\r\n" + leaf).long_line, 0);
}

TEST_CASE("raw UTF-8 and blanks before the colon in a part's header go out in proper form") {
  std::string top = kMime + "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n";
  std::string end = "\r\nx\r\n--b--\r\n";
  std::string header =
      "Content-Type : text/plain\r\nContent-Transfer-Encoding : 7bit\r\n"
      "Content-Disposition : attachment; filename=\"\u00fc.txt\"\r\n"
      "Content-Description: \u00fc\r\n";
  std::string plain = "Content-Type: text/plain\r\nContent-Transfer-Encoding: 7bit\r\n";
  auto out = make_seven_bit(top + header + end, RawUtf8::encode).value();
  CHECK_EQ(out.bytes, top + plain +
                          "Content-Disposition: attachment; filename*=utf-8''%C3%BC.txt\r\n"
                          "Content-Description: =?utf-8?b?w7w=?=\r\n" +
                          end);
  CHECK_FALSE(out.needs_smtputf8);
  out = make_seven_bit(top + header + end).value();
  CHECK_EQ(out.bytes, top + plain +
                          "Content-Disposition: attachment; filename=\"\u00fc.txt\"\r\n"
                          "Content-Description: \u00fc\r\n" +
                          end);
  CHECK(out.needs_smtputf8);
  // The label is replaced whole where the body is re-encoded.
  std::string eight = "Content-Transfer-Encoding : 8bit\r\n\r\n\u00fc\r\n--b--\r\n";
  out = make_seven_bit(top + eight).value();
  CHECK(out.bytes.contains("\r\nContent-Transfer-Encoding: "));
  CHECK_FALSE(out.bytes.contains("8bit"));
}

TEST_CASE("a part's header that cannot be written in ASCII, or may not be touched, stays") {
  std::string part =
      "--b\r\nContent-Disposition: inline; filename=\"\u00fc\"\r\nA : b\r\n\r\nx\r\n--b--\r\n";
  std::string signed_mail = kMime + "Content-Type: multipart/signed; boundary=b\r\n\r\n" + part;
  std::string enclosed =
      kMime + "Content-Type: message/rfc822\r\n\r\nSubject : \u00fc\r\n\r\nx\r\n";
  for (const std::string& message : {signed_mail, enclosed}) {
    auto out = make_seven_bit(message, RawUtf8::encode).value();
    CHECK_EQ(out.bytes, message);
    CHECK((out.needs_smtputf8 || out.still_8bit));
  }
  std::string mixed = kMime + "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (const char* field : {"Content-ID: <\u00fc>", "Content-Disposition: inline; filename=\xff",
                            "A: b\r\nno field \u00fc"}) {
    std::string message = mixed + "--b\r\n" + field + "\r\n\r\nx\r\n--b--\r\n";
    auto out = make_seven_bit(message, RawUtf8::encode).value();
    CHECK_EQ(out.bytes, message);
    CHECK(out.needs_smtputf8);
  }
}
