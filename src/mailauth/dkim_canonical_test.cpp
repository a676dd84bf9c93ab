#include "mailauth/dkim_canonical.h"

#include <doctest/doctest.h>

#include "base/encoding.h"
#include "base/random.h"

using namespace ph;
using namespace ph::mailauth;

namespace {

std::string body(Canonical form, std::string_view text) {
  BodyCanonical canonical(form);
  std::string out;
  canonical.add(text, out);
  canonical.finish(out);
  return out;
}

std::string field(Canonical form, std::string_view raw) {
  std::string out;
  append_canonical_field(out, form, raw);
  return out;
}

// RFC 6376 §3.4.4 as it stands there, step by step.
std::string relaxed_by_the_book(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    size_t end = std::min(text.find("\r\n"), text.size());
    std::string line;
    for (char c : text.substr(0, end)) {
      bool white = c == ' ' || c == '\t';
      if (!white) line += c;
      else if (!line.ends_with(' ')) line += ' ';
    }
    if (line.ends_with(' ')) line.pop_back();
    out += line + "\r\n";
    text.remove_prefix(std::min(end + 2, text.size()));
  }
  while (out.ends_with("\r\n\r\n")) out.resize(out.size() - 2);
  return out == "\r\n" ? std::string() : out;
}

}  // namespace

TEST_CASE("long lines come out by the book, in whatever pieces") {
  FakeRandom random(23);
  constexpr std::string_view pieces[] = {" ", "\r\n", "\t", "  ", " \r\n", "\r\n\r\n", "\n", "a"};
  for (int round = 0; round < 1000; ++round) {
    std::string text;
    while (text.size() < 120) {
      text += std::string(1 + random.below(round % 3 == 0 ? 40 : 8), 'x');
      text += pieces[random.below(round % 2 == 0 ? 2 : 8)];
    }
    std::string expected = relaxed_by_the_book(text);
    CHECK_EQ(body(Canonical::relaxed, text), expected);
    BodyCanonical canonical(Canonical::relaxed);
    std::string out;
    size_t at = random.below(text.size());
    canonical.add(std::string_view(text).substr(0, at), out);
    canonical.add(std::string_view(text).substr(at), out);
    canonical.finish(out);
    CHECK_EQ(out, expected);
  }
}

TEST_CASE("the example of RFC 6376 section 3.4.5 comes out as printed there") {
  CHECK_EQ(field(Canonical::relaxed, "A: X"), "a:X");
  CHECK_EQ(field(Canonical::relaxed, "B : Y\t\r\n\tZ  "), "b:Y Z");
  CHECK_EQ(field(Canonical::simple, "B : Y\t\r\n\tZ  "), "B : Y\t\r\n\tZ  ");
  const char* text = " C \r\nD \t E\r\n\r\n\r\n";
  CHECK_EQ(body(Canonical::relaxed, text), " C\r\nD E\r\n");
  CHECK_EQ(body(Canonical::simple, text), " C \r\nD \t E\r\n");
}

TEST_CASE("bodies at the edges") {
  struct Row {
    const char *text, *simple, *relaxed;
  };
  const Row rows[] = {{"", "\r\n", ""},
                      {"\r\n", "\r\n", ""},
                      {"\r\n\r\n\r\n", "\r\n", ""},
                      {" ", " \r\n", ""},
                      {" \t\r\n \r\n", " \t\r\n \r\n", ""},
                      {"a", "a\r\n", "a\r\n"},
                      {"a\r\n", "a\r\n", "a\r\n"},
                      {"a \r\n\r\n", "a \r\n", "a\r\n"},
                      {"a\r\n \r\n", "a\r\n \r\n", "a\r\n"},
                      {"\r\n\r\na", "\r\n\r\na\r\n", "\r\n\r\na\r\n"},
                      {"a\r\n\t\r\nb", "a\r\n\t\r\nb\r\n", "a\r\n\r\nb\r\n"},
                      {"a\tb  c", "a\tb  c\r\n", "a b c\r\n"},
                      {"\ta", "\ta\r\n", " a\r\n"},
                      {"a\r", "a\r\r\n", "a\r\r\n"},
                      {"a\nb", "a\nb\r\n", "a\nb\r\n"},
                      {"a\r\r\n", "a\r\r\n", "a\r\r\n"},
                      {"a \r b\r\n", "a \r b\r\n", "a \r b\r\n"},
                      {"\r", "\r\r\n", "\r\r\n"},
                      {"\n", "\n\r\n", "\n\r\n"}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK_EQ(body(Canonical::simple, row.text), row.simple);
    CHECK_EQ(body(Canonical::relaxed, row.text), row.relaxed);
  }
}

TEST_CASE("header fields at the edges") {
  struct Row {
    const char *raw, *relaxed;
  };
  const Row rows[] = {{"A:", "a:"},
                      {"A: ", "a:"},
                      {"A:\r\n b", "a:b"},
                      {"A:b\r\n \r\n ", "a:b"},
                      {"SubJect \t:\t x  y ", "subject:x y"},
                      {"A: b: C", "a:b: C"},
                      {"A: b\r\n\tc", "a:b c"},
                      {"A: b\rc\nd", "a:b\rc\nd"}};
  for (const Row& row : rows) {
    CAPTURE(row.raw);
    CHECK_EQ(field(Canonical::relaxed, row.raw), row.relaxed);
  }
}

TEST_CASE("the hashes of empty bodies are those of RFC 6376 sections 3.4.3 and 3.4.4") {
  CHECK_EQ(base64_encode(crypto::view(hash_body(Canonical::simple, "").digest)),
           "frcCV1k9oG9oKj3dpUqdJg1PxRT2RSN/XKdLCPjaYaY=");
  CHECK_EQ(base64_encode(crypto::view(hash_body(Canonical::relaxed, "").digest)),
           "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

TEST_CASE("a body in any pieces gives the hash of the whole") {
  FakeRandom random(11);
  constexpr std::string_view kLetters = "ab \t\r\n";
  for (int round = 0; round < 400; ++round) {
    std::string text;
    size_t pieces = random.below(60);
    for (size_t i = 0; i < pieces; ++i) {
      if (random.below(3) == 0) text += "\r\n";
      text += kLetters[random.below(kLetters.size())];
    }
    std::optional<uint64_t> length;
    if (random.below(2) == 0) length = random.below(40);
    for (Canonical form : {Canonical::simple, Canonical::relaxed}) {
      BodyHash whole = hash_body(form, text, length);
      BodyHasher hasher(form, length);
      for (size_t at = 0; at < text.size();) {
        size_t size = 1 + random.below(4);
        hasher.add(std::string_view(text).substr(at, size));
        at += size;
      }
      BodyHash split = hasher.finish();
      CHECK(split.digest == whole.digest);
      CHECK_EQ(split.total, whole.total);
      CHECK_EQ(split.hashed, whole.hashed);
      CHECK_EQ(whole.total, body(form, text).size());
    }
  }
}

TEST_CASE("canonicalising twice changes nothing more") {
  FakeRandom random(12);
  constexpr std::string_view kLetters = "ab \t\r\n";
  for (int round = 0; round < 300; ++round) {
    std::string text;
    for (size_t i = random.below(40); i > 0; --i) text += kLetters[random.below(kLetters.size())];
    for (Canonical form : {Canonical::simple, Canonical::relaxed}) {
      std::string once = body(form, text);
      CHECK_EQ(body(form, once), once);
    }
  }
}

TEST_CASE("l= hashes so many canonical octets and tells what is left") {
  BodyHash part = hash_body(Canonical::relaxed, "a  b\r\nc\r\n", 5);
  CHECK(part.digest == crypto::sha256("a b\r\n"));
  CHECK_EQ(part.hashed, 5);
  CHECK_EQ(part.total, 8);
  BodyHash none = hash_body(Canonical::relaxed, "abc\r\n", 0);
  CHECK(none.digest == crypto::sha256(""));
  BodyHash beyond = hash_body(Canonical::relaxed, "abc\r\n", 6);
  CHECK_EQ(beyond.hashed, 5);
}

TEST_CASE("a long body is hashed right across the pieces it is worked in") {
  std::string text(100'000, 'x');
  for (size_t i = 70; i < text.size(); i += 72) text.replace(i, 2, "\r\n");
  CHECK(hash_body(Canonical::simple, text).digest == crypto::sha256(text + "\r\n"));
  CHECK(hash_body(Canonical::relaxed, text).digest == crypto::sha256(text + "\r\n"));
}
