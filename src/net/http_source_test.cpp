// Bodies that are sent while they are made.
#include <doctest/doctest.h>

#include "base/limits.h"
#include "net/channel.h"
#include "net/http.h"

namespace ph::net {
namespace {

// Gives what is put into the channel, and knows when nobody wants more.
struct Told : HttpBodySource {
  explicit Told(bool& over) : gone(over) {}
  ~Told() override { gone = true; }
  Task<std::string> next() override {
    ++asked;
    auto piece = co_await pieces.pop(Deadline::never());
    co_return piece.value_or("");
  }
  Channel<std::string> pieces{10};
  int asked = 0;
  bool& gone;
};

struct Fixture {
  FakeClock clock;
  std::unique_ptr<Loop> loop = Loop::simulated(clock);
  bool gone = false;
  std::shared_ptr<Told> told = std::make_shared<Told>(gone);

  // What the client reads until the server ends the connection; `during` runs when the head is
  // there.
  std::string talk(std::string request, std::move_only_function<void(Stream&)> during) {
    return loop->run_until(conversation(std::move(request), std::move(during)));
  }
  Task<std::string> conversation(std::string request,
                                 std::move_only_function<void(Stream&)> during) {
    auto [client, server] = stream_pair();
    HttpHandler handler = [this](HttpRequest) -> Task<HttpResponse> {
      HttpResponse out;
      out.headers = {{"Content-Type", "text/event-stream"}};
      out.source = std::move(told);
      co_return out;
    };
    loop->spawn(serve_http(std::move(server), handler));
    CHECK((co_await client->write(std::move(request), Deadline::never())).has_value());
    std::string out;
    while (!out.contains("\r\n\r\n")) {
      auto got = co_await client->read(10'000, Deadline::never());
      if (!got || got->empty()) co_return out;
      out += *got;
    }
    during(*client);
    for (;;) {
      auto got = co_await client->read(10'000, Deadline::never());
      if (!got || got->empty()) co_return out;
      out += *got;
    }
  }
};

constexpr const char* kGet = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a body that is made is sent piece by piece, and the connection ends") {
  auto source = told;
  source->pieces.push("one,");
  std::string got = talk(kGet, [&](Stream&) {
    source->pieces.push("two,");
    source->pieces.push("three");
    source->pieces.push("");
  });
  CHECK(got.ends_with("\r\n\r\none,two,three"));
  CHECK(got.contains("Connection: close\r\n"));
  CHECK_FALSE(got.contains("Content-Length"));
  CHECK_FALSE(got.contains("Transfer-Encoding"));
}

TEST_CASE_FIXTURE(Fixture, "a peer that goes, or says more, ends what is waited for") {
  for (bool goes : {true, false}) {
    told = std::make_shared<Told>(gone);
    gone = false;  // the one before has just gone
    talk(kGet, [&](Stream& client) {
      CHECK_FALSE(gone);
      if (goes) client.abort();
      else loop->spawn([](Stream& c) -> Task<> {
             static_cast<void>(co_await c.write(kGet, Deadline::never()));
           }(client));
    });
    loop->run_until(sleep_for(std::chrono::seconds(1)));
    CHECK(gone);
  }
}

TEST_CASE_FIXTURE(Fixture, "a peer that does not read is given up") {
  auto source = told;
  for (int i = 0; i < 10; ++i) source->pieces.push(std::string(1u << 20, 'x'));
  source.reset();
  // A reader that stops after the head: what its connection holds is full soon.
  loop->run_until([](Fixture& f) -> Task<> {
    auto [client, server] = stream_pair();
    HttpHandler handler = [&f](HttpRequest) -> Task<HttpResponse> {
      HttpResponse out;
      out.source = std::move(f.told);
      co_return out;
    };
    f.loop->spawn(serve_http(std::move(server), handler));
    static_cast<void>(co_await client->write(kGet, Deadline::never()));
    co_await sleep_for(limits::kHttpWriteWait - std::chrono::seconds(1));
    CHECK_FALSE(f.gone);
    co_await sleep_for(std::chrono::minutes(20));
    CHECK(f.gone);
  }(*this));
}

TEST_CASE_FIXTURE(Fixture, "HEAD asks for no piece") {
  auto source = told;
  std::string got = talk("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", [](Stream&) {});
  CHECK(got.contains("Connection: close\r\n"));
  CHECK(source->asked == 0);
}

}  // namespace ph::net
