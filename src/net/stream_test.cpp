#include "net/stream.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>
#include <vector>

#include "net/gather.h"
#include "net/listener.h"
#include "net/transport.h"
#include "net/udp.h"
#include "net/unix_socket.h"

namespace ph::net {
namespace {

using namespace std::chrono_literals;

const Endpoint kLoopback{IpAddress::v4(0x7f000001), 0};

struct Simulation {
  FakeClock clock;
  std::unique_ptr<Loop> loop = Loop::simulated(clock);
};

Task<Result<std::string>> read_all(Stream& stream, size_t most, Deadline deadline) {
  std::string out;
  for (;;) {
    auto piece = co_await stream.read(most, deadline);
    if (!piece) co_return piece;
    if (piece->empty()) co_return out;
    out += *piece;
  }
}

Task<Result<>> write_and_end(Stream& stream, std::string bytes, Deadline deadline) {
  auto wrote = co_await stream.write(std::move(bytes), deadline);
  co_await stream.shutdown(deadline);
  co_return wrote;
}

std::string pattern(size_t size) {
  std::string out(size, '\0');
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(i * 31 + i / 251);
  return out;
}

TEST_CASE_FIXTURE(Simulation, "a pair carries bytes both ways, with half-close") {
  auto [a, b] = stream_pair();
  std::string big = pattern(300'000);
  for (size_t piece : {size_t{1000}, size_t{7}}) {
    auto [left, right] = stream_pair();
    auto both = [](Stream& l, Stream& r, std::string bytes, size_t most) -> Task<std::string> {
      Loop::current()->spawn([](Stream& s, std::string text) -> Task<> {
        co_await write_and_end(s, std::move(text), Deadline::never());
      }(l, bytes));
      auto got = co_await read_all(r, most, Deadline::never());
      // The other direction is still open.
      co_await r.write("reply", Deadline::never());
      auto reply = co_await l.read(100, Deadline::never());
      co_return got.value_or("") == bytes ? reply.value_or("") : "differs";
    };
    CHECK(loop->run_until(both(*left, *right, big, piece)) == "reply");
  }
}

TEST_CASE_FIXTURE(Simulation, "reads and writes end at their deadline") {
  auto [a, b] = stream_pair();
  MonoTime start = clock.mono();
  auto nothing = loop->run_until(a->read(10, loop->in(5s)));
  CHECK(nothing.error().code == Errc::timeout);
  CHECK(clock.mono() - start == 5s);
  auto stuck = loop->run_until(a->write(pattern(1u << 20), loop->in(7s)));
  CHECK(stuck.error().code == Errc::timeout);
  CHECK(clock.mono() - start == 12s);
  // A deadline that has passed holds even where bytes are there.
  auto late = loop->run_until(b->read(10, Deadline{start}));
  CHECK(late.error().code == Errc::timeout);
}

TEST_CASE_FIXTURE(Simulation, "abort ends both sides' waits with closed") {
  auto [a, b] = stream_pair();
  auto run = [](Stream& own, Stream& other) -> Task<std::pair<Errc, Errc>> {
    auto aborter = [](Stream& s) -> Task<> {
      co_await sleep_for(1s);
      s.abort();
    };
    Loop::current()->spawn(aborter(own));
    std::vector<Task<Result<std::string>>> reads;
    reads.push_back(own.read(1, Deadline::never()));
    reads.push_back(other.read(1, Deadline::never()));
    auto results = co_await gather(std::move(reads));
    co_return std::pair(results[0].error().code, results[1].error().code);
  };
  CHECK(loop->run_until(run(*a, *b)) == std::pair(Errc::closed, Errc::closed));
  CHECK(loop->run_until(b->write("x", Deadline::never())).error().code == Errc::closed);
}

TEST_CASE_FIXTURE(Simulation, "destroying a stream ends its read and the peer's") {
  auto [a, b] = stream_pair();
  std::optional<Errc> own;
  auto reader = [](std::unique_ptr<Stream>& s, std::optional<Errc>& out) -> Task<> {
    auto got = co_await s->read(1, Deadline::never());
    out = got ? Errc::internal : got.error().code;
  };
  loop->spawn(reader(a, own));
  auto timer = loop->at(clock.mono() + 1s, [&] { a.reset(); });
  auto peer = loop->run_until(b->read(1, Deadline::never()));
  loop->run();
  CHECK(peer == std::string());
  CHECK(own == Errc::closed);
}

// One real loop and a listener whose connections run `handler`.
struct Server {
  std::unique_ptr<Loop> loop = Loop::make();
  std::unique_ptr<Listener> listener;
  explicit Server(ConnectionHandler handler, ListenOptions options = {}) {
    options.at = kLoopback;
    Loop* loops[] = {loop.get()};
    auto started = Listener::start(loops, std::move(options), std::move(handler));
    REQUIRE(started.has_value());
    listener = std::move(*started);
  }
  Task<Result<std::unique_ptr<Stream>>> connect() {
    return system_network(Reach::loopback_only).connect({listener->local(), {}}, loop->in(10s));
  }
};

Task<> echo(std::unique_ptr<Stream> stream) {
  for (;;) {
    auto got = co_await stream->read(10'000, Loop::current()->in(20s));
    if (!got || got->empty()) break;
    auto sent = co_await stream->write(std::move(*got), Loop::current()->in(20s));
    if (!sent) co_return;
  }
  co_await stream->shutdown(Loop::current()->in(20s));
}

TEST_CASE("a TCP echo returns megabytes unchanged through a half-closed connection") {
  Server server(echo);
  auto client = [](Server& s) -> Task<bool> {
    auto stream = co_await s.connect();
    if (!stream) co_return false;
    std::string bytes = pattern(3'000'000);
    Loop::current()->spawn([](Stream& out, std::string text) -> Task<> {
      co_await write_and_end(out, std::move(text), Loop::current()->in(20s));
    }(**stream, bytes));
    auto got = co_await read_all(**stream, 100'000, s.loop->in(20s));
    co_return got.value_or("") == bytes && (*stream)->peer() == s.listener->local();
  };
  CHECK(server.loop->run_until(client(server)));
}

TEST_CASE("a reset is told as closed to reads and writes, without a signal") {
  Server server([](std::unique_ptr<Stream> stream) -> Task<> {
    co_await stream->read(1, Loop::current()->in(10s));
    stream->abort();
  });
  auto client = [](Server& s) -> Task<std::pair<Errc, Errc>> {
    auto stream = co_await s.connect();
    co_await (*stream)->write("x", s.loop->in(10s));
    auto got = co_await (*stream)->read(1, s.loop->in(10s));
    auto sent = co_await (*stream)->write(pattern(100'000), s.loop->in(10s));
    co_return std::pair(got ? Errc::internal : got.error().code,
                        sent ? Errc::internal : sent.error().code);
  };
  CHECK(server.loop->run_until(client(server)) == std::pair(Errc::closed, Errc::closed));
}

TEST_CASE("connecting is denied beyond loopback and fails on a closed port") {
  auto loop = Loop::make();
  Endpoint outside{*IpAddress::parse("192.0.2.1"), 25};
  auto& network = system_network(Reach::loopback_only);
  CHECK(loop->run_until(network.connect({outside, {}}, loop->in(1s))).error().code == Errc::denied);
  Endpoint closed = kLoopback;
  {
    Server gone(echo);
    closed = gone.listener->local();
  }
  auto refused = loop->run_until(network.connect({closed, {}}, loop->in(5s)));
  REQUIRE(!refused.has_value());
  CHECK(refused.error().code == Errc::io);
  CHECK(refused.error().message.find("refused") != std::string::npos);
  auto from = IpAddress::v4(0x7f000002);
  Server server(echo);
  auto bound = server.loop->run_until(
      network.connect({server.listener->local(), from}, server.loop->in(5s)));
  REQUIRE(bound.has_value());
  CHECK((*bound)->local().address == from);
}

TEST_CASE("connections over the limits get the busy reply and an end") {
  ListenOptions options;
  options.connections = 3;
  options.connections_per_client = 2;
  options.busy_reply = "421 busy\r\n";
  Server server(echo, options);
  auto client = [](Server& s) -> Task<std::string> {
    auto one = co_await s.connect();
    auto two = co_await s.connect();
    co_await (*two)->write("x", s.loop->in(10s));
    co_await (*two)->read(1, s.loop->in(10s));  // both are accepted now
    auto three = co_await s.connect();
    auto busy = co_await read_all(**three, 100, s.loop->in(10s));
    auto other = co_await system_network(Reach::loopback_only)
                     .connect({s.listener->local(), IpAddress::v4(0x7f000003)}, s.loop->in(10s));
    co_await (*other)->write("y", s.loop->in(10s));
    auto served = co_await (*other)->read(1, s.loop->in(10s));
    co_return busy.value_or("error") + served.value_or("error");
  };
  CHECK(server.loop->run_until(client(server)) == "421 busy\r\ny");
  CHECK(server.listener->open() == 3);
}

TEST_CASE("a proxy brings many clients: only the limit of all binds it") {
  ListenOptions options;
  options.connections = 3;
  options.connections_per_client = 1;
  options.proxies = {*ph::Network::parse("127.0.0.1")};
  options.busy_reply = "421 busy\r\n";
  Server server(echo, options);
  auto client = [](Server& s) -> Task<std::string> {
    std::vector<Result<std::unique_ptr<Stream>>> held;
    std::string got;
    for (int i = 0; i < 4; ++i) {
      held.push_back(co_await s.connect());
      co_await (*held.back())->write("x", s.loop->in(10s));
      got += (co_await (*held.back())->read(4, s.loop->in(10s))).value_or("error");
    }
    co_return got;
  };
  CHECK(server.loop->run_until(client(server)) == "xxx421 ");
}

TEST_CASE("a place is free again when its connection ends") {
  ListenOptions options;
  options.connections_per_client = 1;
  Server server(echo, options);
  auto client = [](Server& s) -> Task<int> {
    int served = 0;
    for (int i = 0; i < 20; ++i) {
      auto stream = co_await s.connect();
      co_await write_and_end(**stream, "x", s.loop->in(10s));
      auto got = co_await read_all(**stream, 10, s.loop->in(10s));
      if (got == std::string("x")) ++served;
      while (s.listener->open() > 0) co_await sleep_for(Duration(0));
    }
    co_return served;
  };
  CHECK(server.loop->run_until(client(server)) == 20);
}

TEST_CASE("running out of descriptors pauses accepting, and it goes on afterwards") {
  Server server(echo);
  auto client = [](Server& s) -> Task<bool> {
    std::string address = to_sockaddr(s.listener->local());
    int raw = ::socket(AF_INET, SOCK_STREAM, 0);
    // The lowest free number is out of bounds: the kernel has the connection, accept4() fails.
    int next = ::dup(0);
    ::close(next);
    rlimit before{};
    ::getrlimit(RLIMIT_NOFILE, &before);
    rlimit tight = before;
    tight.rlim_cur = static_cast<rlim_t>(next);
    ::setrlimit(RLIMIT_NOFILE, &tight);
    int connected = ::connect(raw, reinterpret_cast<const sockaddr*>(address.data()),
                              static_cast<socklen_t>(address.size()));
    for (int turn = 0; turn < 100; ++turn) co_await sleep_for(Duration(0));
    bool waits = connected == 0 && s.listener->open() == 0;
    ::setrlimit(RLIMIT_NOFILE, &before);
    ::fcntl(raw, F_SETFL, O_NONBLOCK);
    auto stream = make_socket_stream(raw, {});
    co_await (*stream)->write("hello", s.loop->in(10s));
    auto got = co_await (*stream)->read(5, s.loop->in(10s));
    co_return waits && got == std::string("hello");
  };
  CHECK(server.loop->run_until(client(server)));
}

TEST_CASE("a port that another listener holds is refused, not shared") {
  Server server(echo);
  ListenOptions options;
  options.at = server.listener->local();
  Loop* loops[] = {server.loop.get()};
  auto second = Listener::start(loops, options, echo);
  REQUIRE(!second.has_value());
  CHECK(second.error().code == Errc::io);
}

TEST_CASE("stop() ends accepting, open connections go on") {
  Server server(echo);
  auto client = [](Server& s) -> Task<std::string> {
    auto stream = co_await s.connect();
    co_await (*stream)->write("a", s.loop->in(10s));
    auto first = co_await (*stream)->read(1, s.loop->in(10s));
    s.listener->stop();
    auto refused = co_await s.connect();
    co_await (*stream)->write("b", s.loop->in(10s));
    auto second = co_await (*stream)->read(1, s.loop->in(10s));
    co_return (refused ? "accepted" : "") + first.value_or("?") + second.value_or("?");
  };
  CHECK(server.loop->run_until(client(server)) == "ab");
}

TEST_CASE("one listener over two loops on two threads serves all connections") {
  auto first = Loop::make();
  auto second = Loop::make();
  auto clients = Loop::make();
  Loop* loops[] = {first.get(), second.get()};
  ListenOptions options;
  options.at = kLoopback;
  options.connections_per_client = 1000;
  auto listener = Listener::start(loops, options, echo);
  REQUIRE(listener.has_value());
  std::thread one([&] { first->run(); });
  std::thread two([&] { second->run(); });
  auto client = [](Endpoint to) -> Task<int> {
    int good = 0;
    for (int i = 0; i < 50; ++i) {
      auto stream = co_await system_network(Reach::loopback_only)
                        .connect({to, {}}, Loop::current()->in(10s));
      if (!stream) continue;
      co_await write_and_end(**stream, "ping", Loop::current()->in(10s));
      auto got = co_await read_all(**stream, 10, Loop::current()->in(10s));
      if (got == std::string("ping")) ++good;
    }
    co_return good;
  };
  std::vector<Task<int>> tasks;
  for (int i = 0; i < 4; ++i) tasks.push_back(client((*listener)->local()));
  CHECK(clients->run_until(gather(std::move(tasks))) == std::vector<int>{50, 50, 50, 50});
  (*listener)->stop();
  first->stop();
  second->stop();
  one.join();
  two.join();
}

TEST_CASE("a stream destroyed with its loop's tasks in every state leaves nothing behind") {
  for (int turns = 0; turns < 30; ++turns) {
    Server server(echo);
    auto client = [](Server& s) -> Task<> {
      auto stream = co_await s.connect();
      co_await (*stream)->write(pattern(200'000), s.loop->in(10s));
      co_await read_all(**stream, 1000, s.loop->in(10s));
    };
    server.loop->spawn(client(server));
    // Stops after a growing number of turns of the loop.
    std::function<void(int)> later = [&](int n) {
      if (n == 0) return server.loop->stop();
      server.loop->post([&, n] { later(n - 1); });
    };
    later(turns);
    server.loop->run();
  }
}

TEST_CASE("datagrams go out and come in, and receiving ends at its deadline") {
  auto loop = Loop::make();
  auto a = UdpSocket::bind(*loop, kLoopback);
  auto b = UdpSocket::bind(*loop, kLoopback);
  REQUIRE((a.has_value() && b.has_value()));
  for (const char* text : {"one", "two", ""}) CHECK((*a)->send((*b)->local(), text).has_value());
  for (const char* text : {"one", "two", ""}) {
    auto got = loop->run_until((*b)->receive(loop->in(10s)));
    REQUIRE(got.has_value());
    CHECK(got->bytes == text);
    CHECK(got->from == (*a)->local());
  }
  auto none = loop->run_until((*b)->receive(loop->in(1ms)));
  CHECK(none.error().code == Errc::timeout);
  CHECK(!(*a)->send((*b)->local(), pattern(70'000)).has_value());
  auto only_a = UdpSocket::connect(*loop, (*a)->local());
  REQUIRE(only_a.has_value());
  CHECK((*b)->send((*only_a)->local(), "a stranger's").has_value());
  CHECK((*a)->send((*only_a)->local(), "the peer's").has_value());
  CHECK(loop->run_until((*only_a)->receive(loop->in(10s)))->bytes == "the peer's");
  Endpoint gone = (*b)->local();
  b->reset();
  auto to_nobody = UdpSocket::connect(*loop, gone);
  REQUIRE(to_nobody.has_value());
  CHECK((*to_nobody)->send(gone, "is anybody there?").has_value());
  CHECK(loop->run_until((*to_nobody)->receive(loop->in(10s))).error().code == Errc::io);
  FakeClock clock;
  auto simulated = Loop::simulated(clock);
  CHECK(UdpSocket::bind(*simulated, kLoopback).error().code == Errc::unsupported);
}

struct Directory {
  std::string path = [] {
    char name[] = "/tmp/ph-net-XXXXXX";
    return std::string(::mkdtemp(name));
  }();
  ~Directory() {
    ::unlink((path + "/s").c_str());
    ::rmdir(path.c_str());
  }
};

TEST_CASE("a unix socket is private, refuses a second server, and replaces a dead one's file") {
  Directory directory;
  std::string path = directory.path + "/s";
  auto loop = Loop::make();
  auto client = [](std::string at) -> Task<Result<std::string>> {
    auto stream = co_await connect_unix(at, Loop::current()->in(10s));
    if (!stream) co_return std::unexpected(stream.error());
    co_await write_and_end(**stream, "hi", Loop::current()->in(10s));
    co_return co_await read_all(**stream, 10, Loop::current()->in(10s));
  };
  CHECK(loop->run_until(client(path)).error().code == Errc::not_found);
  // A socket file that nobody listens on any more.
  int dead = ::socket(AF_UNIX, SOCK_STREAM, 0);
  struct Address {
    unsigned short family = AF_UNIX;
    char path[108] = {};
  } address;
  path.copy(address.path, sizeof address.path - 1);
  REQUIRE(::bind(dead, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  ::close(dead);
  auto listener = UnixListener::start(*loop, {path}, echo);
  REQUIRE(listener.has_value());
  struct stat st{};
  REQUIRE(::stat(path.c_str(), &st) == 0);
  CHECK((st.st_mode & 0777) == 0600);
  CHECK(loop->run_until(client(path)) == std::string("hi"));
  CHECK(UnixListener::start(*loop, {path}, echo).error().code == Errc::conflict);
  CHECK(UnixListener::start(*loop, {std::string(200, 'x')}, echo).error().code == Errc::invalid);
  listener->reset();
  CHECK(::access(path.c_str(), F_OK) != 0);
  std::ofstream(path) << "a file";
  CHECK(UnixListener::start(*loop, {path}, echo).error().code == Errc::conflict);
}

}  // namespace
}  // namespace ph::net
