#include "smtp/data_reader.h"

#include <doctest/doctest.h>

#include "base/random.h"

using namespace ph;
using namespace ph::smtp;

namespace {

struct Read {
  std::string content;
  size_t used = 0;
  bool done = false;
  ContentFault fault = ContentFault::none;
  bool operator==(const Read&) const = default;
};

Read read_in(std::string_view bytes, size_t first, size_t step) {
  DataReader reader;
  Read out;
  size_t next = first;
  while (out.used < bytes.size() && !reader.done()) {
    size_t end = std::min(bytes.size(), std::max(next, out.used + 1));
    out.used += reader.feed(bytes.substr(out.used, end - out.used), out.content);
    next = end + step;
  }
  out.done = reader.done();
  out.fault = reader.fault();
  if (out.fault != ContentFault::none) out.content.clear();
  return out;
}

Read read_whole(std::string_view bytes) { return read_in(bytes, bytes.size(), 1); }

}  // namespace

TEST_CASE("only CRLF dot CRLF ends, and its own dots go") {
  struct Row {
    std::string bytes, content;
    size_t behind;
  };
  const Row rows[] = {
      {".\r\n", "", 0},
      {"a\r\n.\r\n", "a\r\n", 0},
      {"a\r\n.\r\nQUIT\r\n", "a\r\n", 6},
      {"..\r\n.\r\n", ".\r\n", 0},
      {".a\r\n.\r\n", "a\r\n", 0},
      {"...\r\n.\r\n", "..\r\n", 0},
      {"a.\r\n.\r\n", "a.\r\n", 0},
      {"\r\n\r\n.\r\n.\r\n", "\r\n\r\n", 3},
  };
  for (const Row& row : rows) {
    Read read = read_whole(row.bytes);
    CHECK(read.done);
    CHECK_EQ(read.content, row.content);
    CHECK_EQ(read.used, row.bytes.size() - row.behind);
    CHECK_EQ(read.fault, ContentFault::none);
  }
}

TEST_CASE("nothing else ends: what some servers take for the end spoils the message") {
  using namespace std::string_literals;
  const std::string ends[] = {
      "\n.\n"s,       "\n.\r\n"s,      "\n.\r"s,        "\r\n.\n"s,      "\r\n.\rx"s,
      "\r.\r"s,       "\r.\n"s,        "\r.\r\n"s,      "\r\n.\r\r\n"s,  "\r\r\n.\r\r\n"s,
      "\r\n\0.\r\n"s, "\r\n.\0\r\n"s,  "\r\n.\r\0\n"s,  "\r\n\0.\n"s,    "\n\r.\n\r"s,
      "\n\n.\r\n"s,   "\r\n.\n\n"s,    "\n..\n"s};
  for (const std::string& end : ends) {
    std::string bytes = "a" + end + "MAIL FROM:<evil@x>\r\n";
    Read open = read_whole(bytes);
    CHECK_FALSE(open.done);
    CHECK_EQ(open.used, bytes.size());
    CHECK(open.fault != ContentFault::none);
    Read closed = read_whole(bytes + ".\r\nQUIT\r\n");
    CHECK(closed.done);
    CHECK_EQ(closed.used, bytes.size() + 3);
    CHECK(closed.content.empty());
  }
}

TEST_CASE("every split of the same octets reads the same") {
  FakeRandom random(3);
  constexpr std::string_view alphabet("\r\n.ax\0", 6);
  for (int round = 0; round < 3000; ++round) {
    std::string bytes;
    for (size_t n = random.below(24); n-- > 0;) bytes += alphabet[random.below(round % 2 ? 5 : 6)];
    bytes += "\r\n.\r\n";
    Read whole = read_whole(bytes);
    CHECK(read_in(bytes, 1, 1) == whole);
    for (size_t at = 1; at < bytes.size(); ++at) CHECK(read_in(bytes, at, bytes.size()) == whole);
  }
}

// Long enough for the pass over sixteen octets at a time, with what is special at any place.
TEST_CASE("long lines split at every octet read the same, and are stuffed the same") {
  FakeRandom random(7);
  constexpr std::string_view specials[] = {"\r\n", "\r\n.", "\r", "\n", ".", "\r\n..", " "};
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    while (bytes.size() < 60) {
      bytes += std::string(random.below(40), 'x');
      bytes += specials[random.below(round % 2 == 0 ? 2 : 7)];
    }
    std::string content = bytes;
    bytes += "\r\n.\r\n";
    Read whole = read_whole(bytes);
    CHECK(read_in(bytes, 1, 1) == whole);
    std::string wire;
    DotStuffer stuffer;
    stuffer.feed(content, wire);
    stuffer.finish(wire);
    for (size_t at = 1; at < content.size(); ++at) {
      CHECK(read_in(bytes, at, bytes.size()) == whole);
      std::string halves;
      DotStuffer cut;
      cut.feed(std::string_view(content).substr(0, at), halves);
      cut.feed(std::string_view(content).substr(at), halves);
      cut.finish(halves);
      CHECK_EQ(wire, halves);
    }
  }
}

TEST_CASE("stuffed content comes back, and can never end early") {
  FakeRandom random(5);
  constexpr std::string_view alphabet("\r\n.ax\0", 6);
  for (int round = 0; round < 3000; ++round) {
    std::string content, wire, halves;
    for (size_t n = random.below(24); n-- > 0;) content += alphabet[random.below(6)];
    DotStuffer stuffer, cut;
    stuffer.feed(content, wire);
    stuffer.finish(wire);
    size_t at = random.below(content.size() + 1);
    cut.feed(std::string_view(content).substr(0, at), halves);
    cut.feed(std::string_view(content).substr(at), halves);
    cut.finish(halves);
    CHECK_EQ(wire, halves);
    Read back = read_whole(wire);
    CHECK(back.done);
    CHECK_EQ(back.used, wire.size());
    CHECK_EQ(back.fault, ContentFault::none);
    bool clean = content.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos;
    if (clean) CHECK_EQ(back.content, content.empty() ? "" : content + "\r\n");
  }
  std::string wire;
  DotStuffer stuffer;
  stuffer.feed(".a\r\n..\r\nb\r\n", wire);
  stuffer.finish(wire);
  CHECK_EQ(wire, "..a\r\n...\r\nb\r\n.\r\n");
}

TEST_CASE("line ends of a chunk are checked across any split") {
  for (std::string_view good : {"", "a", "a\r\nb", "\r\n\r\n"}) {
    LineCheck check;
    for (char c : good) check.feed({&c, 1});
    check.finish();
    CHECK_EQ(check.fault(), ContentFault::none);
  }
  using namespace std::string_view_literals;
  const std::string_view all_bad[] = {"\n"sv,     "a\nb"sv, "a\r"sv, "a\rb"sv,
                                      "\r\r\n"sv, "a\0b"sv, "\n\r"sv};
  for (std::string_view bad : all_bad) {
    LineCheck whole, cut;
    whole.feed(bad);
    whole.finish();
    for (char c : bad) cut.feed({&c, 1});
    cut.finish();
    CHECK(whole.fault() != ContentFault::none);
    CHECK_EQ(whole.fault(), cut.fault());
  }
}
