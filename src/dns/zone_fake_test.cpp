#include "dns/zone_fake.h"

#include <doctest/doctest.h>

#include "dns/inquiry.h"

using namespace ph;
using namespace ph::dns;

namespace {

Inquiry<std::string> first_text(std::string name) {
  Answer answer = co_await ask({std::move(name), Type::txt});
  auto texts = answer.texts();
  co_return texts.empty() ? std::string(status_name(answer.status)) : texts[0];
}

Inquiry<std::string> two_texts() {
  std::string one = co_await first_text("one.example");
  std::string two = co_await first_text("two.example");
  co_return one + two;
}

constexpr const char* kFile = R"({
  "Example.com.": {"TXT": ["a", ["two ", "strings"]], "A": ["192.0.2.1"], "AAAA": [],
                   "MX": [[10, "h.example.com."], [0, "."]],
                   "TLSA": ["3 1 1 00FF"], "NS": ["ns.example.com."]},
  "www.example.com": {"CNAME": ["example.com."]},
  "bad.": "SERVFAIL", "slow.": "TIMEOUT", "gone.": "NXDOMAIN"})";

}  // namespace

TEST_CASE("a zone file answers as the contract says") {
  auto zone = ZoneFake::from_json(kFile);
  REQUIRE(zone);
  CHECK(zone->lookup({"example.com", Type::txt}).texts() ==
        std::vector<std::string>{"a", "two strings"});
  CHECK(zone->lookup({"EXAMPLE.com", Type::a}).addresses()[0].text() == "192.0.2.1");
  CHECK(zone->lookup({"example.com", Type::aaaa}).status == Status::nodata);
  auto mx = zone->lookup({"example.com", Type::mx}).exchanges();
  REQUIRE(mx.size() == 2);
  CHECK(mx[0].host == ".");
  CHECK(mx[1].host == "h.example.com");
  CHECK(zone->lookup({"example.com", Type::tlsa}).tlsa()[0].data == std::string("\0\xff", 2));
  CHECK(zone->lookup({"example.com", Type::ns}).targets()[0] == "ns.example.com");
  Answer alias = zone->lookup({"www.example.com", Type::a});
  CHECK(alias.ok());
  CHECK(alias.aliases == std::vector<std::string>{"www.example.com"});
  CHECK(zone->lookup({"bad", Type::a}).status == Status::servfail);
  CHECK(zone->lookup({"slow", Type::a}).status == Status::timeout);
  CHECK(zone->lookup({"gone", Type::a}).status == Status::nxdomain);
  CHECK(zone->lookup({"other", Type::a}).status == Status::nxdomain);
}

TEST_CASE("a wrong zone file is refused with the place of the error") {
  struct Row {
    const char* text;
    const char* field;
  };
  const Row rows[] = {
      {"[]", ""},
      {R"({"a.": 1})", "a."},
      {R"({"a.": "LATER"})", "a."},
      {R"({"a..b": {}})", "a..b"},
      {R"({"a.": {"A": ["x"]}})", "a..A[0]"},
      {R"({"a.": {"A": ["::1"]}})", "a..A[0]"},
      {R"({"a.": {"MX": ["h."]}})", "a..MX[0]"},
      {R"({"a.": {"MX": [[70000, "h."]]}})", "a..MX[0][0]"},
      {R"({"a.": {"TLSA": ["3 1 1"]}})", "a..TLSA[0]"},
      {R"({"a.": {"TLSA": ["3 1 1 XY"]}})", "a..TLSA[0]"},
      {R"({"a.": {"WKS": ["x"]}})", "a..WKS"},
      {R"({"a.": {"TXT": "str"}})", "a..TXT"},
      {R"({"a.": {"TXT": {"x": "y"}}})", "a..TXT"},
      {R"({"a.": {"TXT": null}})", "a..TXT"},
      {R"({"a.": {"TXT": [1]}})", "a..TXT[0]"},
      {R"({"a.": {"TXT": [["x", 1]]}})", "a..TXT[0][1]"},
      {R"({"a.": {"A": "192.0.2.1"}})", "a..A"},
      {R"({"a.": {"CNAME": [["b."]]}})", "a..CNAME[0]"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    auto zone = ZoneFake::from_json(row.text);
    REQUIRE_FALSE(zone);
    CHECK(zone.error().field == row.field);
  }
  CHECK_FALSE(ZoneFake::from_json("{"));
}

TEST_CASE("an inquiry asks one question after the other and can be given up") {
  ZoneFake zone;
  zone.add_txt("one.example", "1").add_txt("two.example", "2");
  CHECK(inquire_now(two_texts(), zone) == "12");

  auto inquiry = two_texts();
  REQUIRE(inquiry.wanted());
  CHECK(inquiry.wanted()->name == "one.example");
  inquiry.answer(zone.lookup(*inquiry.wanted()));
  REQUIRE(inquiry.wanted());
  CHECK(inquiry.wanted()->name == "two.example");
}

TEST_CASE("a CNAME loop is a failure, not an absence") {
  ZoneFake zone;
  zone.add("a.example", Type::cname, Target{"b.example"});
  zone.add("b.example", Type::cname, Target{"a.example"});
  CHECK(zone.lookup({"a.example", Type::a}).temporary());
}
