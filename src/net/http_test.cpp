#include "net/http.h"

#include <doctest/doctest.h>

#include <thread>

#include "base/limits.h"
#include "net/gather.h"
#include "net/http_client.h"
#include "net/http_request.h"
#include "net/http_response.h"
#include "net/oneshot.h"

namespace ph::net {
namespace {

using namespace std::chrono_literals;

struct Simulation {
  FakeClock clock;
  std::unique_ptr<Loop> loop = Loop::simulated(clock);
};

// Answers with what it was asked: "METHOD target|body;".
Task<HttpResponse> mirror(HttpRequest request) {
  HttpResponse out;
  out.body = request.method + " " + request.target + "|" + request.body + ";";
  co_return out;
}

// All that a server says to these bytes, sent in pieces, when the client then ends its side.
std::string talk(Loop& loop, std::string bytes, size_t piece = SIZE_MAX,
                 HttpHandler handler = mirror) {
  auto run = [](std::string text, size_t most, HttpHandler h) -> Task<std::string> {
    auto [client, server] = stream_pair();
    Loop::current()->spawn(serve_http(std::move(server), std::move(h)));
    auto send = [](Stream& s, std::string all, size_t size) -> Task<> {
      for (size_t at = 0; at < all.size(); at += std::min(size, all.size() - at)) {
        auto sent = co_await s.write(all.substr(at, size), Deadline::never());
        if (!sent) co_return;
      }
      co_await s.shutdown(Deadline::never());
    };
    std::shared_ptr<Stream> shared = std::move(client);
    auto sending = [](std::shared_ptr<Stream> s, std::string all, size_t size,
                      auto sender) -> Task<> {
      co_await sender(*s, std::move(all), size);
    };
    Loop::current()->spawn(sending(shared, std::move(text), most, send));
    std::string out;
    for (;;) {
      auto got = co_await shared->read(10'000, Deadline::never());
      if (!got || got->empty()) co_return out;
      out += *got;
    }
  };
  return loop.run_until(run(std::move(bytes), piece, std::move(handler)));
}

int status_of(std::string_view response) {
  return response.starts_with("HTTP/1.1 ") ? std::stoi(std::string(response.substr(9, 3))) : 0;
}

size_t count_of(std::string_view text, std::string_view part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
  return n;
}

struct Case {
  const char* name;
  std::string request;
  int status;
};

// Requests that two readers may frame or route differently (RFC 9112 §11.2), and plain damage.
const Case kRefused[] = {
    {"CL beside TE", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
                     "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"TE beside CL", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                     "Content-Length: 4\r\n\r\n0\r\n\r\n", 400},
    {"TE twice", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
                 "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n", 400},
    {"TE list", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"
                "0\r\n\r\n", 400},
    {"TE chunked twice", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n"
                         "0\r\n\r\n", 400},
    {"TE obscured", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", 400},
    {"TE with VT", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \vchunked\r\n\r\n", 400},
    {"TE with parameter", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked;a=b\r\n\r\n",
     400},
    {"TE empty", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n", 400},
    {"TE identity", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: identity\r\n\r\n", 400},
    {"TE with blank before colon", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n"
                                   "\r\n0\r\n\r\n", 400},
    {"TE folded", "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n chunked\r\n\r\n", 400},
    {"TE on 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
    {"two CL", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
     400},
    {"two equal CL", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
                     "Content-Length: 1\r\n\r\na", 400},
    {"CL list", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\na", 400},
    {"CL with sign", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na", 400},
    {"CL negative", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\na", 400},
    {"CL hex", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\na", 400},
    {"CL empty", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\na", 400},
    {"CL inner blank", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1 1\r\n\r\na", 400},
    {"CL too long a number", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: "
                             "18446744073709551617\r\n\r\na", 400},
    {"CL too large", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9999999999\r\n\r\n", 413},
    {"bare LF in request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", 400},
    {"bare LF in header", "GET / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", 400},
    {"bare LF at end of head", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
    {"bare CR in header", "GET / HTTP/1.1\r\nHost: a\rX: y\r\n\r\n", 400},
    {"CR CR LF", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n", 400},
    {"NUL in header", std::string("GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n", 35), 400},
    {"folded header", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400},
    {"folded first header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
    {"header without colon", "GET / HTTP/1.1\r\nHost: a\r\nnothing\r\n\r\n", 400},
    {"header without name", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400},
    {"header name with byte", "GET / HTTP/1.1\r\nHost: a\r\nX\xe4: x\r\n\r\n", 400},
    {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
    {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
    {"two equal Hosts", "GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400},
    {"Host with path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
    {"Host with user", "GET / HTTP/1.1\r\nHost: x@a\r\n\r\n", 400},
    {"Host and target differ", "GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"target with control byte", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"target with 8-bit byte", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"target with fragment", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"target with blank", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"target with tab", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"target no path", "GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"CONNECT", "CONNECT a:25 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"HTTP/0.9", "GET /\r\n\r\n", 400},
    {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
    {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
    {"version in small letters", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
    {"version with blank", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", 400},
    {"method with byte", "G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"no method", " / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
    {"SMTP", "EHLO client.example\r\n", 400},
    {"TLS hello", "\x16\x03\x01\x02\n", 400},
    {"expectation", "POST / HTTP/1.1\r\nHost: a\r\nExpect: rain\r\n\r\n", 417},
};

std::string chunked(std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + std::string(body);
}

const Case kBadChunks[] = {
    {"size with LF only", chunked("1\na\r\n0\r\n\r\n"), 400},
    {"extension with LF", chunked("1;x\ny\r\na\r\n0\r\n\r\n"), 400},
    {"extension with CR", chunked("1;x\ry\r\na\r\n0\r\n\r\n"), 400},
    {"extension too long", chunked("1;" + std::string(300, 'x') + "\r\na\r\n0\r\n\r\n"), 400},
    {"no size", chunked("\r\na\r\n0\r\n\r\n"), 400},
    {"size with sign", chunked("+1\r\na\r\n0\r\n\r\n"), 400},
    {"size with 0x", chunked("0x1\r\na\r\n0\r\n\r\n"), 400},
    {"size with leading blank", chunked(" 1\r\na\r\n0\r\n\r\n"), 400},
    {"size that overflows", chunked("ffffffffffffffff1\r\na\r\n0\r\n\r\n"), 400},
    {"size too large", chunked("ffffffffffffffff\r\na"), 413},
    {"data longer than its size", chunked("1\r\nab\r\n0\r\n\r\n"), 400},
    {"data end LF", chunked("1\r\na\n0\r\n\r\n"), 400},
    {"trailer folded", chunked("0\r\n X: y\r\n\r\n"), 400},
    {"trailer without colon", chunked("0\r\nx\r\n\r\n"), 400},
    {"trailer ended by LF", chunked("0\r\n\n"), 400},
};

TEST_CASE_FIXTURE(Simulation, "ambiguous and damaged requests are refused with all that follows") {
  auto check = [&](const Case& c) {
    INFO(std::string(c.name));
    std::string smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    for (size_t piece : {SIZE_MAX, size_t{1}}) {
      std::string said = talk(*loop, c.request + smuggled, piece);
      CHECK(status_of(said) == c.status);
      CHECK(count_of(said, "\r\nDate: ") == 1);
      CHECK(said.find("smuggled") == said.npos);
      CHECK(said.find("Connection: close\r\n") != said.npos);
      CHECK(said.find("application/problem+json") != said.npos);
    }
  };
  for (const Case& c : kRefused) check(c);
  for (const Case& c : kBadChunks) check(c);
}

TEST_CASE_FIXTURE(Simulation, "what HTTP allows is served, in pieces of any size") {
  const std::pair<std::string, const char*> kServed[] = {
      {"GET /a?b=c HTTP/1.1\r\nHost: a\r\n\r\n", "GET /a?b=c|;"},
      {"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", "GET /|;"},
      {"GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET /|;"},
      {"GET / HTTP/1.0\r\n\r\n", "GET /|;"},
      {"GET / HTTP/1.1\r\nhOST:a:80\r\nX:\t y \t\r\nEmpty:\r\n\r\n", "GET /|;"},
      {"GET http://A:80/x HTTP/1.1\r\nHost: a:80\r\n\r\n", "GET http://A:80/x|;"},
      {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS *|;"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "POST /|hello;"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 005\r\n\r\nhello", "POST /|hello;"},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n", "POST /|;"},
      {chunked("5\r\nhello\r\n00\r\n\r\n"), "POST /|hello;"},
      {chunked("2;x=\"y\"\r\nhe\r\n3 ;z\r\nllo\r\n0;q\r\nTrailer: x\r\n\r\n"), "POST /|hello;"},
      {chunked("0\r\n\r\n"), "POST /|;"},
      {"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: CHUNKED\r\n\r\n"
       "A\r\n0123456789\r\n0\r\n\r\n", "POST /|0123456789;"},
  };
  for (const auto& [request, answer] : kServed) {
    INFO(request);
    for (size_t piece : {SIZE_MAX, size_t{1}, size_t{3}, size_t{7}}) {
      std::string said = talk(*loop, request, piece);
      CHECK(status_of(said) == 200);
      CHECK(said.ends_with(std::string("\r\n\r\n") + answer));
    }
  }
}

TEST_CASE_FIXTURE(Simulation, "pipelined requests are answered in order") {
  std::string requests;
  for (int i = 0; i < 500; ++i)
    requests += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx";
  std::string said = talk(*loop, requests, 1000);
  size_t at = 0;
  for (int i = 0; i < 500; ++i) {
    at = said.find("POST /" + std::to_string(i) + "|x;", at);
    REQUIRE(at != said.npos);
  }
  CHECK(count_of(said, "HTTP/1.1 200 OK") == 500);
  CHECK(count_of(said, "Connection: close") == 0);
}

TEST_CASE_FIXTURE(Simulation, "connections end where they must") {
  std::string next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n";
  for (std::string first :
       {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n",
        "GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"}) {
    std::string said = talk(*loop, first + next);
    CHECK(count_of(said, "HTTP/1.1 200") == 1);
    CHECK(said.find("Connection: close") != said.npos);
  }
  std::string whole = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab";
  for (size_t cut = 0; cut < whole.size(); ++cut) CHECK(talk(*loop, whole.substr(0, cut)).empty());
}

TEST_CASE_FIXTURE(Simulation, "the limits of line, header and body are kept") {
  auto get = [](const std::string& target, const std::string& headers) {
    return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n";
  };
  std::string path(limits::kHttpTarget - 1, 'x');
  CHECK(status_of(talk(*loop, get("/" + path, ""))) == 200);
  CHECK(status_of(talk(*loop, get("/x" + path, ""))) == 414);
  CHECK(status_of(talk(*loop, std::string(limits::kHttpTarget + 2'000, 'A'))) == 414);
  std::string line(limits::kHttpHeaderBytes, 'y');
  CHECK(status_of(talk(*loop, get("/", "X: " + line.substr(500) + "\r\n"))) == 200);
  CHECK(status_of(talk(*loop, get("/", "X: " + line + "\r\n"))) == 431);
  CHECK(status_of(talk(*loop, "GET / HTTP/1.1\r\nX: " + line + line)) == 431);
  std::string many;
  for (unsigned i = 1; i < limits::kHttpHeaders; ++i) many += "X: y\r\n";
  CHECK(status_of(talk(*loop, get("/", many))) == 200);
  CHECK(status_of(talk(*loop, get("/", many + "X: y\r\n"))) == 431);
  std::string trailers = "0\r\n";
  for (size_t i = 0; i < limits::kHttpHeaderBytes / 6 + 100; ++i) trailers += "X: y\r\n";
  CHECK(status_of(talk(*loop, chunked(trailers + "\r\n"))) == 413);
}

TEST_CASE("the body's limit may depend on the head") {
  HttpBodyMost most = [](const HttpRequest& head) {
    return head.header("authorization") ? size_t{100} : size_t{10};
  };
  auto read = [&](std::string headers, std::string body) {
    HttpRequestReader reader({{}, false, &most});
    reader.feed("POST / HTTP/1.1\r\nHost: a\r\n" + headers + "\r\n" + body);
    return reader.state() == HttpRequestReader::State::done ? 200 : reader.status();
  };
  CHECK(read("Content-Length: 10\r\n", "0123456789") == 200);
  CHECK(read("Content-Length: 11\r\n", "0123456789x") == 413);
  CHECK(read("Content-Length: 11\r\nAuthorization: x\r\n", "0123456789x") == 200);
  CHECK(read("Transfer-Encoding: chunked\r\n", "b\r\n0123456789x\r\n0\r\n\r\n") == 413);
  CHECK(read("Transfer-Encoding: chunked\r\n", "a\r\n0123456789\r\n1\r\n") == 413);
}

TEST_CASE_FIXTURE(Simulation, "100 Continue comes when the body is awaited") {
  std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
                     "Expect: 100-Continue\r\n\r\n";
  auto client = [](std::string first) -> Task<std::string> {
    auto [own, server] = stream_pair();
    Loop::current()->spawn(serve_http(std::move(server), mirror));
    co_await own->write(std::move(first), Deadline::never());
    auto word = co_await own->read(1000, Deadline::never());
    co_await own->write("ab", Deadline::never());
    auto answer = co_await own->read(1000, Deadline::never());
    co_return word.value_or("") + answer.value_or("");
  };
  std::string said = loop->run_until(client(head));
  CHECK(said.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
  CHECK(count_of(talk(*loop, head + "ab"), "100 Continue") == 0);
  std::string large = head;
  large.replace(large.find(": 2"), 3, ": 99999999999");
  CHECK(status_of(talk(*loop, large)) == 413);
}

TEST_CASE_FIXTURE(Simulation, "HEAD, 204, 304 have no body; no response is split") {
  std::string head = talk(*loop, "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(head.find("Content-Length: 8\r\n") != head.npos);
  CHECK(head.ends_with("\r\n\r\n"));
  CHECK(head.find("Date: Fri, 15 Jan 2027 08:00:00 GMT\r\n") != head.npos);
  HttpResponse none{204, {{"Content-Length", "5"}, {"X", "y"}}, "12345"};
  std::string bytes = write_http_response(none, AfterResponse::keep_alive, WithBody::yes, {});
  CHECK(bytes == "HTTP/1.1 204 No Content\r\nX: y\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n");
  for (const char* bad : {"a\r\nSet-Cookie: x", "a\nb", "a\rb", "\x7f"}) {
    HttpResponse split{200, {{"X", bad}}, ""};
    bytes = write_http_response(split, AfterResponse::keep_alive, WithBody::yes, {});
    CHECK(bytes.starts_with("HTTP/1.1 500 "));
    CHECK(bytes.find("Set-Cookie") == bytes.npos);
  }
}

struct Slow {
  std::string first;
  std::string drip;
  Duration pause;
  int status;
  Duration least;
  Duration most;
};

TEST_CASE_FIXTURE(Simulation, "slow clients meet the deadlines") {
  std::string head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n";
  const Slow kSlow[] = {
      {"", "", 1s, 0, 15s, 15s},
      {"G", "", 1s, 408, 15s, 18s},
      {"GET / HTTP/1.1\r\nHost: a\r\n", "X: y\r\n", 1s, 408, 15s, 18s},
      {head, "", 1s, 408, 60s, 63s},
      {head, "x", 1s, 408, 60s, 63s},
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "", 1s, 200, 75s, 76s},
  };
  auto client = [](Slow slow) -> Task<std::pair<std::string, Duration>> {
    auto [own, server] = stream_pair();
    Clock& time = Loop::current()->clock();
    MonoTime start = time.mono();
    Loop::current()->spawn(serve_http(std::move(server), mirror));
    co_await own->write(slow.first, Deadline::never());
    std::string out;
    for (;;) {
      auto got = co_await own->read(10'000, Loop::current()->in(slow.pause));
      if (got && got->empty()) co_return std::pair(out, time.mono() - start);
      if (got) out += *got;
      if (!got && got.error().code == Errc::closed) co_return std::pair(out, time.mono() - start);
      if (!got && !slow.drip.empty()) co_await own->write(slow.drip, Deadline::never());
    }
  };
  for (const Slow& slow : kSlow) {
    INFO(slow.first);
    auto [said, took] = loop->run_until(client(slow));
    CHECK(status_of(said) == slow.status);
    CHECK(took >= slow.least);
    CHECK(took <= slow.most);
  }
}

TEST_CASE_FIXTURE(Simulation, "a body that keeps its rate may take long") {
  auto client = []() -> Task<std::string> {
    auto [own, server] = stream_pair();
    Loop::current()->spawn(serve_http(std::move(server), mirror));
    constexpr size_t kPiece = 50'000;
    co_await own->write("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n",
                        Deadline::never());
    for (int i = 0; i < 400; ++i) {
      co_await sleep_for(500ms);
      auto sent = co_await own->write(std::string(kPiece, 'x'), Deadline::never());
      if (!sent) co_return "cut";
    }
    auto got = co_await own->read(100, Deadline::never());
    co_return got.value_or("nothing");
  };
  CHECK(status_of(loop->run_until(client())) == 200);
}

struct RealServer {
  std::unique_ptr<Loop> loop = Loop::make();
  std::unique_ptr<HttpServer> server;
  explicit RealServer(HttpHandler handler) {
    HttpServerOptions options;
    options.listen.at = {IpAddress::v4(0x7f000001), 0};
    Loop* loops[] = {loop.get()};
    auto started = HttpServer::start(loops, std::move(options), std::move(handler));
    REQUIRE(started.has_value());
    server = std::move(*started);
  }
};

TEST_CASE("client and server speak over TCP, with a large chunked-free body and reuse") {
  RealServer real(mirror);
  auto client = [](RealServer& r) -> Task<bool> {
    Deadline deadline = r.loop->in(20s);
    auto stream = co_await system_network(Reach::loopback_only)
                      .connect({r.server->local(), {}}, deadline);
    if (!stream) co_return false;
    std::string body(3'000'000, 'z');
    for (int i = 0; i < 3; ++i) {
      HttpCall call{.method = "POST", .target = "/x", .body = body};
      auto response = co_await http_call(**stream, std::move(call), deadline);
      if (!response || response->body != "POST /x|" + body + ";") co_return false;
    }
    co_return true;
  };
  CHECK(real.loop->run_until(client(real)));
}

TEST_CASE("stop() ends idle connections now and busy ones after their response") {
  OneShot<int> entered;
  OneShot<int> go_on;
  auto enter = entered.sender();
  RealServer real([&](HttpRequest request) -> Task<HttpResponse> {
    if (request.path == "/wait") {
      enter.send(1);
      co_await go_on.wait(Deadline::never());
    }
    co_return HttpResponse{200, {}, "done"};
  });
  auto client = [](RealServer& r, OneShot<int>& in, OneShot<int>::Sender go) -> Task<std::string> {
    Deadline deadline = r.loop->in(20s);
    auto& network = system_network(Reach::loopback_only);
    auto idle = co_await network.connect({r.server->local(), {}}, deadline);
    HttpCall first;
    co_await http_call(**idle, first, deadline);
    auto busy = co_await network.connect({r.server->local(), {}}, deadline);
    co_await (*busy)->write("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n", deadline);
    co_await in.wait(deadline);
    r.server->stop();
    auto ended = co_await (*idle)->read(10, deadline);
    go.send(1);
    auto answer = co_await (*busy)->read(10'000, deadline);
    bool closes = answer && answer->find("Connection: close") != answer->npos;
    std::string first_end = ended == std::string() ? "idle ended, " : "?, ";
    co_return first_end + (closes ? "busy done" : "?");
  };
  CHECK(real.loop->run_until(client(real, entered, go_on.sender())) == "idle ended, busy done");
}

// What the client makes of a server that says these bytes and ends.
Result<HttpResponse> ask(Loop& loop, std::string said, HttpCall call = {}) {
  auto run = [](std::string bytes, HttpCall c) -> Task<Result<HttpResponse>> {
    auto [own, server] = stream_pair();
    co_await server->write(std::move(bytes), Deadline::never());
    co_await server->shutdown(Deadline::never());
    co_return co_await http_call(*own, std::move(c), Deadline::never());
  };
  return loop.run_until(run(std::move(said), std::move(call)));
}

TEST_CASE_FIXTURE(Simulation, "the client reads every framing, refuses broken ones") {
  CHECK(ask(*loop, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")->body == "ok");
  std::string coded = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  CHECK(ask(*loop, coded + "2\r\nok\r\n0\r\n\r\n")->body == "ok");
  CHECK(ask(*loop, "HTTP/1.0 200\r\n\r\nuntil the end")->body == "until the end");
  CHECK(ask(*loop, "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 204 N\r\n\r\n")->status == 204);
  CHECK(ask(*loop, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", {.method = "HEAD"})->body == "");
  const char* kBroken[] = {"", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", "nonsense\r\n\r\n",
                           "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"};
  for (const char* broken : kBroken) CHECK_MESSAGE(!ask(*loop, broken).has_value(), broken);
  HttpCall small;
  small.body_most = 5;
  CHECK(ask(*loop, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n123456", small).error().code ==
        Errc::limit);
  CHECK(ask(*loop, "HTTP/1.0 200 OK\r\n\r\n123456", small).error().code == Errc::limit);
  CHECK(ask(*loop, "", {.target = "/ HTTP/1.1\r\nX:"}).error().code == Errc::invalid);
}

TEST_CASE("queries are decoded, and broken escapes refused") {
  auto query = parse_query("a=1&b=x+y%20z&c&&d=%C3%A4=");
  REQUIRE(query.has_value());
  using Pair = std::pair<std::string, std::string>;
  CHECK(*query == std::vector<Pair>{{"a", "1"}, {"b", "x y z"}, {"c", ""}, {"d", "ä="}});
  for (const char* bad : {"%", "a=%2", "a=%zz", "%g0=1", "a=%2%"}) CHECK(!parse_query(bad));
  CHECK(*percent_decode("a+b%2F") == "a+b/");
  CHECK(!percent_decode("%0"));
  std::string many;
  for (size_t i = 0; i <= limits::kHttpQueryFields; ++i) many += "a&";
  CHECK(parse_query(many).error().code == Errc::limit);
}

}  // namespace
}  // namespace ph::net
