#include "mime/encoded_word.h"

#include <doctest/doctest.h>

#include "base/random.h"
#include "base/text.h"

using namespace ph;
using namespace ph::mime;

TEST_CASE("encoded-words are read as RFC 2047 section 8 shows") {
  const std::pair<const char*, const char*> rows[] = {
      {"(=?ISO-8859-1?Q?a?=)", "(a)"},
      {"(=?ISO-8859-1?Q?a?= b)", "(a b)"},
      {"(=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=)", "(ab)"},
      {"(=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=)", "(ab)"},
      {"(=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=)", "(ab)"},
      {"(=?ISO-8859-1?Q?a_b?=)", "(a b)"},
      {"=?iso-8859-1?q?Andr=E9?= Pirard", "André Pirard"},
      {"=?windows-1252?q?=80_=93x=94?=", "€ “x”"},
      {"=?utf-8?b?w6k=?=", "é"},
      {"=?utf-8*en?q?a?=", "a"},
      {"=?UTF-8?Q?=C3?= =?UTF-8?Q?=A9?=", "é"},
      {"=?utf-8?q?=FF?=", "\ufffd"},
      {"=?utf-8?q?a_?=", "a "},
      {"=?utf-8?q?a=?=", "a="},
      {"=?x-unknown?q?a?=", "=?x-unknown?q?a?="},
      {"=?utf-8?x?a?=", "=?utf-8?x?a?="},
      {"=?utf-8?q?a b?=", "=?utf-8?q?a b?="},
      {"=?utf-8?q?a", "=?utf-8?q?a"},
      {"=?=?=?", "=?=?=?"},
      {"a  b ", "a  b "},
      {"", ""}};
  for (auto& [text, wanted] : rows) {
    INFO(std::string(text));
    CHECK_EQ(decode_encoded_words(text), wanted);
  }
}

TEST_CASE("any text comes back from its encoded-words, each within its bound and whole") {
  FakeRandom random(5);
  const char* letters[] = {"a", " ", "=", "?", "_", "é", "张", "😀", "\t", "\"", ".", "@"};
  for (int round = 0; round < 400; ++round) {
    std::string text;
    size_t mix = 1 + random.below(12);
    for (uint64_t n = random.below(200); n > 0; --n) text += letters[random.below(mix)];
    for (WordPlace place : {WordPlace::text, WordPlace::phrase}) {
      size_t first = 24 + random.below(52);
      auto words = encode_words(text, place, first, 75);
      std::string joined;
      for (size_t i = 0; i < words.size(); ++i) {
        CHECK_LE(words[i].size(), i == 0 ? first : 75);
        CHECK(is_utf8(decode_encoded_words(words[i])));
        CHECK_FALSE(decode_encoded_words(words[i]).contains("\ufffd"));
        joined += (i ? " " : "") + words[i];
      }
      CHECK_EQ(decode_encoded_words(joined), text);
    }
  }
}

TEST_CASE("the shorter of Q and B is taken") {
  CHECK_EQ(encode_words("caf\u00e9 au lait", WordPlace::text, 75, 75).at(0),
           "=?utf-8?q?caf=C3=A9_au_lait?=");
  CHECK_EQ(encode_words("张三", WordPlace::text, 75, 75).at(0), "=?utf-8?b?5byg5LiJ?=");
}

TEST_CASE("a megabyte of almost encoded-words is read in one go") {
  for (const char* unit :
       {"=?", "=?a?q?", "=?utf-8?q?", "=?utf-8?q?a?", "=?utf-8?q?a?= ", "=?utf-8?b?=?="}) {
    std::string text;
    while (text.size() < (1u << 20)) text += unit;
    CHECK_LE(decode_encoded_words(text).size(), text.size());
  }
}
