#include "delivery/mx.h"

#include "base/limits.h"
#include "dns/zone_fake.h"
#include "net/loop.h"

using namespace ph;
using namespace ph::delivery;
using core::AttemptOutcome;
using core::Cause;

namespace {

const MxRules kPublic{PrivateAddresses::refused, 25, "mail.ours.example", {}};

Targets look_up(dns::ZoneFake& zone, std::string domain, MxRules rules = kPublic,
                uint64_t seed = 1) {
  FakeClock clock;
  auto loop = net::Loop::simulated(clock);
  FakeRandom random(seed);
  return loop->run_until(find_targets(zone, std::move(domain), std::move(rules), random,
                                      Deadline::in(clock, limits::kMxLookupWait)));
}

std::vector<std::string> hosts(const Targets& targets) {
  std::vector<std::string> out;
  for (const Target& target : targets.list) out.push_back(target.host);
  return out;
}

std::string text(const Targets& targets) {
  if (!targets.none) return "found";
  return fmt::format("{} {} {}",
                     targets.none->outcome == AttemptOutcome::bounced ? "bounced" : "deferred",
                     core::cause_name(targets.none->cause), targets.none->enhanced);
}

}  // namespace

TEST_CASE("exchanges are tried by preference") {
  dns::ZoneFake zone;
  zone.add_mx("d.example", 20, "b.example").add_mx("d.example", 10, "a.example");
  zone.add_address("a.example", "8.8.8.1").add_address("b.example", "8.8.8.2");
  Targets found = look_up(zone, "d.example");
  CHECK(hosts(found) == std::vector<std::string>{"a.example", "b.example"});
  CHECK(found.list[0].at.text() == "8.8.8.1:25");
}

TEST_CASE("equal preferences come in random order") {
  dns::ZoneFake zone;
  for (char c : std::string("abcd")) {
    std::string host = std::string(1, c) + ".mx.example";
    zone.add_mx("d.example", 10, host).add_address(host, "8.8.8.8");
  }
  std::set<std::string> firsts;
  for (uint64_t seed = 1; seed < 60; ++seed) {
    firsts.insert(look_up(zone, "d.example", kPublic, seed).list.front().host);
  }
  CHECK(firsts.size() == 4);
}

TEST_CASE("IPv6 and IPv4 of a host alternate, so that one black hole does not eat all tries") {
  dns::ZoneFake zone;
  zone.add_mx("d.example", 10, "a.example");
  for (int i = 1; i <= 3; ++i) {
    zone.add_address("a.example", "8.8.8." + std::to_string(i));
    zone.add_address("a.example", "2001:4860::" + std::to_string(i));
  }
  Targets found = look_up(zone, "d.example");
  REQUIRE(found.list.size() == 6);
  for (size_t i = 0; i < 6; ++i) CHECK(found.list[i].at.address.is_v6() == (i % 2 == 0));
}

TEST_CASE("one attempt tries a bounded number of addresses and hosts") {
  dns::ZoneFake zone;
  for (int i = 0; i < 40; ++i) {
    std::string host = "h" + std::to_string(i) + ".mx.example";
    zone.add_mx("d.example", static_cast<uint16_t>(i), host);
    for (int a = 1; a <= 4; ++a) zone.add_address(host, "8.8.4." + std::to_string(a));
  }
  CHECK(look_up(zone, "d.example").list.size() == limits::kMxAddressTries);
}

TEST_CASE("where there is nowhere to go, the reason decides between bounce and wait") {
  struct Row {
    const char* name;
    std::function<void(dns::ZoneFake&)> fill;
    const char* expected;
  };
  using Z = dns::ZoneFake;
  const Row rows[] = {
      {"no such domain", [](Z&) {}, "bounced no_such_domain 5.1.2"},
      {"neither MX nor address", [](Z& z) { z.add_txt("d.example", "x"); },
       "bounced no_such_domain 5.4.4"},
      {"null MX", [](Z& z) { z.add_mx("d.example", 0, "."); }, "bounced null_mx 5.1.10"},
      {"null MX beats an address",
       [](Z& z) { z.add_mx("d.example", 0, ".").add_address("d.example", "8.8.8.8"); },
       "bounced null_mx 5.1.10"},
      {"SERVFAIL", [](Z& z) { z.fail("d.example", dns::Status::servfail); },
       "deferred dns_temporary 4.4.3"},
      {"time-out", [](Z& z) { z.fail("d.example", dns::Status::timeout); },
       "deferred dns_temporary 4.4.3"},
      {"bogus is not missing", [](Z& z) { z.fail("d.example", dns::Status::bogus); },
       "deferred dns_temporary 4.4.3"},
      {"one label", [](Z& z) { z.add_mx("d.example", 1, "mail").add_address("mail", "8.8.8.8"); },
       "bounced no_such_domain 5.4.4"},
      {"an address as MX", [](Z& z) { z.add_mx("d.example", 1, "8.8.8.8"); },
       "bounced no_such_domain 5.4.4"},
      {"the hosts do not exist", [](Z& z) { z.add_mx("d.example", 1, "gone.example"); },
       "bounced no_such_domain 5.4.4"},
      {"a host cannot be looked up",
       [](Z& z) {
         z.add_mx("d.example", 1, "gone.example").add_mx("d.example", 2, "sick.example");
         z.fail("sick.example", dns::Status::servfail);
       },
       "deferred dns_temporary 4.4.3"},
      {"loopback",
       [](Z& z) { z.add_mx("d.example", 1, "a.example").add_address("a.example", "127.0.0.1"); },
       "bounced mx_not_allowed 5.4.4"},
      {"private", [](Z& z) { z.add_address("d.example", "10.1.2.3"); },
       "bounced mx_not_allowed 5.4.4"},
      {"unspecified", [](Z& z) { z.add_address("d.example", "0.0.0.0"); },
       "bounced mx_not_allowed 5.4.4"},
      {"IPv6 loopback and link-local",
       [](Z& z) { z.add_address("d.example", "::1").add_address("d.example", "fe80::1"); },
       "bounced mx_not_allowed 5.4.4"},
      {"mapped private", [](Z& z) { z.add_address("d.example", "::ffff:10.0.0.1"); },
       "bounced mx_not_allowed 5.4.4"},
      {"we are the best MX", [](Z& z) { z.add_mx("d.example", 5, "MAIL.ours.example"); },
       "bounced mx_is_us 5.4.6"},
      {"a private host beside one that works",
       [](Z& z) {
         z.add_mx("d.example", 1, "p.example").add_address("p.example", "192.168.0.1");
         z.add_mx("d.example", 2, "a.example").add_address("a.example", "8.8.8.8");
       },
       "found"},
      {"a sick host beside one that works",
       [](Z& z) {
         z.add_mx("d.example", 1, "sick.example").fail("sick.example", dns::Status::timeout);
         z.add_mx("d.example", 2, "a.example").add_address("a.example", "8.8.8.8");
       },
       "found"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    dns::ZoneFake zone;
    row.fill(zone);
    Targets found = look_up(zone, "d.example");
    CHECK(text(found) == row.expected);
    CHECK(found.list.empty() == found.none.has_value());
  }
}

TEST_CASE("an absence without authority lets mail wait, and hides no address") {
  dns::Answer none;
  none.status = dns::Status::nodata;
  none.bare = true;
  FakeRandom random(1);
  HostAnswers host{{"d.example", 0}, none, none};
  auto found = targets_of("d.example", {host}, kPublic, random);
  REQUIRE(std::holds_alternative<NoTarget>(found));
  CHECK(std::get<NoTarget>(found).outcome == AttemptOutcome::deferred);
  CHECK(std::get<NoTarget>(found).cause == Cause::dns_temporary);
  dns::ZoneFake zone;
  zone.add_address("d.example", "8.8.8.8");
  host.v4 = zone.lookup({"d.example", dns::Type::a});
  CHECK(std::holds_alternative<std::vector<Target>>(
      targets_of("d.example", {host}, kPublic, random)));
}

TEST_CASE("no MX at all means the name itself") {
  dns::ZoneFake zone;
  zone.add_address("d.example", "8.8.8.8");
  CHECK(hosts(look_up(zone, "d.example")) == std::vector<std::string>{"d.example"});
}

TEST_CASE("a CNAME leads to the MX of its target") {
  dns::ZoneFake zone;
  zone.add("d.example", dns::Type::cname, dns::Target{"t.example"});
  zone.add_mx("t.example", 10, "a.example").add_address("a.example", "8.8.8.8");
  CHECK(hosts(look_up(zone, "d.example")) == std::vector<std::string>{"a.example"});
}

TEST_CASE("where we are an exchange, it and what is less preferred is dropped") {
  dns::ZoneFake zone;
  zone.add_mx("d.example", 10, "best.example").add_address("best.example", "8.8.8.1");
  zone.add_mx("d.example", 20, "mail.ours.example").add_address("mail.ours.example", "8.8.8.2");
  zone.add_mx("d.example", 20, "twin.example").add_address("twin.example", "8.8.8.3");
  zone.add_mx("d.example", 30, "last.example").add_address("last.example", "8.8.8.4");
  CHECK(hosts(look_up(zone, "d.example")) == std::vector<std::string>{"best.example"});
}

TEST_CASE("a loop is our listener's address and port, an address alone is none") {
  dns::ZoneFake zone;
  zone.add_mx("d.example", 10, "a.example").add_address("a.example", "127.0.0.1");
  MxRules rules{PrivateAddresses::allowed, 25, "", {}};
  rules.listeners.push_back(*Endpoint::parse("127.0.0.1:2525"));
  CHECK(text(look_up(zone, "d.example", rules)) == "found");
  rules.port = 2525;
  CHECK(text(look_up(zone, "d.example", rules)) == "bounced mx_is_us 5.4.6");
  rules.listeners = {*Endpoint::parse("0.0.0.0:2525")};
  CHECK(text(look_up(zone, "d.example", rules)) == "bounced mx_is_us 5.4.6");
}

TEST_CASE("behind our own address nothing less preferred is tried") {
  dns::ZoneFake zone;
  zone.add_mx("d.example", 10, "us.example").add_address("us.example", "8.8.8.8");
  zone.add_mx("d.example", 20, "b.example").add_address("b.example", "8.8.4.4");
  MxRules rules = kPublic;
  rules.listeners.push_back(*Endpoint::parse("8.8.8.8:25"));
  CHECK(text(look_up(zone, "d.example", rules)) == "bounced mx_is_us 5.4.6");
}

TEST_CASE("address literals are used as they stand") {
  dns::ZoneFake zone;
  Targets found = look_up(zone, "[8.8.8.8]");
  REQUIRE(found.list.size() == 1);
  CHECK(found.list[0].at.text() == "8.8.8.8:25");
  CHECK(look_up(zone, "[IPv6:2001:4860::8]").list.size() == 1);
  CHECK(text(look_up(zone, "[127.0.0.1]")) == "bounced mx_not_allowed 5.4.4");
  CHECK(text(look_up(zone, "[nonsense]")) == "bounced no_such_domain 5.1.3");
}

TEST_CASE("a fixed next hop may be private, and one without an address lets mail wait") {
  dns::ZoneFake zone;
  zone.add_address("hop.example", "10.0.0.1");
  FakeClock clock;
  auto loop = net::Loop::simulated(clock);
  FakeRandom random;
  Deadline deadline = Deadline::in(clock, limits::kMxLookupWait);
  auto find = [&](std::string host) {
    return loop->run_until(find_route_targets(zone, std::move(host), 2500, random, deadline));
  };
  CHECK(find("hop.example").list.at(0).at.text() == "10.0.0.1:2500");
  CHECK(find("127.0.0.1").list.at(0).at.text() == "127.0.0.1:2500");
  CHECK(text(find("gone.example")) == "deferred dns_temporary 4.4.4");
}
