#include "base/scan.h"

#include <doctest/doctest.h>

#include <string>

using namespace ph;

TEST_CASE("the first wanted octet is found at every offset of every length, from everywhere") {
  for (size_t size = 0; size < 70; ++size) {
    for (size_t place = 0; place <= size; ++place) {
      std::string text(size, 'x');
      if (place < size) text[place] = place % 2 == 0 ? '\r' : '\0';
      for (size_t from = 0; from <= size; ++from) {
        size_t expected = from <= place ? place : size;
        REQUIRE_EQ(find_any<'\r', '\n', '\0'>(text, from), expected);
      }
    }
  }
}

TEST_CASE("of several the first is found, and octets above 127 are no other's") {
  CHECK_EQ(find_any<'\n'>("abc\ndef\n"), 3);
  CHECK_EQ(find_any<'\n'>("abc\ndef\n", 4), 7);
  CHECK_EQ((find_any<'\r', '\n'>(std::string(40, '\x8d') + "\r")), 40);
  CHECK_EQ(find_any<'\x8d'>(std::string(40, 'a') + "\x8d"), 40);
  CHECK_EQ(find_any<'a'>(""), 0);
}
