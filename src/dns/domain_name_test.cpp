#include "dns/domain_name.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "base/text.h"
#include "dns/public_suffix.h"
#include "dns/wire_name.h"

using namespace ph;
using namespace ph::dns;

namespace {

std::string parsed(std::string_view text, NameRule rule = NameRule::host) {
  auto name = DomainName::parse(text, rule);
  return name ? name->text() : "error";
}

std::string suite(std::string_view file) {
  const char* given = std::getenv("POSTHOUSE_SUITES");
  std::filesystem::path root = given ? std::filesystem::path(given)
                                     : std::filesystem::path(__FILE__).parent_path() /
                                           "../../../shared/suites";
  return (root / file).string();
}

}  // namespace

TEST_CASE("a typed domain name becomes A-labels in lower case") {
  struct Row {
    const char* text;
    const char* result;
  };
  const Row rows[] = {
      {"Example.COM", "example.com"},
      {"example.com.", "example.com"},
      {"食狮.公司.cn", "xn--85x722f.xn--55qx5d.cn"},
      {"食狮。公司.cn", "xn--85x722f.xn--55qx5d.cn"},
      {"faß.de", "xn--fa-hia.de"},
      {"Bücher.Example", "xn--bcher-kva.example"},
      {"xn--85x722f.com.cn", "xn--85x722f.com.cn"},
      {"a--b.xn--a---dma.com", "a--b.xn--a---dma.com"},  // hyphens elsewhere are fine
      {"ab-é-c.com", "xn--ab--c-dsa.com"},
      {"a--b.example", "a--b.example"},
      {"localhost", "localhost"},
      {"1.example", "1.example"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(parsed(row.text) == row.result);
  }
}

TEST_CASE("what is no domain name is refused") {
  const std::string long_label(64, 'a');
  std::string long_name;
  for (int i = 0; i < 64; ++i) long_name += "abc.";
  const std::string rows[] = {
      "", ".", "..", ".example.com", "example..com", "example.com..", "-a.com", "a-.com",
      "a_b.com", "a b.com", "a\tb.com", "a@b.com", "*.example.com", "192.0.2.1", "[192.0.2.1]",
      long_label + ".com", long_name + "com", "xn--a.com", "xn--.com", "xn--abc-.com", "☃.net",
      "xn--xn---epa.com", "xn--ab---epa.com", "xn-----cja9154hzlb.com", "ab--é.com",
      "xn----bga.com",
      "é..com", "a\u200bb.com", "a\u00adb.com", "a\u2060b.com", "\ufeffa.com", "a\ufe0f.com",
      "a\u200db.com", "a\U000e0100b.com", "\u200b.com",
      "\xff.com", std::string("a\0b.com", 7), "a\xc2\x80.com", std::string(5000, 'x'),
  };
  for (const std::string& row : rows) {
    CAPTURE(row);
    CHECK(parsed(row) == "error");
  }
}

TEST_CASE("owners of records may have underscores, hosts may not") {
  CHECK(parsed("_dmarc.example.com", NameRule::owner) == "_dmarc.example.com");
  CHECK(parsed("ph1._domainkey.é.com", NameRule::owner) == "ph1._domainkey.xn--9ca.com");
  CHECK(parsed("_dmarc.example.com") == "error");
}

TEST_CASE("a name of exactly 253 octets is the longest") {
  std::string name = std::string(63, 'a') + '.' + std::string(63, 'b') + '.' +
                     std::string(63, 'c') + '.' + std::string(61, 'd');
  CHECK(name.size() == 253);
  CHECK(parsed(name) == name);
  CHECK(parsed(name + ".") == name);
  CHECK(parsed(name + "d") == "error");
}

TEST_CASE("names know their relations") {
  auto name = *DomainName::parse("a.b.example.com");
  auto org = *DomainName::parse("example.com");
  CHECK(name.is_subdomain_of(org));
  CHECK_FALSE(org.is_subdomain_of(org));
  CHECK(org.is_within(org));
  CHECK_FALSE(DomainName::parse("badexample.com")->is_within(org));
  CHECK_FALSE(name.is_within(DomainName()));
  CHECK(name.parent()->text() == "b.example.com");
  CHECK_FALSE(DomainName::parse("com")->parent());
  CHECK(name.label_count() == 4);
  CHECK(name.suffix(2) == org);
  CHECK(name.suffix(9) == name);
  CHECK(name.suffix(0).empty());
}

TEST_CASE("A-labels are shown in their own script, and others as they are") {
  CHECK(DomainName::parse("xn--85x722f.xn--55qx5d.cn")->to_unicode() == "食狮.公司.cn");
  CHECK(DomainName::parse("example.com")->to_unicode() == "example.com");
}

TEST_CASE("the public suffix list's own tests hold") {
  std::ifstream file(suite("psl/tests.txt"));
  if (!file) {
    MESSAGE("skipped: the public suffix suite is not there");
    return;
  }
  // The list of the day, not this program, decides about these: newer than the package's list.
  const auto& list = PublicSuffix::system();
  unsigned count = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line.starts_with("//")) continue;
    size_t space = line.find(' ');
    std::string input = line.substr(0, space), wanted = line.substr(space + 1);
    auto name = DomainName::parse(input);
    auto org = name ? list.organizational_domain(*name) : std::nullopt;
    std::string expected = wanted == "null" ? "null" : DomainName::parse(wanted)->text();
    CAPTURE(line);
    CHECK((org ? org->text() : "null") == expected);
    ++count;
  }
  CHECK(count >= 70);
  CHECK(list.is_public_suffix(*DomainName::parse("co.uk")));
  CHECK_FALSE(list.is_public_suffix(*DomainName::parse("example.co.uk")));
}

TEST_CASE("names on the wire hold any octet, escaped") {
  CHECK(*name_from_text("A b.Example.") == "a\\032b.example");
  CHECK(*name_from_text("a\\b.c") == "a\\\\b.c");
  CHECK(*name_from_text(".") == ".");
  CHECK((*name_labels("a\\.b.c"))[0] == "a.b");
  CHECK((*name_labels("a\\032b.c"))[0] == "a b");
  for (const char* bad : {"", "..", "a..b", ".a", "a\\", "a\\25", "a\\999.b"}) {
    CAPTURE(bad);
    CHECK_FALSE(name_labels(bad));
  }
  for (const char* bad : {"", "..", "a..b", ".a"}) CHECK_FALSE(name_from_text(bad));
  CHECK(name_within("b.example.com", "example.com"));
  CHECK(name_within("example.com", "example.com"));
  CHECK_FALSE(name_within("b\\.example.com", "example.com"));
  CHECK_FALSE(name_within("badexample.com", "example.com"));
}
