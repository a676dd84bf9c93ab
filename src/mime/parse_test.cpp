#include "mime/parse.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "base/text.h"

using namespace ph;
using namespace ph::mime;

namespace {

std::string describe(const PartSummary& part) {
  // The sizes of leaves only: those are what was decoded.
  if (part.parts.empty()) return part.type + ":" + std::to_string(part.size);
  std::string out = part.type + "[";
  for (const PartSummary& inner : part.parts) out += describe(inner) + " ";
  out.back() = ']';
  return out;
}

std::string tree_of(std::string_view message) {
  auto tree = parse_mime(message);
  return tree ? describe(summarize(tree->root)) + (tree->truncated ? " truncated" : "") : "error";
}

std::string multipart(std::string_view boundary) {
  return "Content-Type: multipart/mixed; boundary=\"" + std::string(boundary) + "\"\r\n\r\n";
}

}  // namespace

TEST_CASE("part trees are what RFC 2046 says, broken ones what a reader can still use") {
  const std::string m = multipart("b");
  const std::pair<std::string, const char*> rows[] = {
      {"", "text/plain:0"},
      {"\r\nhello", "text/plain:5"},
      {"Subject: x\r\n\r\nhello\r\n", "text/plain:7"},
      {m + "pre\r\n--b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n\r\n--b--\r\nepi\r\n",
       "multipart/mixed[text/plain:3 text/plain:5]"},
      {m + "--b\n\none\n--b--\n", "multipart/mixed[text/plain:3]"},
      {m + "--b\r\n\r\n--b--", "multipart/mixed[text/plain:0]"},
      {m + "--b\r\n--b\r\n--b--", "multipart/mixed[text/plain:0 text/plain:0]"},
      {m + "--b \t\r\n\r\nx\r\n--b-- \r\n", "multipart/mixed[text/plain:1]"},
      {m + "--bb\r\n\r\nx\r\n--b--\r\n", "multipart/mixed:18"},
      {m + "--b\r\n\r\nx --b\r\n --b\r\n--b--\r\n", "multipart/mixed[text/plain:11]"},
      {m + "--b\r\n\r\nunclosed\r\n", "multipart/mixed[text/plain:10]"},
      {m + "nothing\r\n", "multipart/mixed:9"},
      {m + "--b--\r\n--b\r\n\r\nx", "multipart/mixed:15"},
      {m + "--b\r\nContent-Type: text/html\r\n--b--\r\n", "multipart/mixed[text/html:0]"},
      {m + "--b\r\n" + multipart("c") + "--c\r\n\r\n1\r\n--b\r\n\r\n2\r\n--b--\r\n",
       "multipart/mixed[multipart/mixed[text/plain:1] text/plain:1]"},
      {m + "--b\r\n" + multipart("b") + "--b\r\n\r\n1\r\n--b--\r\n",
       "multipart/mixed[multipart/mixed:0 text/plain:1]"},
      {m + "--b\r\n" + multipart("b--") + "--b--\r\n\r\n1\r\n--b----\r\n--b--\r\n",
       "multipart/mixed[multipart/mixed[text/plain:1]]"},
      {"Content-Type: message/rfc822\r\n\r\nSubject: in\r\n\r\nhi\r\n",
       "message/rfc822[text/plain:4]"},
      {"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\naGk=\r\n",
       "message/rfc822:2"},
      {"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nA: b\r\n\r\nhi\r\n--b--\r\n",
       "multipart/digest[message/rfc822[text/plain:2]]"},
      {m + "--b\r\nContent-Type: message/rfc822\r\n--b\r\n\r\nx\r\n\r\ny\r\n--b--\r\n\r\nz\r\n",
       "multipart/mixed[message/rfc822:0 text/plain:6]"},
      {"Content-Type: text\r\n\r\nx", "text/plain:1"},
      {"only text\r\n", "text/plain:11"},
      {"only text", "text/plain:9"},
      {"two words: are no field\r\n\r\nx", "text/plain:28"},
      {": nor is this\r\nContent-Type: a/b\r\n\r\nx", "text/plain:37"},
      {"caf\u00e9: nor this\r\n", "text/plain:17"},
      {"Subject : old\r\n\r\nx", "text/plain:1"},
      {"A: b\r\nno field here\r\nContent-Type: a/b\r\n\r\nx", "a/b:1"},
      {" a fold of nothing\r\nContent-Type: a/b\r\n\r\nx", "a/b:1"},
      {"From a@b.example Mon\r\nContent-Type: a/b\r\n\r\nx", "a/b:1"},
      {m + "--b\r\none\r\n--b\r\ntwo\r\n--b--\r\n", "multipart/mixed[text/plain:3 text/plain:3]"},
      {"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\none\r\n--b--\r\n",
       "multipart/digest[message/rfc822[text/plain:3]]"},
      {"Content-Type: message/rfc822\r\n\r\nhi\r\n", "message/rfc822[text/plain:4]"},
      {"Content-Type: a/b\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=\r\n", "a/b:5"},
      {"Content-Type: a/b\r\nContent-Transfer-Encoding: uu\r\n\r\naGVs\r\n", "a/b:6"},
      {"Content-Type: multipart/mixed\r\n\r\n--b\r\n\r\nx", "multipart/mixed:8"},
  };
  for (auto& [message, wanted] : rows) {
    INFO(message);
    CHECK_EQ(tree_of(message), wanted);
  }
}

TEST_CASE("an empty enclosed message ends inside what encloses it") {
  std::string message =
      multipart("b") + "--b\r\nContent-Type: message/rfc822\r\n\r\nA: b\r\n--b--\r\n";
  auto tree = parse_mime(message).value();
  const Part& outer = tree.root.parts.at(0);
  const Part& inner = outer.parts.at(0);
  CHECK_EQ(inner.header, "A: b\r\n");
  CHECK(inner.body.empty());
  CHECK_LE(inner.header.data() + inner.header.size(), outer.body.data() + outer.body.size());
}

TEST_CASE("charset, file name, disposition and digest are of the part that has them") {
  std::string message =
      "Content-Type: text/html; charset=UTF-8; name=other\r\n"
      "Content-Disposition: attachment; filename=\"=?utf-8?b?5oql5ZGKLmh0bWw=?=\"\r\n"
      "Content-Transfer-Encoding: quoted-printable\r\n\r\na=62c";
  auto tree = parse_mime(message).value();
  PartSummary summary = summarize(tree.root);
  CHECK_EQ(summary.type, "text/html");
  CHECK_EQ(summary.charset, "utf-8");
  CHECK_EQ(summary.filename, "报告.html");
  CHECK_EQ(tree.root.disposition, "attachment");
  CHECK_EQ(summary.size, 3);
  CHECK_EQ(summary.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK_EQ(decoded_body(tree.root), "abc");
}

TEST_CASE("depth has a bound, and what lies below it stays as a leaf") {
  auto nested = [](int depth) {
    std::string message;
    for (int i = 0; i < depth; ++i)
      message += multipart("b" + std::to_string(i)) + "--b" + std::to_string(i) + "\r\n";
    return message + "\r\nx";
  };
  auto deep = parse_mime(nested(99));
  CHECK_FALSE(deep->truncated);
  CHECK_EQ(deep->count, 100);
  auto deeper = parse_mime(nested(10'000));
  REQUIRE(deeper.has_value());
  CHECK(deeper->truncated);
  CHECK_EQ(deeper->count, 100);
  std::string messages;
  for (int i = 0; i < 10'000; ++i) messages += "Content-Type: message/rfc822\r\n\r\n";
  CHECK(parse_mime(messages)->truncated);
  CHECK_EQ(parse_mime(messages)->count, 100);
}

TEST_CASE("parts have a bound, and the last one keeps the rest") {
  std::string message = multipart("b");
  for (int i = 0; i < 100'000; ++i) message += "--b\r\n\r\nx\r\n";
  message += "--b--\r\n";
  auto tree = parse_mime(message).value();
  CHECK(tree.truncated);
  CHECK_EQ(tree.count, limits::kMimeParts);
  CHECK_EQ(tree.root.parts.size(), limits::kMimeParts - 1);
  CHECK_GT(tree.root.parts.back().body.size(), 900'000);
}

TEST_CASE("a boundary over the bound makes the multipart a leaf") {
  for (size_t size : {70u, 71u, 1u << 20}) {
    std::string boundary(size, 'x');
    std::string message = "Content-Type: multipart/mixed;\r\n boundary=" + boundary + "\r\n\r\n--" +
                          boundary + "\r\n\r\nhi\r\n--" + boundary + "--\r\n";
    auto tree = parse_mime(message);
    if (size > limits::kHeaderBytes) {
      CHECK_EQ(tree.error().code, Errc::limit);
      continue;
    }
    CHECK_EQ(tree->truncated, size > 70);
    CHECK_EQ(tree->root.parts.size(), size > 70 ? 0 : 1);
  }
}

TEST_CASE("hostile shapes of two megabytes come back as some tree") {
  std::string open = multipart("b");
  for (int i = 1; i < 99; ++i)
    open += "--b\r\nContent-Type: multipart/mixed; boundary=c" + std::to_string(i) + "\r\n\r\n--c" +
            std::to_string(i) + "\r\n";
  for (const char* unit : {"--\r\n", "--b", "\r\n", "-", "--x\r\n", "--b--\r\n", "--c98 ", "x",
                           "Content-Type: message/rfc822\r\n\r\n", "\r", ":\r\n"}) {
    std::string message = open;
    while (message.size() < (2u << 20)) message += unit;
    auto tree = parse_mime(message);
    REQUIRE(tree.has_value());
    CHECK_LE(tree->count, limits::kMimeParts);
  }
}
