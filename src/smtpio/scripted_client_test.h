// Purpose: the client's side of an SMTP session, for tests: says a line, gets the whole reply.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "crypto/certificate.h"
#include "net/stream.h"
#include "net/tls.h"

namespace ph::smtpio_test {

inline std::shared_ptr<net::TlsServerContext> server_tls() {
  static auto context = [] {
    auto files = crypto::self_signed_certificate(
        {.names = {"mx.example"}, .not_before = WallTime::from_seconds(1'700'000'000)});
    return *net::TlsServerContext::from_pem(files->certificate_pem, files->key_pem);
  }();
  return context;
}

class ScriptedClient {
 public:
  explicit ScriptedClient(std::unique_ptr<net::Stream> stream) : stream_(std::move(stream)) {}

  static net::Task<ScriptedClient> connect(Endpoint to) {
    auto stream =
        co_await net::system_network(net::Reach::loopback_only).connect({.to = to, .from = {}},
                                                                        Deadline::never());
    REQUIRE_MESSAGE(stream.has_value(), (stream ? "" : stream.error().message));
    co_return ScriptedClient(std::move(*stream));
  }

  // "250-a\n250 b", or what came before the end: "" when nothing did.
  net::Task<std::string> reply() {
    std::string out;
    while (true) {
      size_t end = buffer_.find("\r\n");
      if (end == std::string::npos) {
        auto more = co_await stream_->read(65536, Deadline::never());
        if (!more || more->empty()) co_return out;
        buffer_ += *more;
        continue;
      }
      std::string line = buffer_.substr(0, end);
      buffer_.erase(0, end + 2);
      out += (out.empty() ? "" : "\n") + line;
      if (line.size() < 4 || line[3] != '-') co_return out;
    }
  }

  net::Task<std::string> say(std::string line) {
    co_await send(std::move(line) + "\r\n");
    co_return co_await reply();
  }
  net::Task<> send(std::string bytes) {
    co_await stream_->write(std::move(bytes), Deadline::never());
  }
  // The handshake alone.
  net::Task<bool> shake() {
    auto done = co_await stream_->start_tls_client({.server_name = "mx.example", .roots = {}},
                                                   Deadline::never());
    buffer_.clear();
    co_return done.has_value();
  }
  // EHLO, STARTTLS, handshake, EHLO; the last reply.
  net::Task<std::string> go_secure() {
    co_await say("EHLO client.example");
    std::string ready = co_await say("STARTTLS");
    REQUIRE(ready.starts_with("220"));
    REQUIRE(co_await shake());
    co_return co_await say("EHLO client.example");
  }
  // MAIL, RCPT, DATA, content; the first reply that is no success, or the last.
  net::Task<std::string> send_mail(std::string from, std::vector<std::string> to,
                                   std::string content) {
    std::string got = co_await say("MAIL FROM:<" + from + ">");
    if (!got.starts_with("250")) co_return got;
    for (std::string& one : to) {
      got = co_await say("RCPT TO:<" + one + ">");
      if (!got.starts_with("250")) co_return got;
    }
    got = co_await say("DATA");
    if (!got.starts_with("354")) co_return got;
    co_return co_await say(content + "\r\n.");
  }
  bool has_unread() const { return !buffer_.empty(); }
  void abort() { stream_->abort(); }
  net::Stream& stream() { return *stream_; }

 private:
  std::unique_ptr<net::Stream> stream_;
  std::string buffer_;
};

}  // namespace ph::smtpio_test
