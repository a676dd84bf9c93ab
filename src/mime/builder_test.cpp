#include "mime/builder.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "mime/encoded_word.h"
#include "mime/header.h"
#include "mime/parse.h"

using namespace ph;
using namespace ph::mime;

namespace {

MessageParts simple() {
  MessageParts parts;
  parts.from = parse_api_address("Shop <news@example.org>").value();
  parts.to = {parse_api_address("Zoë <z@example.net>").value()};
  parts.subject = "Hello";
  parts.date = WallTime::from_seconds(1'795'299'105);
  parts.message_id = "id1@example.org";
  return parts;
}

Attachment file(std::string name, std::string content, std::string cid = "",
                std::string type = "") {
  return {.filename = std::move(name),
          .content_type = std::move(type),
          .content = std::move(content),
          .content_id = std::move(cid)};
}

BuiltMessage build(const MessageParts& parts) {
  FakeRandom random(1);
  auto built = build_message(parts, random);
  REQUIRE_MESSAGE(built.has_value(), built.error().message);
  // Whatever goes in, this comes out.
  BodyShape shape = measure_body(built->bytes);
  CHECK_FALSE(shape.has_bare_break);
  CHECK_FALSE(shape.has_nul);
  CHECK_LE(shape.longest_line, limits::kHeaderLine);
  if (!built->needs_smtputf8) CHECK_EQ(shape.high, 0);
  CHECK(built->bytes.ends_with("\r\n"));
  CHECK_FALSE(read_header_block(built->bytes)->wrong.has_value());
  return std::move(*built);
}

// "mixed(alternative(plain,html),png)"
std::string shape_of(const Part& part) {
  std::string out = part.type.subtype;
  if (part.parts.empty()) return out;
  out += "(";
  for (const Part& inner : part.parts) out += shape_of(inner) + ",";
  out.back() = ')';
  return out;
}

const Part* leaf(const Part& part, std::string_view full_type) {
  if (part.type.is(full_type)) return &part;
  for (const Part& inner : part.parts)
    if (const Part* found = leaf(inner, full_type)) return found;
  return nullptr;
}

std::string error_field(const MessageParts& parts) {
  FakeRandom random(1);
  auto built = build_message(parts, random);
  return built ? "none" : built.error().field;
}

}  // namespace

TEST_CASE("a simple message is exactly these octets") {
  MessageParts parts = simple();
  parts.text = "Hi\nthere";
  CHECK_EQ(build(parts).bytes,
           "From: Shop <news@example.org>\r\n"
           "To: =?utf-8?q?Zo=C3=AB?= <z@example.net>\r\n"
           "Subject: Hello\r\n"
           "Date: Sat, 21 Nov 2026 22:11:45 +0000\r\n"
           "Message-ID: <id1@example.org>\r\n"
           "MIME-Version: 1.0\r\n"
           "Content-Type: text/plain; charset=utf-8\r\n"
           "Content-Transfer-Encoding: 7bit\r\n"
           "\r\n"
           "Hi\r\nthere\r\n");
}

TEST_CASE("parts nest only as deep as their kinds need") {
  struct Row {
    const char* text;
    const char* html;
    std::vector<Attachment> attachments;
    const char* shape;
  };
  const Row rows[] = {
      {"t", "", {}, "plain"},
      {"", "h", {}, "html"},
      {"", "", {}, "plain"},
      {"t", "h", {}, "alternative(plain,html)"},
      {"t", "", {file("a", "1")}, "mixed(plain,octet-stream)"},
      {"", "", {file("a", "1")}, "octet-stream"},
      {"", "", {file("a", "1"), file("b", "2")}, "mixed(octet-stream,octet-stream)"},
      {"", "h", {file("a.png", "1", "c", "image/png")}, "related(html,png)"},
      {"t", "h", {file("a.png", "1", "c", "image/png")}, "alternative(plain,related(html,png))"},
      {"t",
       "h",
       {file("a.png", "1", "c", "image/png"), file("b", "2")},
       "mixed(alternative(plain,related(html,png)),octet-stream)"},
      {"t", "", {file("a.png", "1", "c", "image/png")}, "mixed(plain,png)"},
      {"t", "", {file("m", "A: b\r\n\r\nx", "", "message/rfc822")}, "mixed(plain,rfc822(plain))"},
  };
  for (const Row& row : rows) {
    MessageParts parts = simple();
    parts.text = row.text;
    parts.html = row.html;
    parts.attachments = row.attachments;
    std::string bytes = build(parts).bytes;
    CHECK_EQ(shape_of(parse_mime(bytes)->root), row.shape);
  }
}

TEST_CASE("what is built is what is parsed, for any content") {
  FakeRandom random(9);
  const char* pieces[] = {"plain text ", "\r\n",   ".",
                          "From ",       "张三",   "é",
                          "=",           " \r\n",  "--=_",
                          "<b>bold</b>", "\t\r\n", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"};
  auto text = [&](uint64_t most) {
    std::string out = "x";
    size_t mix = 1 + random.below(12);
    for (uint64_t n = random.below(most); n > 0; --n) out += pieces[random.below(mix)];
    return out;
  };
  for (int round = 0; round < 120; ++round) {
    MessageParts parts = simple();
    parts.text = text(200);
    parts.html = text(200);
    parts.subject = "张 " + std::to_string(round) + " =?x?=";
    parts.headers = {{"X-Tag", "é ü " + std::to_string(round)}, {"X-Ascii", "a  b"}};
    parts.attachments = {file("报告.pdf", random.bytes(random.below(3000)), "", "application/pdf"),
                         file("i.png", random.bytes(random.below(300)), "cid1@x", "image/png")};
    std::string bytes = build(parts).bytes;
    auto tree = parse_mime(bytes).value();
    CHECK_FALSE(tree.truncated);
    CHECK_EQ(decoded_body(*leaf(tree.root, "text/plain")), parts.text);
    CHECK_EQ(decoded_body(*leaf(tree.root, "text/html")), parts.html);
    const Part* pdf = leaf(tree.root, "application/pdf");
    CHECK_EQ(decoded_body(*pdf), parts.attachments[0].content);
    CHECK_EQ(pdf->filename, "报告.pdf");
    CHECK_EQ(pdf->disposition, "attachment");
    const Part* png = leaf(tree.root, "image/png");
    CHECK_EQ(decoded_body(*png), parts.attachments[1].content);
    CHECK_EQ(png->disposition, "inline");
    CHECK_EQ(read_header_block(png->header)->value("Content-ID"), "<cid1@x>");
    auto header = read_header_block(bytes).value();
    CHECK_EQ(decode_encoded_words(header.value("Subject")), parts.subject);
    CHECK_EQ(decode_encoded_words(header.value("X-Tag")), parts.headers[0].value);
    CHECK_EQ(header.value("X-Ascii"), "a  b");
    CHECK_EQ(parse_header_addresses(header.value("To"))->mailboxes, parts.to);
  }
}

TEST_CASE("every wrong part is named as the API names it") {
  using Change = void (*)(MessageParts&);
  const std::pair<const char*, Change> rows[] = {
      {"from", [](MessageParts& p) { p.from.local = "a\r\n"; }},
      {"from", [](MessageParts& p) { p.from.name = "x\nBcc: y"; }},
      {"to[1]", [](MessageParts& p) { p.to.push_back({"", "a", "b c", ""}); }},
      {"cc[0]", [](MessageParts& p) { p.cc.push_back({"\x01", "a", "b", ""}); }},
      {"reply_to[0]", [](MessageParts& p) { p.reply_to.push_back({"", "a", "", ""}); }},
      {"to", [](MessageParts& p) { p.to.assign(1001, p.from); }},
      {"to",
       [](MessageParts& p) {
         p.from.name = std::string(200, 'n');
         p.to.assign(500, p.from);
       }},
      {"subject", [](MessageParts& p) { p.subject = "a\r\nBcc: x@y.z"; }},
      {"subject", [](MessageParts& p) { p.subject = "a\u2028b"; }},
      {"subject", [](MessageParts& p) { p.subject = "a\u0085b"; }},
      {"subject", [](MessageParts& p) { p.subject = "\xff"; }},
      {"subject", [](MessageParts& p) { p.subject.assign(999, 'x'); }},
      {"text", [](MessageParts& p) { p.text = "\xff"; }},
      {"html", [](MessageParts& p) { p.html = std::string("a\0b", 3); }},
      {"message_id", [](MessageParts& p) { p.message_id = "a@b>\r\nX: y"; }},
      {"message_id", [](MessageParts& p) { p.message_id = ""; }},
      {"headers", [](MessageParts& p) { p.headers.assign(51, {"X-A", "b"}); }},
      {"headers", [](MessageParts& p) { p.headers = {{"X\r\nBcc", "b"}}; }},
      {"headers.X Y", [](MessageParts& p) { p.headers = {{"X Y", "b"}}; }},
      {"headers.X-Foo", [](MessageParts& p) { p.headers = {{"X-Foo", "a\r\nb"}}; }},
      {"headers.X-Foo", [](MessageParts& p) { p.headers = {{"X-Foo", std::string(8193, 'x')}}; }},
      {"headers.X-Foo", [](MessageParts& p) { p.headers = {{"X-Foo", std::string(2000, 'x')}}; }},
      {"headers.References",
       [](MessageParts& p) { p.headers = {{"References", "<a@b>"}, {"references", "<c@d>"}}; }},
      {"headers.List-Unsubscribe",
       [](MessageParts& p) {
         p.headers = {{"List-Unsubscribe", "<https://a.b>"}, {"list-unsubscribe", "<https://c.d>"}};
       }},
      {"headers.Reply-To",
       [](MessageParts& p) { p.reply_to = p.to, p.headers = {{"Reply-To", "a@b.c"}}; }},
      {"attachments", [](MessageParts& p) { p.attachments.resize(101); }},
      {"attachments[0].filename",
       [](MessageParts& p) { p.attachments = {file("a\r\nX: y", "1")}; }},
      {"attachments[0].filename",
       [](MessageParts& p) { p.attachments = {file(std::string(256, 'x'), "1")}; }},
      {"attachments[0].content_type",
       [](MessageParts& p) { p.attachments = {file("a", "1", "", "text")}; }},
      {"attachments[0].content_type",
       [](MessageParts& p) { p.attachments = {file("a", "1", "", "a/b\r\nX: y")}; }},
      {"attachments[0].content_type",
       [](MessageParts& p) {
         p.attachments = {file("a", "1", "", "multipart/mixed; boundary=x")};
       }},
      {"attachments[0].content",
       [](MessageParts& p) { p.attachments = {file("a", "\xff", "", "message/rfc822")}; }},
      {"attachments[1].content_id",
       [](MessageParts& p) { p.attachments = {file("a", "1", "c"), file("b", "2", "c")}; }},
      {"attachments[0].content_id",
       [](MessageParts& p) { p.attachments = {file("a", "1", "c> x")}; }},
      {"attachments",
       [](MessageParts& p) {
         p.attachments = {file("a", std::string(limits::kMessageBytes / 4 * 3, 'x'))};
       }},
  };
  for (auto& [field, change] : rows) {
    MessageParts parts = simple();
    parts.text = "t";
    CHECK_EQ(error_field(parts), "none");
    change(parts);
    CHECK_EQ(error_field(parts), field);
  }
}

TEST_CASE("fields that the message makes itself cannot be set") {
  for (const char* name :
       {"From", "sender", "TO", "Cc", "Bcc", "Subject", "Date", "Message-ID", "MIME-Version",
        "Content-Type", "content-anything", "DKIM-Signature", "Received", "Return-Path",
        "Authentication-Results", "ARC-Seal", "Resent-From", "X-Posthouse-Id"}) {
    auto checked = check_custom_header(name, "x");
    REQUIRE_FALSE(checked.has_value());
    CHECK_EQ(checked.error().field, "headers." + std::string(name));
  }
  for (const char* name : {"X-Foo", "List-Unsubscribe", "Reply-To", "In-Reply-To", "Importance"})
    CHECK(check_custom_header(name, "x").has_value());
}

TEST_CASE("only an address that has no ASCII form asks for SMTPUTF8") {
  MessageParts parts = simple();
  CHECK_FALSE(build(parts).needs_smtputf8);
  parts.to.push_back(parse_api_address("用户@example.org").value());
  CHECK(build(parts).needs_smtputf8);
}

TEST_CASE("boundaries differ between messages and do not stand in the content") {
  MessageParts parts = simple();
  parts.text = "a";
  parts.html = "b";
  FakeRandom random(2);
  std::string one(build_message(parts, random)->bytes);
  std::string two(build_message(parts, random)->bytes);
  CHECK_NE(one, two);
}

TEST_CASE("line ends of any kind in text and html become CRLF and lose nothing else") {
  MessageParts parts = simple();
  parts.text = "a\rb\nc\r\nd";
  std::string bytes = build(parts).bytes;
  CHECK(bytes.ends_with("\r\n\r\na\r\nb\r\nc\r\nd\r\n"));
  parts.text = std::string(5000, 'x') + "\n.\n";
  bytes = build(parts).bytes;
  CHECK_EQ(decoded_body(parse_mime(bytes)->root), std::string(5000, 'x') + "\r\n.\r\n");
}
