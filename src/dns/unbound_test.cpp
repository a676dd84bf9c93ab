#include "dns/unbound.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "dns/listener.h"
#include "net/gather.h"

using namespace ph;
using namespace ph::dns;
using namespace std::chrono_literals;

namespace {

const Endpoint kAnyPort = *Endpoint::parse("127.0.0.1:0");

// A name server for the whole tree that knows a few names, unsigned.
struct Served {
  std::unique_ptr<net::Loop> loop = net::Loop::make();
  std::unique_ptr<DnsListener> listener;
  std::shared_ptr<Zone> zone = std::make_shared<Zone>(".", Soa{"ns", "root"}, 60);
  unsigned asked = 0;

  Served() {
    REQUIRE(zone->add(mx_record("example.com", {10, "mx.example.com"}, 60)));
    REQUIRE(zone->add(cname_record("www.example.com", "mx.example.com", 60)));
    REQUIRE(zone->add(a_record("mx.example.com", *IpAddress::parse("192.0.2.1"), 60)));
    REQUIRE(zone->add(a_record("a.test", *IpAddress::parse("192.0.2.2"), 60)));
    REQUIRE(zone->add({"1.0.0.10.in-addr.arpa", Type::ptr, 60, Target{"inside.example.com"}}));
    std::vector<std::shared_ptr<Zone>> zones{zone};
    auto started = DnsListener::start(
        *loop, kAnyPort, [this, zones](std::string_view query, Transport transport) {
          ++asked;
          return respond(zones, query, transport);
        });
    REQUIRE(started);
    listener = std::move(*started);
  }

  std::unique_ptr<Unbound> resolver(Dnssec dnssec) {
    auto made = Unbound::make({.servers = {listener->local()}, .dnssec = dnssec});
    REQUIRE(made);
    return std::move(*made);
  }
  Answer ask(Unbound& resolver, Question question, Duration within = 10s) {
    return loop->run_until(resolver.query(std::move(question), loop->in(within)));
  }
};

}  // namespace

TEST_CASE("libunbound asks the configured servers and caches what they say") {
  Served served;
  auto resolver = served.resolver(Dnssec::off);
  CHECK(resolver->validation() == Validation::off);
  Answer mx = served.ask(*resolver, {"example.com", Type::mx});
  REQUIRE(mx.ok());
  CHECK(mx.exchanges()[0].host == "mx.example.com");
  CHECK_FALSE(mx.secure);
  CHECK(mx.ttl <= 60);
  unsigned before = served.asked;
  CHECK(served.ask(*resolver, {"example.com", Type::mx}).ok());
  CHECK(served.asked == before);
  Answer alias = served.ask(*resolver, {"www.example.com", Type::a});
  CHECK(alias.ok());
  CHECK(alias.canonical == "mx.example.com");
  CHECK(served.ask(*resolver, {"example.com", Type::a}).status == Status::nodata);
  CHECK(served.ask(*resolver, {"none.example.com", Type::a}).status == Status::nxdomain);
}

TEST_CASE("names that libunbound would answer itself come from the servers") {
  Served served;
  auto resolver = served.resolver(Dnssec::off);
  CHECK(served.ask(*resolver, {"a.test", Type::a}).ok());
  CHECK(served.ask(*resolver, {"1.0.0.10.in-addr.arpa", Type::ptr}).ok());
}

TEST_CASE("servers that strip DNSSEC are found out, and asked without validation") {
  Served served;
  auto resolver = served.resolver(Dnssec::automatic);
  CHECK(resolver->validation() == Validation::not_known_yet);
  Answer mx = served.ask(*resolver, {"example.com", Type::mx});
  CHECK(mx.ok());
  CHECK_FALSE(mx.secure);
  CHECK(resolver->validation() == Validation::off);
}

TEST_CASE("where validation is required, unsigned answers of a signed tree are temporary errors") {
  Served served;
  auto resolver = served.resolver(Dnssec::require);
  Answer mx = served.ask(*resolver, {"example.com", Type::mx});
  CHECK(mx.temporary());
  CHECK(mx.records.empty());
}

TEST_CASE("a query ends at its deadline, and others of the same resolver go on") {
  Served served;
  auto silent = DnsListener::start(*served.loop, kAnyPort,
                                   [](std::string_view, Transport) { return std::nullopt; });
  REQUIRE(silent);
  auto made = Unbound::make({.servers = {(*silent)->local()}, .dnssec = Dnssec::off});
  REQUIRE(made);
  MonoTime before = served.loop->clock().mono();
  CHECK(served.ask(**made, {"example.com", Type::mx}, 100ms).status == Status::timeout);
  CHECK(served.loop->clock().mono() - before < 2s);
  auto working = served.resolver(Dnssec::off);
  CHECK(served.ask(*working, {"example.com", Type::mx}).ok());
}

TEST_CASE("a query that is given up does no harm") {
  Served served;
  auto resolver = served.resolver(Dnssec::off);
  {
    auto given_up = resolver->query({"example.com", Type::mx}, Deadline::never());
    (void)given_up;
  }
  auto abandon = [](Unbound& from, net::Loop* loop) -> net::Task<bool> {
    auto task = std::make_unique<net::Task<Answer>>(
        from.query({"example.com", Type::mx}, loop->in(5s)));
    task->start();
    task.reset();
    Answer next = co_await from.query({"mx.example.com", Type::a}, loop->in(5s));
    co_return next.ok();
  };
  CHECK(served.loop->run_until(abandon(*resolver, served.loop.get())));
}

TEST_CASE("more questions than may be under way wait for their turn") {
  Served served;
  auto resolver = served.resolver(Dnssec::off);
  constexpr unsigned kStorm = limits::kDnsOutstanding + 200;
  auto storm = [&]() -> net::Task<unsigned> {
    std::vector<net::Task<Answer>> questions;
    for (unsigned i = 0; i < kStorm; ++i) {
      std::string name = "n" + std::to_string(i) + ".example.com";
      questions.push_back(resolver->query({std::move(name), Type::a}, served.loop->in(60s)));
    }
    unsigned answered = 0;
    for (const Answer& answer : co_await net::gather(std::move(questions)))
      answered += answer.status == Status::nxdomain;
    co_return answered;
  };
  CHECK(served.loop->run_until(storm()) == kStorm);
}

TEST_CASE("wrong settings are refused when the resolver is made") {
  auto made = Unbound::make({.servers = {kAnyPort}, .dnssec = Dnssec::require,
                             .root_key = "/nonexistent/root.key"});
  REQUIRE_FALSE(made);
  CHECK(made.error().message.find("/nonexistent/root.key") != std::string::npos);
  made = Unbound::make({.servers = {}, .trust_anchors = {"not a record"}});
  REQUIRE_FALSE(made);
  CHECK(made.error().message.find("trust anchors") != std::string::npos);
}
