#include "dns/forwarder.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "dns/listener.h"
#include "dns/stub.h"
#include "net/gather.h"
#include "net/udp.h"

using namespace ph;
using namespace ph::dns;
using namespace std::chrono_literals;

namespace {

const Endpoint kAnyPort = *Endpoint::parse("127.0.0.1:0");

std::string hello(std::string_view query) {
  Message m = *decode(query);
  m.response = m.recursion_available = true;
  m.answers = {txt_record(lower(m.questions[0].name), Txt::of("hello"), 60)};
  return *encode(m);
}

// Servers on a loop, and a forwarder to them. `asked` counts by server.
struct Served {
  std::unique_ptr<net::Loop> loop = net::Loop::make();
  std::vector<std::unique_ptr<DnsListener>> listeners;
  std::vector<Endpoint> servers;
  std::vector<unsigned> asked;
  std::unique_ptr<Forwarder> forwarder;

  void serve(Responder responder) {
    size_t number = servers.size();
    asked.push_back(0);
    auto counted = [this, number, responder](std::string_view query, Transport transport) {
      ++asked[number];
      return responder(query, transport);
    };
    auto listener = DnsListener::start(*loop, kAnyPort, counted);
    REQUIRE(listener);
    listeners.push_back(std::move(*listener));
    servers.push_back(listeners.back()->local());
  }
  void serve_hello() {
    serve([](std::string_view query, Transport) { return hello(query); });
  }
  void serve_silence() {
    serve([](std::string_view, Transport) { return std::nullopt; });
  }
  void start(Duration patience = 10s, Duration per_try = 5ms) {
    auto made = Forwarder::start({.servers = servers, .patience = patience, .per_try = per_try});
    REQUIRE(made);
    forwarder = std::move(*made);
  }
  net::Task<Rcode> rcode_of(std::string name) {
    StubResolver client({});
    auto got = co_await client.exchange(forwarder->local(), {std::move(name), Type::txt},
                                        DnssecWish::no, loop->in(20s));
    co_return got ? got->rcode : Rcode::bad_version;
  }
  Rcode ask(std::string name) { return loop->run_until(rcode_of(std::move(name))); }
};

}  // namespace

TEST_CASE("silence about one name is SERVFAIL for it, and nothing for any other") {
  Served served;
  served.serve([](std::string_view query, Transport) -> std::optional<std::string> {
    if (decode(query)->questions[0].name.size() == std::string_view("bad.example").size())
      return std::nullopt;
    return hello(query);
  });
  served.start(1s);
  constexpr int kEach = 50;
  std::vector<net::Task<Rcode>> all;
  for (int i = 0; i < kEach; ++i) {
    all.push_back(served.rcode_of("bad.example"));
    all.push_back(served.rcode_of("good.example"));
  }
  auto both = [&]() -> net::Task<std::vector<Rcode>> {
    co_return co_await net::gather(std::move(all));
  };
  auto got = served.loop->run_until(both());
  CHECK(std::ranges::count(got, Rcode::server_failure) == kEach);
  CHECK(std::ranges::count(got, Rcode::no_error) == kEach);
  CHECK(served.ask("good.example") == Rcode::no_error);
}

TEST_CASE("a server that is silent gets company, and one that answers is asked first") {
  Served silent;
  silent.serve_silence();
  silent.serve_hello();
  silent.start();
  CHECK(silent.ask("one.example") == Rcode::no_error);
  CHECK(silent.asked[0] >= 1);
  Served refused;
  refused.serve([](std::string_view query, Transport) {
    Message m = *decode(query);
    m.response = true;
    m.rcode = Rcode::refused;
    return *encode(m);
  });
  refused.serve_hello();
  refused.start(20s, 20s);
  for (int i = 0; i < 5; ++i) CHECK(refused.ask("two.example") == Rcode::no_error);
  CHECK(refused.asked[0] == 1);
  CHECK(refused.asked[1] == 5);
}

TEST_CASE("what says nothing of the name is no answer: the next server is asked, else SERVFAIL") {
  std::vector<std::function<void(Message&)>> useless = {
      [](Message& m) { m.rcode = Rcode::server_failure; },
      [](Message& m) { m.rcode = Rcode::refused; },
      [](Message& m) { m.rcode = Rcode::not_implemented; },
      [](Message& m) { m.rcode = Rcode::format_error; },
      [](Message& m) { m.recursion_available = false; },
      [](Message& m) { m.authority = {{"example", Type::ns, 60, Target{"ns.example"}}}; },
  };
  for (const auto& change : useless) {
    auto lame = [change](std::string_view query, Transport) {
      Message m = *decode(query);
      m.response = m.recursion_available = true;
      change(m);
      return *encode(m);
    };
    Served alone;
    alone.serve(lame);
    alone.start();
    CHECK(alone.ask("a.example") == Rcode::server_failure);
    Served served;
    served.serve(lame);
    served.serve_hello();
    served.start(20s, 20s);
    CHECK(served.ask("a.example") == Rcode::no_error);
  }
}

TEST_CASE("an answer that is too long for the servers' datagrams comes back in one") {
  Served served;
  const std::string text(200, 'a');
  served.serve([&](std::string_view query, Transport transport) {
    Message m = *decode(query);
    m.response = m.recursion_available = true;
    for (int i = 0; i < 200; ++i)
      m.answers.push_back(txt_record(lower(m.questions[0].name), Txt::of(text), 60));
    return *encode(m, transport == Transport::udp ? limits::kDnsUdpPayload : limits::kDnsMessage);
  });
  served.start();
  auto big = [&]() -> net::Task<Result<net::Datagram>> {
    Message query;
    query.id = 4711;
    query.recursion_desired = true;
    query.questions = {{"big.example", Type::txt}};
    auto socket = CO_TRY(net::UdpSocket::connect(*served.loop, served.forwarder->local()));
    CO_TRY(socket->send(served.forwarder->local(), *encode(query)));
    co_return co_await socket->receive(served.loop->in(20s));
  };
  auto got = served.loop->run_until(big());
  REQUIRE(got);
  auto message = decode(got->bytes);
  REQUIRE(message);
  CHECK(message->id == 4711);
  CHECK_FALSE(message->truncated);
  CHECK(message->answers.size() == 200);
  CHECK(message->questions[0].name == "big.example");
}

TEST_CASE("what is no query is passed over, and a question that cannot be read gets SERVFAIL") {
  Served served;
  served.serve_hello();
  served.start();
  auto raw = [&](std::string bytes) -> net::Task<Result<net::Datagram>> {
    auto socket = CO_TRY(net::UdpSocket::connect(*served.loop, served.forwarder->local()));
    std::string nothings[] = {"", "short", std::string(99, '\xff')};
    for (const std::string& nothing : nothings)
      CO_TRY(socket->send(served.forwarder->local(), nothing));
    CO_TRY(socket->send(served.forwarder->local(), bytes));
    co_return co_await socket->receive(served.loop->in(20s));
  };
  // A pointer where a record's name should be, to itself; the question stands before it.
  std::string query = *encode({.id = 7, .recursion_desired = true,
                               .questions = {{"a.example", Type::a}}});
  query[11] = 1;
  query += std::string("\xc0", 1) + static_cast<char>(query.size());
  auto got = served.loop->run_until(raw(query));
  REQUIRE(got);
  auto message = decode(got->bytes);
  REQUIRE(message);
  CHECK(message->id == 7);
  CHECK(message->rcode == Rcode::server_failure);
  CHECK(served.asked[0] == 0);
}
