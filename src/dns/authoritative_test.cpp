#include "dns/authoritative.h"

#include <doctest/doctest.h>

#include "dns/listener.h"
#include "dns/zone_fake.h"

using namespace ph;
using namespace ph::dns;
using namespace std::chrono_literals;

namespace {

struct Served {
  std::unique_ptr<net::Loop> loop = net::Loop::make();
  std::unique_ptr<DnsListener> listener;
  ZoneFake finder;

  Served() {
    auto one = std::make_shared<Zone>("one.example", Soa{"ns", "root"}, 60);
    auto two = std::make_shared<Zone>("two.example", Soa{"ns", "root"}, 60);
    REQUIRE(one->add(txt_record("a.one.example", Txt::of("truth"), 60)));
    REQUIRE(one->add(cname_record("c.one.example", "a.two.example", 30)));
    REQUIRE(two->add(txt_record("a.two.example", Txt::of("second"), 60)));
    auto started = DnsListener::start(*loop, *Endpoint::parse("127.0.0.1:0"), {one, two});
    REQUIRE(started);
    listener = std::move(*started);
    for (const char* zone : {"one.example", "two.example"})
      finder.add(zone, Type::ns, Target{"ns.host.example"});
    finder.add_address("ns.host.example", "127.0.0.1");
    finder.add_txt("a.one.example", "stale");
    finder.fail("broken.example", Status::servfail);
    finder.add("lame.example", Type::ns, Target{"ns.nowhere.example"});
  }

  Answer ask(Question question, PrivateServers servers = PrivateServers::allowed) {
    AuthoritativeResolver direct({.finder = &finder,
                                  .private_servers = servers,
                                  .port = listener->local().port});
    return loop->run_until(direct.query(std::move(question), loop->in(5s)));
  }
};

}  // namespace

TEST_CASE("a zone's own servers are asked, not what others remember") {
  Served served;
  CHECK(served.ask({"a.one.example", Type::txt}).texts() == std::vector<std::string>{"truth"});
  CHECK(served.ask({"b.one.example", Type::txt}).status == Status::nxdomain);
  Answer alias = served.ask({"c.one.example", Type::txt});
  CHECK(alias.texts() == std::vector<std::string>{"second"});
  CHECK(alias.aliases == std::vector<std::string>{"c.one.example"});
}

TEST_CASE("where no server is found the answer is temporary") {
  Served served;
  CHECK(served.ask({"a.broken.example", Type::txt}).temporary());
  CHECK(served.ask({"a.lame.example", Type::txt}).temporary());
  CHECK(served.ask({"unknown", Type::txt}).temporary());
}

TEST_CASE("name servers at private addresses are not asked") {
  Served served;
  Answer answer = served.ask({"a.one.example", Type::txt}, PrivateServers::refused);
  CHECK(answer.temporary());
  CHECK(answer.detail == "the zone's name servers have private addresses");
}
