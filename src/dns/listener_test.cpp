#include "dns/listener.h"

#include <doctest/doctest.h>

using namespace ph;
using namespace ph::dns;

namespace {

const Endpoint kAnyPort = *Endpoint::parse("127.0.0.1:0");

std::optional<std::string> silence(std::string_view, Transport) { return std::nullopt; }

}  // namespace

TEST_CASE("any free port is one that is free for UDP and for TCP") {
  auto loop = net::Loop::make();
  net::Loop* loops[] = {loop.get()};
  // Each held port is one that the kernel may give for UDP: without a second try, one start in
  // forty would fail.
  std::vector<std::unique_ptr<net::Listener>> held;
  for (int i = 0; i < 700; ++i) {
    net::ListenOptions options;
    options.at = kAnyPort;
    auto listener = net::Listener::start(
        loops, options, [](auto) -> net::Task<void> { co_return; });
    REQUIRE(listener);
    held.push_back(std::move(*listener));
  }
  int failed = 0;
  for (int i = 0; i < 300; ++i) {
    if (!DnsListener::start(*loop, kAnyPort, silence)) ++failed;
  }
  CHECK(failed == 0);
}

TEST_CASE("a port that is taken is said, not exchanged for another") {
  auto loop = net::Loop::make();
  auto first = DnsListener::start(*loop, kAnyPort, silence);
  REQUIRE(first);
  auto second = DnsListener::start(*loop, (*first)->local(), silence);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == Errc::io);
}
