#include "dns/codec.h"

#include <doctest/doctest.h>

#include "base/encoding.h"

using namespace ph;
using namespace ph::dns;

namespace {

Message sample() {
  Message m;
  m.id = 4711;
  m.response = m.authoritative = m.recursion_desired = true;
  m.questions = {{"WWW.example.com", Type::a}};
  m.answers = {
      cname_record("www.example.com", "host.example.com", 60),
      a_record("host.example.com", *IpAddress::parse("192.0.2.1"), 60),
      a_record("host.example.com", *IpAddress::parse("2001:db8::1"), 60),
      mx_record("example.com", {10, "host.example.com"}, 300),
      mx_record("null.example.com", {0, "."}, 300),
      txt_record("example.com", {{"v=spf1 -all", "", std::string(255, 'x')}}, 300),
      {"a\\.b.example.com", Type::ns, 5, Target{"ns.example.com"}},
      {"1.2.0.192.in-addr.arpa", Type::ptr, 5, Target{"host.example.com"}},
      {"_25._tcp.host.example.com", Type::tlsa, 5, Tlsa{3, 1, 1, std::string(32, '\xab')}},
      {"example.com", static_cast<Type>(65), 5, Raw{"\x01\x02"}},
  };
  m.authority = {{"example.com", Type::soa, 60, Soa{"ns.example.com", "root.example.com"}}};
  m.edns = Edns{1232, 0, true};
  return m;
}

// A header with the given counts, then the rest.
std::string packet(std::string_view counts_hex, std::string_view rest_hex) {
  return *hex_decode("12348180") + *hex_decode(counts_hex) + *hex_decode(rest_hex);
}

constexpr const char* kQuestion = "016100000f0001";  // a. MX IN

}  // namespace

TEST_CASE("a message comes back as it was") {
  Message m = sample();
  auto bytes = encode(m);
  REQUIRE(bytes);
  auto back = decode(*bytes);
  REQUIRE(back);
  CHECK(*back == m);
  // The names share their ends.
  CHECK(bytes->size() < 700);
}

TEST_CASE("an extended response code needs EDNS and comes back") {
  Message m;
  m.rcode = Rcode::bad_version;
  CHECK_FALSE(encode(m));
  m.edns = Edns{};
  CHECK(decode(*encode(m))->rcode == Rcode::bad_version);
}

TEST_CASE("a message with no room says so and keeps its question") {
  Message m = sample();
  auto bytes = encode(m, 200);
  REQUIRE(bytes);
  CHECK(bytes->size() <= 200);
  auto back = decode(*bytes);
  REQUIRE(back);
  CHECK(back->truncated);
  CHECK(back->answers.empty());
  CHECK(back->questions == m.questions);
  CHECK_FALSE(encode(m, 10));
}

TEST_CASE("every cut of a good packet is refused") {
  std::string bytes = *encode(sample());
  for (size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(decode(bytes.substr(0, size)));
  CHECK_FALSE(decode(bytes + "x"));
}

TEST_CASE("hostile packets are refused") {
  struct Row {
    const char* what;
    std::string bytes;
  };
  const std::string many_pointers = [] {
    // Names at offset 12: each of 200 pointers leads to the one before it.
    std::string out = *hex_decode("123481800001000000000000") + std::string("\0", 1);
    std::string rest;
    for (unsigned i = 0; i < 200; ++i) {
      unsigned target = i == 0 ? 12 : 13 + 2 * (i - 1);
      rest += static_cast<char>(0xc0 | target >> 8);
      rest += static_cast<char>(target);
    }
    return out.substr(0, 12) + std::string("\0", 1) + rest;
  }();
  const Row rows[] = {
      {"a pointer to itself", packet("0001000000000000", "c00c000f0001")},
      {"a pointer forward", packet("0001000000000000", "c0100000000f0001")},
      {"a pointer into the header", packet("0001000000000000", "c000000f0001")},
      {"a reserved label type", packet("0001000000000000", "4161000f0001")},
      {"more questions than there are", packet("ffff000000000000", kQuestion)},
      {"more records than the cap", packet("0001ffffffffffff", kQuestion)},
      {"a class other than IN", packet("0001000000000000", "016100000f0003")},
      {"an A record of three octets", packet("0000000100000000", "0000010001000000000003c00002")},
      {"an A record of five octets",
       packet("0000000100000000", "0000010001000000000005c000020101")},
      {"a TXT string beyond its record",
       packet("0000000100000000", "00001000010000000000020561")},
      {"an MX name beyond its record",
       packet("0000000100000000", "00000f0001000000000003000a01610000")},
      {"two OPT records",
       packet("0000000000000002", "00002904d00000000000000000290400000000000000")},
      {"an OPT record with an owner", packet("0000000000000001", "01610000290400000000000000")},
      {"two hundred pointers", many_pointers},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK_FALSE(decode(row.bytes));
  }
}

TEST_CASE("a TTL with its highest bit set counts as zero") {
  auto m = decode(packet("0000000100000000", "0000010001ffffffff0004c0000201"));
  REQUIRE(m);
  CHECK(m->answers[0].ttl == 0);
}

TEST_CASE("what cannot stand in a message is not encoded") {
  Message m;
  m.answers = {txt_record("a", {{std::string(256, 'x')}}, 0)};
  CHECK_FALSE(encode(m));
  m.answers = {a_record("a..b", *IpAddress::parse("192.0.2.1"), 0)};
  CHECK_FALSE(encode(m));
  m.answers = {{"a", Type::a, 0, *IpAddress::parse("::1")}};
  CHECK_FALSE(encode(m));
}

TEST_CASE("a response is read with its CNAMEs") {
  Message m;
  m.response = m.recursion_available = true;
  m.answers = {cname_record("a.example", "b.example", 60),
               cname_record("b.example", "c.example", 30),
               a_record("c.example", *IpAddress::parse("192.0.2.1"), 90),
               a_record("other.example", *IpAddress::parse("192.0.2.2"), 1)};
  std::string open;
  Answer answer = interpret(m, {"A.example", Type::a}, &open);
  CHECK(answer.ok());
  CHECK(answer.canonical == "c.example");
  CHECK(answer.aliases == std::vector<std::string>{"a.example", "b.example"});
  CHECK(answer.ttl == 30);
  CHECK(answer.addresses().size() == 1);
  CHECK(open.empty());

  m.answers.resize(2);
  answer = interpret(m, {"a.example", Type::a}, &open);
  CHECK(open == "c.example");

  m.answers = {cname_record("a.example", "a.example", 60)};
  CHECK(interpret(m, {"a.example", Type::a}, &open).status == Status::servfail);
}

TEST_CASE("absence, failure and referral are told apart") {
  Record soa{"example", Type::soa, 900, Soa{.primary = "ns.example", .mailbox = "x.example",
                                            .minimum = 60}};
  Message m;
  m.response = true;
  Answer answer = interpret(m, {"a.example", Type::a}, nullptr);
  CHECK(answer.status == Status::nodata);
  CHECK(answer.ttl == 0);
  CHECK(answer.bare);
  m.authority = {soa};
  answer = interpret(m, {"a.example", Type::a}, nullptr);
  CHECK(answer.status == Status::nodata);
  CHECK_FALSE(answer.bare);
  CHECK(answer.ttl == 60);
  m.rcode = Rcode::name_error;
  CHECK(interpret(m, {"a.example", Type::a}, nullptr).status == Status::nxdomain);
  m.rcode = Rcode::refused;
  CHECK(interpret(m, {"a.example", Type::a}, nullptr).temporary());
  m.rcode = Rcode::no_error;
  m.authority = {{"example", Type::ns, 60, Target{"ns.example"}}};
  CHECK(interpret(m, {"a.example", Type::a}, nullptr).temporary());
}
