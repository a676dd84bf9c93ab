#include "dns/server.h"

#include <doctest/doctest.h>

#include "dns/codec.h"

using namespace ph;
using namespace ph::dns;

namespace {

std::shared_ptr<Zone> sample_zone() {
  auto zone = std::make_shared<Zone>("sandbox.example", Soa{"ns.sandbox.example", "x.example"}, 60);
  REQUIRE(zone->add(a_record("Host.sandbox.example", *IpAddress::parse("192.0.2.1"), 60)));
  REQUIRE(zone->add(cname_record("www.sandbox.example", "host.sandbox.example", 60)));
  REQUIRE(zone->add(cname_record("away.sandbox.example", "host.other.example", 60)));
  REQUIRE(zone->add(cname_record("loop.sandbox.example", "loop.sandbox.example", 60)));
  REQUIRE(zone->add(txt_record("a.deep.sandbox.example", Txt::of("x"), 60)));
  for (int i = 0; i < 60; ++i)
    REQUIRE(zone->add(txt_record("big.sandbox.example", Txt::of(std::string(100, 'x') +
                                                                std::to_string(i)), 60)));
  return zone;
}

struct Asked {
  Transport transport = Transport::udp;
  std::optional<Edns> edns;
  uint8_t opcode = 0;
};

Message ask(const std::shared_ptr<Zone>& zone, Question question, Asked how = {}) {
  Message query;
  query.id = 7;
  query.opcode = how.opcode;
  query.recursion_desired = true;
  query.edns = how.edns;
  query.questions = {std::move(question)};
  std::shared_ptr<Zone> zones[] = {zone};
  auto bytes = respond(zones, *encode(query), how.transport);
  REQUIRE(bytes);
  auto message = decode(*bytes);
  REQUIRE(message);
  CHECK(message->id == 7);
  CHECK(message->response);
  return *message;
}

}  // namespace

TEST_CASE("the name server answers for its zone") {
  auto zone = sample_zone();
  Message m = ask(zone, {"HOST.sandbox.Example", Type::a});
  CHECK(m.authoritative);
  CHECK_FALSE(m.recursion_available);
  CHECK(m.answers.size() == 1);
  CHECK(m.questions[0].name == "HOST.sandbox.Example");

  m = ask(zone, {"host.sandbox.example", Type::mx});
  CHECK(m.rcode == Rcode::no_error);
  CHECK(m.answers.empty());
  REQUIRE(m.authority.size() == 1);
  CHECK(m.authority[0].type == Type::soa);

  m = ask(zone, {"nothing.sandbox.example", Type::a});
  CHECK(m.rcode == Rcode::name_error);
  CHECK(m.authority.size() == 1);

  m = ask(zone, {"deep.sandbox.example", Type::a});
  CHECK(m.rcode == Rcode::no_error);
  CHECK(ask(zone, {"eep.sandbox.example", Type::a}).rcode == Rcode::name_error);

  CHECK(ask(zone, {"sandbox.example", Type::soa}).answers.size() == 1);
  CHECK(ask(zone, {"host.sandbox.example", Type::any}).answers.size() == 1);
}

TEST_CASE("the name server follows CNAMEs inside its zone") {
  auto zone = sample_zone();
  CHECK(ask(zone, {"www.sandbox.example", Type::a}).answers.size() == 2);
  CHECK(ask(zone, {"www.sandbox.example", Type::cname}).answers.size() == 1);
  Message away = ask(zone, {"away.sandbox.example", Type::a});
  CHECK(away.answers.size() == 1);
  CHECK(away.rcode == Rcode::no_error);
  CHECK(ask(zone, {"loop.sandbox.example", Type::a}).answers.size() <= limits::kCnameChain + 1);
}

TEST_CASE("the name server cuts what has no room over UDP") {
  auto zone = sample_zone();
  Message m = ask(zone, {"big.sandbox.example", Type::txt});
  CHECK(m.truncated);
  CHECK(m.answers.empty());
  m = ask(zone, {"big.sandbox.example", Type::txt}, {.edns = Edns{4096, 0, false}});
  CHECK(m.truncated);
  CHECK(m.edns);
  m = ask(zone, {"big.sandbox.example", Type::txt}, {.transport = Transport::tcp});
  CHECK_FALSE(m.truncated);
  CHECK(m.answers.size() == 60);
}

TEST_CASE("the name server refuses what is not its business") {
  auto zone = sample_zone();
  CHECK(ask(zone, {"example.com", Type::a}).rcode == Rcode::refused);
  CHECK(ask(zone, {"xsandbox.example", Type::a}).rcode == Rcode::refused);
  CHECK(ask(zone, {"sandbox.example", Type::a}, {.opcode = 5}).rcode == Rcode::not_implemented);
  CHECK(ask(zone, {"sandbox.example", Type::a}, {.edns = Edns{1232, 1, false}}).rcode ==
        Rcode::bad_version);
  std::shared_ptr<Zone> zones[] = {zone};
  CHECK_FALSE(respond(zones, "short", Transport::udp));
  Message response;
  response.response = true;
  CHECK_FALSE(respond(zones, *encode(response), Transport::udp));
  auto broken = respond(zones, std::string("\x12\x34\x01\x00\x00\x05\0\0\0\0\0\0", 12),
                        Transport::udp);
  REQUIRE(broken);
  CHECK(decode(*broken)->rcode == Rcode::format_error);
}

TEST_CASE("a zone keeps its rules") {
  auto zone = sample_zone();
  CHECK_FALSE(zone->add(a_record("example.com", *IpAddress::parse("192.0.2.1"), 60)));
  CHECK_FALSE(zone->add(cname_record("host.sandbox.example", "x.example", 60)));
  CHECK_FALSE(zone->add(a_record("www.sandbox.example", *IpAddress::parse("192.0.2.1"), 60)));
  CHECK_FALSE(zone->add(cname_record("sandbox.example", "x.example", 60)));
  zone->remove("host.sandbox.example", Type::a);
  CHECK(zone->find({"host.sandbox.example", Type::a}).status == Status::nxdomain);
  REQUIRE(zone->set("host.sandbox.example", Type::txt,
                    {txt_record("", Txt::of("one"), 60), txt_record("", Txt::of("two"), 60)}));
  CHECK(zone->find({"host.sandbox.example", Type::txt}).records.size() == 2);
  REQUIRE(zone->set("host.sandbox.example", Type::txt, {txt_record("", Txt::of("new"), 60)}));
  CHECK(zone->find({"HOST.sandbox.example", Type::txt}).records.size() == 1);
}
