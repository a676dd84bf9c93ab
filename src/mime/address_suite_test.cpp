// Holds the address parser to the isemail collection (test data that is not part of the tree).
#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <set>

#include "base/files.h"
#include "base/text.h"
#include "mime/address.h"

using namespace ph;
using namespace ph::mime;

namespace {

struct Case {
  std::string id;
  std::string address;
  std::string category;  // without ISEMAIL_
};

std::string suite_path() {
  const char* given = std::getenv("POSTHOUSE_SUITES");
  std::filesystem::path root = std::filesystem::path(__FILE__).parent_path() / "../../..";
  std::filesystem::path suites = given ? std::filesystem::path(given) : root / "shared/suites";
  return (suites / "addr-isemail/tests.xml").lexically_normal().string();
}

std::string between(std::string_view text, std::string_view from, std::string_view to) {
  size_t start = text.find(from);
  if (start == std::string_view::npos) return {};
  start += from.size();
  return std::string(text.substr(start, text.find(to, start) - start));
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size()))
    text.replace(at, from.size(), to);
}

// Entities, and the collection's own pictures of control characters: U+2400 + n.
std::string plain(std::string text) {
  for (size_t at = text.find("&#x"); at != std::string::npos; at = text.find("&#x", at + 1)) {
    size_t end = text.find(';', at);
    auto point = parse_number<uint32_t>(text.substr(at + 3, end - at - 3), 16).value_or('?');
    std::string one;
    if (point < 0x80) {
      one += static_cast<char>(point);
    } else {
      one += static_cast<char>(0xe0 | (point >> 12));
      one += static_cast<char>(0x80 | ((point >> 6) & 0x3f));
      one += static_cast<char>(0x80 | (point & 0x3f));
    }
    if (point >= 0x2400 && point < 0x2420) one = std::string(1, static_cast<char>(point - 0x2400));
    text.replace(at, end + 1 - at, one);
  }
  for (char c = 0; c < 0x20; ++c) {
    std::string picture = {'\xe2', '\x90', static_cast<char>(0x80 | c)};
    replace_all(text, picture, std::string(1, c));
  }
  replace_all(text, "&quot;", "\"");
  replace_all(text, "&lt;", "<");
  replace_all(text, "&gt;", ">");
  replace_all(text, "&amp;", "&");
  return text;
}

std::vector<Case> read_suite(const std::string& xml) {
  std::vector<Case> cases;
  size_t at = xml.find("<test id=");
  while (at != std::string::npos) {
    size_t end = xml.find("</test>", at);
    std::string_view one = std::string_view(xml).substr(at, end - at);
    cases.push_back({.id = between(one, "id=\"", "\""),
                     .address = plain(between(one, "<address>", "</address>")),
                     .category = between(one, "<category>ISEMAIL_", "</category>")});
    at = xml.find("<test id=", end);
  }
  return cases;
}

// Obsolete forms that stay refused: control characters in them serve nobody but attackers.
const std::set<std::string> kRefusedControls = {"58", "134", "138", "139", "140"};
// RFC 5322 alone would take these; bounds, LDH labels and escapes in literals are ours to hold.
const std::set<std::string> kRefused5322 = {"26", "28",  "39",  "40",  "41", "59",
                                            "60", "115", "116", "117", "161"};

struct Expected {
  bool smtp;
  bool header;
};

Expected expected(const Case& one) {
  const std::string& kind = one.category;
  if (kind == "ERR") return {.smtp = false, .header = false};
  if (kind == "VALID_CATEGORY" || kind == "DNSWARN" || kind == "RFC5321")
    return {.smtp = true, .header = true};
  if (kind == "RFC5322") return {.smtp = false, .header = !kRefused5322.contains(one.id)};
  REQUIRE_MESSAGE((kind == "CFWS" || kind == "DEPREC"), kind);
  return {.smtp = false, .header = !kRefusedControls.contains(one.id)};
}

}  // namespace

TEST_CASE("the isemail collection's verdicts hold under the SMTP and the header form") {
  std::string path = suite_path();
  if (!std::filesystem::exists(path)) {
    MESSAGE("skipped: no ", path, " (set POSTHOUSE_SUITES)");
    return;
  }
  auto cases = read_suite(read_file(path, 1 << 20).value());
  CHECK_EQ(cases.size(), 164);
  for (const Case& one : cases) {
    CAPTURE(one.id);
    CAPTURE(one.address);
    Expected want = expected(one);
    CHECK_EQ(parse_smtp_mailbox(one.address).has_value(), want.smtp);
    auto list = parse_header_addresses(one.address);
    CHECK_EQ(list.has_value(), want.header);
    if (want.smtp) CHECK(parse_api_address(one.address).has_value());
    if (!list) continue;
    REQUIRE_EQ(list->mailboxes.size(), 1);
    // What was read prints as an address of the same meaning.
    std::string printed = list->mailboxes[0].address();
    CHECK_EQ(parse_header_addresses(printed)->mailboxes, list->mailboxes);
  }
}
