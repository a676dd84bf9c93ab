// Bodies that a handler takes while they come.
#include <doctest/doctest.h>

#include "base/limits.h"
#include "net/gather.h"
#include "net/http.h"

namespace ph::net {
namespace {

constexpr uint64_t kMost = 1000;

uint64_t in_pieces(const HttpRequest& head) {
  return head.path == "/up" ? kMost : 0;
}

// Takes all pieces, or so many: "n pieces of m octets" and how it ended.
Task<HttpResponse> count(HttpRequest request) {
  HttpResponse out;
  if (request.stream == nullptr) {
    out.body = "whole:" + request.body;
    co_return out;
  }
  CHECK(request.body.empty());
  std::string all;
  bool wanted = !request.header("X-Unwanted");
  while (wanted) {
    auto piece = co_await request.stream->next();
    if (!piece) {
      out.status = 400;
      out.body = errc_name(piece.error().code);
      co_return out;
    }
    if (piece->empty()) break;
    all += *piece;
  }
  out.body = "pieces:" + all;
  co_return out;
}

Task<std::string> talk(std::string bytes, size_t most) {
  auto [client, server] = stream_pair();
  Loop::current()->spawn(serve_http(std::move(server), count, in_pieces));
  for (size_t at = 0; at < bytes.size(); at += most) {
    auto sent = co_await client->write(bytes.substr(at, most), Deadline::never());
    if (!sent) break;
  }
  co_await client->shutdown(Deadline::never());
  std::string out;
  for (;;) {
    auto got = co_await client->read(10'000, Deadline::never());
    if (!got || got->empty()) co_return out;
    out += *got;
  }
}

std::string said(std::string bytes, size_t most = SIZE_MAX) {
  FakeClock clock;
  auto loop = Loop::simulated(clock);
  size_t piece = std::min(most, bytes.size());
  return loop->run_until(talk(std::move(bytes), piece));
}

std::string length(std::string body, std::string more = "") {
  return "POST /up HTTP/1.1\r\nHost: a\r\n" + more +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

size_t answers(std::string_view text) {
  size_t n = 0;
  for (size_t at = text.find("HTTP/1.1 200"); at != text.npos;
       at = text.find("HTTP/1.1 200", at + 1))
    ++n;
  return n;
}

}  // namespace

TEST_CASE("a body in pieces is the same however it is cut, and others come whole") {
  std::string body(300, 'x');
  std::string two = length(body) + length("second") + "POST /other HTTP/1.1\r\nHost: a\r\n" +
                    "Content-Length: 3\r\n\r\nabc";
  for (size_t most : {size_t{1}, size_t{7}, size_t{100}, SIZE_MAX}) {
    std::string got = said(two, most);
    CHECK_EQ(answers(got), 3);
    CHECK(got.contains("pieces:" + body));
    CHECK(got.contains("pieces:second"));
    CHECK(got.contains("whole:abc"));
  }
}

TEST_CASE("a chunked body comes in pieces, and its framing is judged") {
  std::string head = "POST /up HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (size_t most : {size_t{1}, SIZE_MAX}) {
    CHECK(said(head + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n", most).contains("pieces:abcde"));
    CHECK(said(head + "3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" + length("next"), most)
              .contains("pieces:next"));
    // Whoever notices it first, the server or the handler.
    CHECK(said(head + "3\r\nabcd\r\n0\r\n\r\n", most).starts_with("HTTP/1.1 400"));
    std::string large = said(head + "3\r\nabc\r\n3e8\r\n" + std::string(1000, 'x'), most);
    CHECK((large.starts_with("HTTP/1.1 413") || large.contains("limit")));
  }
}

TEST_CASE("a body in pieces has its own bound") {
  CHECK(said(length(std::string(kMost, 'x'))).contains("pieces:xxx"));
  CHECK(said(length(std::string(kMost + 1, 'x'))).starts_with("HTTP/1.1 413"));
}

TEST_CASE("a body that is cut off says so, and one that nobody wants ends the connection") {
  std::string cut = length(std::string(100, 'x'));
  cut.resize(cut.size() - 1);
  CHECK(said(cut).contains("closed"));
  std::string half = length(std::string(900, 'x'), "X-Unwanted: 1\r\n");
  half.resize(half.size() - 450);
  std::string unwanted = said(half);
  CHECK_EQ(answers(unwanted), 1);
  CHECK(unwanted.contains("Connection: close"));
}

TEST_CASE("who waits for 100 is told so when the body is wanted, and not before") {
  std::string head =
      "POST /up HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n";
  CHECK(said(head + "\r\n").starts_with("HTTP/1.1 100 Continue"));
  CHECK_FALSE(said(head + "X-Unwanted: 1\r\n\r\n").contains("100 Continue"));
}

}  // namespace ph::net
