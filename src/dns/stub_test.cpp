#include "dns/stub.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "dns/listener.h"
#include "net/udp.h"

using namespace ph;
using namespace ph::dns;
using namespace std::chrono_literals;

namespace {

const Endpoint kAnyPort = *Endpoint::parse("127.0.0.1:0");

std::vector<std::shared_ptr<Zone>> sample_zones() {
  auto zone = std::make_shared<Zone>("example", Soa{"ns.example", "root.example"}, 60);
  REQUIRE(zone->add(txt_record("small.example", Txt::of("hello"), 60)));
  for (int i = 0; i < 40; ++i)
    REQUIRE(zone->add(txt_record("big.example", Txt::of(std::string(200, 'a') + std::to_string(i)),
                                 60)));
  REQUIRE(zone->add(cname_record("alias.example", "target.other", 30)));
  return {zone};
}

// A responder over `zones` that `tamper` may change or count.
struct Served {
  std::unique_ptr<net::Loop> loop = net::Loop::make();
  std::vector<std::unique_ptr<DnsListener>> listeners;
  FakeRandom random;

  Endpoint serve(Responder responder) {
    auto listener = DnsListener::start(*loop, kAnyPort, std::move(responder));
    REQUIRE(listener);
    listeners.push_back(std::move(*listener));
    return listeners.back()->local();
  }
  Endpoint serve_zones() {
    return serve([zones = sample_zones()](std::string_view query, Transport transport) {
      return respond(zones, query, transport);
    });
  }
  // Takes what comes and says nothing.
  Endpoint serve_silence() {
    return serve([](std::string_view, Transport) { return std::nullopt; });
  }
  Answer ask(std::vector<Endpoint> servers, Question question, Duration within = 5s) {
    StubResolver stub({.servers = std::move(servers), .per_server = 100ms, .random = &random});
    return loop->run_until(stub.query(std::move(question), loop->in(within)));
  }
};

std::string changed(std::string_view query, const std::function<void(Message&)>& change) {
  Message m = *decode(query);
  m.response = true;
  change(m);
  return *encode(m);
}

void answer_hello(Message& m) {
  m.recursion_available = true;
  m.answers = {txt_record(lower(m.questions[0].name), Txt::of("hello"), 60)};
}

}  // namespace

TEST_CASE("the stub gets answers and absences over UDP") {
  Served served;
  Endpoint server = served.serve_zones();
  Answer answer = served.ask({server}, {"small.example", Type::txt});
  CHECK(answer.texts() == std::vector<std::string>{"hello"});
  CHECK(answer.server == server.text());
  CHECK(answer.ttl == 60);
  CHECK(served.ask({server}, {"small.example", Type::a}).status == Status::nodata);
  CHECK(served.ask({server}, {"none.example", Type::a}).status == Status::nxdomain);
  CHECK(served.ask({server}, {"foreign.com", Type::a}).temporary());
  CHECK(served.ask({}, {"small.example", Type::a}).temporary());
}

TEST_CASE("the stub takes what has no room over TCP") {
  Served served;
  CHECK(served.ask({served.serve_zones()}, {"big.example", Type::txt}).records.size() == 40);
}

TEST_CASE("the stub mixes the case, and a server that does not keep it is asked over TCP") {
  Served served;
  unsigned tcp = 0, mixed = 0;
  Endpoint server = served.serve([&](std::string_view query, Transport transport) {
    return changed(query, [&](Message& m) {
      mixed += m.questions[0].name != lower(m.questions[0].name);
      if (transport == Transport::tcp) ++tcp;
      answer_hello(m);
      m.questions[0].name = lower(m.questions[0].name);
    });
  });
  CHECK(served.ask({server}, {"a-long-name.example", Type::txt}).ok());
  CHECK(tcp == 1);
  CHECK(mixed == 2);
}

TEST_CASE("a dead or failing server costs only its turn") {
  Served served;
  Endpoint dead = served.serve_silence(), good = served.serve_zones();
  Endpoint failing = served.serve([](std::string_view query, Transport) {
    return changed(query, [](Message& m) { m.rcode = Rcode::server_failure; });
  });
  CHECK(served.ask({dead, good}, {"small.example", Type::txt}).ok());
  CHECK(served.ask({failing, good}, {"small.example", Type::txt}).ok());
  CHECK(served.ask({dead, failing, good}, {"small.example", Type::txt}).ok());
  Answer answer = served.ask({dead, failing}, {"small.example", Type::txt}, 1s);
  CHECK(answer.status == Status::servfail);
  CHECK(answer.detail.find("SERVFAIL") != std::string::npos);
}

TEST_CASE("the deadline ends a query whatever the servers do") {
  Served served;
  Endpoint dead = served.serve_silence();
  MonoTime before = served.loop->clock().mono();
  CHECK(served.ask({dead, dead}, {"small.example", Type::txt}, 150ms).status == Status::timeout);
  CHECK(served.loop->clock().mono() - before < 2s);
}

TEST_CASE("a port where nobody listens costs no time") {
  Served served;
  Endpoint good = served.serve_zones();
  auto gone = net::UdpSocket::bind(*served.loop, kAnyPort);
  REQUIRE(gone);
  Endpoint closed = (*gone)->local();
  gone->reset();
  StubResolver stub({.servers = {closed, good}, .per_server = 20s, .per_query = 40s,
                     .random = &served.random});
  MonoTime before = served.loop->clock().mono();
  Question question{"small.example", Type::txt};
  CHECK(served.loop->run_until(stub.query(question, served.loop->in(30s))).ok());
  CHECK(served.loop->run_until(stub.query_at(closed, question, served.loop->in(30s))).status ==
        Status::servfail);
  CHECK(served.loop->clock().mono() - before < 10s);
}

TEST_CASE("one query ends after its own time, however far the deadline is") {
  Served served;
  Endpoint dead = served.serve_silence();
  StubResolver stub({.servers = {dead}, .per_server = 50ms, .per_query = 150ms,
                     .random = &served.random});
  MonoTime before = served.loop->clock().mono();
  Answer answer = served.loop->run_until(
      stub.query({"small.example", Type::txt}, served.loop->in(60s)));
  CHECK(answer.status == Status::timeout);
  CHECK(served.loop->clock().mono() - before < 20s);
}

TEST_CASE("many silent servers leave time for the one that answers") {
  Served served;
  std::vector<Endpoint> servers;
  for (int i = 0; i < 4; ++i) servers.push_back(served.serve_silence());
  servers.push_back(served.serve_zones());
  StubResolver stub({.servers = servers, .per_server = 1s, .per_query = 2s,
                     .random = &served.random});
  Question question{"small.example", Type::txt};
  CHECK(served.loop->run_until(stub.query(question, served.loop->in(60s))).ok());
}

TEST_CASE("a server from before EDNS is asked without") {
  Served served;
  unsigned asked = 0;
  Endpoint server = served.serve([&](std::string_view query, Transport) {
    ++asked;
    return changed(query, [](Message& m) {
      if (m.edns) m.rcode = Rcode::format_error;
      if (!m.edns) answer_hello(m);
      m.edns.reset();
    });
  });
  CHECK(served.ask({server}, {"small.example", Type::txt}).ok());
  CHECK(asked == 2);
}

TEST_CASE("a CNAME that the server leaves open is followed") {
  Served served;
  auto zones = sample_zones();
  Endpoint server = served.serve([&](std::string_view query, Transport transport) {
    if (lower(decode(query)->questions[0].name) == "target.other")
      return std::optional(changed(query, answer_hello));
    return respond(zones, query, transport);
  });
  Answer answer = served.ask({server}, {"alias.example", Type::txt});
  CHECK(answer.texts() == std::vector<std::string>{"hello"});
  CHECK(answer.canonical == "target.other");
  CHECK(answer.aliases == std::vector<std::string>{"alias.example"});
  CHECK(answer.ttl == 30);
}

TEST_CASE("a CNAME chain without end is given up") {
  Served served;
  unsigned asked = 0;
  Endpoint server = served.serve([&](std::string_view query, Transport) {
    ++asked;
    return changed(query, [&](Message& m) {
      m.answers = {cname_record(lower(m.questions[0].name),
                                "n" + std::to_string(asked) + ".example", 60)};
    });
  });
  CHECK(served.ask({server}, {"a.example", Type::txt}).status == Status::servfail);
  CHECK(asked <= limits::kCnameChain + 1);
}

TEST_CASE("forged and foreign datagrams are passed over") {
  Served served;
  auto socket = net::UdpSocket::bind(*served.loop, kAnyPort);
  auto other = net::UdpSocket::bind(*served.loop, kAnyPort);
  REQUIRE(socket);
  REQUIRE(other);
  auto forge = [](net::UdpSocket* from, net::UdpSocket* stranger,
                  Deadline deadline) -> net::Task<void> {
    auto query = co_await from->receive(deadline);
    PH_CHECK(query.has_value());
    auto send = [&](net::UdpSocket* through, const std::function<void(Message&)>& change) {
      (void)through->send(query->from, changed(query->bytes, [&](Message& m) {
        answer_hello(m);
        change(m);
      }));
    };
    auto lie = [](Message& m) { m.answers = {txt_record("small.example", Txt::of("lie"), 60)}; };
    send(stranger, lie);
    send(from, [&](Message& m) { lie(m), ++m.id; });
    send(from, [&](Message& m) { lie(m), m.questions[0].name = "other.example"; });
    send(from, [&](Message& m) { lie(m), m.questions[0].type = Type::a; });
    send(from, [&](Message& m) { lie(m), m.response = false; });
    (void)from->send(query->from, "rubbish");
    send(from, [](Message&) {});
  };
  served.loop->spawn(forge(socket->get(), other->get(), served.loop->in(5s)));
  StubResolver stub({.servers = {(*socket)->local()}, .random = &served.random});
  Answer answer = served.loop->run_until(
      stub.query({"small.example", Type::txt}, served.loop->in(5s)));
  CHECK(answer.texts() == std::vector<std::string>{"hello"});
}
