// Purpose: a receiver that behaves as told, behind a Network without sockets: for the tests of
//   sessions and attempts.
#pragma once

#include <doctest/doctest.h>

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "net/stream.h"
#include "net/tls.h"

namespace ph::delivery_test {

enum class AtDot : uint8_t { answer, drop, silence };

// One connection's manners. A reply that is empty closes the connection.
struct Manners {
  std::string banner = "220 mx.example ESMTP\r\n";
  bool silent = false;  // takes the connection and says nothing
  std::string ehlo = "250-mx.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n";
  std::string starttls = "220 go\r\n";  // followed by bytes that are no TLS, unless `tls`
  std::shared_ptr<net::TlsServerContext> tls;
  std::string ehlo_in_tls = "250-mx.example\r\n250 PIPELINING\r\n";  // empty: it hangs up
  std::string mail = "250 2.1.0 fine\r\n";
  std::optional<std::string> second_mail;  // what MAIL gets from the second message on
  std::string rcpt = "250 2.1.5 fine\r\n";
  std::string data = "354 go on\r\n";
  AtDot at_dot = AtDot::answer;
  std::string dot = "250 2.0.0 queued\r\n";
};

class Receiver : public net::Network {
 public:
  std::deque<Manners> next;  // of the next connections, one each
  Manners manners;           // of all others
  std::vector<Endpoint> dead;  // take no connection
  int connections = 0;
  int closed = 0;  // by QUIT
  std::vector<net::TlsInfo> handshakes;
  std::vector<std::string> messages;   // with their dots still doubled
  std::vector<std::string> envelopes;  // MAIL and RCPT lines

  net::Task<Result<std::unique_ptr<net::Stream>>> connect(net::ConnectOptions options,
                                                          Deadline deadline) override {
    tried.push_back(options.to);
    if (std::ranges::find(dead, options.to) != dead.end()) {
      co_await net::sleep_until(deadline.at);
      co_return fail(Errc::timeout, "no answer");
    }
    ++connections;
    Manners how = manners;
    if (!next.empty()) how = next.front(), next.pop_front();
    auto [ours, theirs] = net::stream_pair();
    net::Loop::current()->spawn(serve(this, std::move(theirs), std::move(how)));
    co_return std::move(ours);
  }
  std::vector<Endpoint> tried;

 private:
  static net::Task<bool> line(net::Stream& stream, std::string& buffer, std::string& out) {
    size_t end;
    while ((end = buffer.find("\r\n")) == std::string::npos) {
      auto bytes = co_await stream.read(4096, Deadline::never());
      if (!bytes || bytes->empty()) co_return false;
      buffer += *bytes;
    }
    out = buffer.substr(0, end);
    buffer.erase(0, end + 2);
    co_return true;
  }

  static std::string reply_to(const Manners& how, const std::string& command) {
    if (istarts_with(command, "EHLO")) return how.ehlo;
    if (istarts_with(command, "MAIL")) return how.mail;
    if (istarts_with(command, "RCPT")) return how.rcpt;
    if (istarts_with(command, "DATA")) return how.data;
    if (istarts_with(command, "RSET")) return "250 reset\r\n";
    if (istarts_with(command, "QUIT")) return "221 bye\r\n";
    if (istarts_with(command, "STARTTLS")) {
      bool taken = how.starttls.starts_with("220") && !how.tls;
      return taken ? how.starttls + "this is no TLS at all, is it?" : how.starttls;
    }
    return "500 what\r\n";
  }

  static net::Task<void> serve(Receiver* self, std::unique_ptr<net::Stream> stream, Manners how) {
    std::string buffer;
    std::string command;
    if (how.silent) {
      (void)co_await line(*stream, buffer, command);
      co_return;
    }
    (void)co_await stream->write(how.banner, Deadline::never());
    bool content = false;
    std::string message;
    while (co_await line(*stream, buffer, command)) {
      if (content && command != ".") {
        message += command + "\r\n";
        continue;
      }
      std::string reply = content ? how.dot : reply_to(how, command);
      if (content) {
        self->messages.push_back(std::exchange(message, {}));
        if (how.at_dot == AtDot::drop) co_return;
        if (how.at_dot == AtDot::silence) reply = " ";
      }
      bool was_content = std::exchange(content, false);
      if (!was_content && istarts_with(command, "DATA")) content = reply.starts_with("354");
      if (istarts_with(command, "MAIL") || istarts_with(command, "RCPT")) {
        self->envelopes.push_back(command);
      }
      if (was_content && how.second_mail) how.mail = *how.second_mail;
      if (reply.empty()) co_return;
      if (reply == " ") continue;
      (void)co_await stream->write(reply, Deadline::never());
      if (reply.starts_with("421")) co_return;
      if (how.tls && istarts_with(command, "STARTTLS")) {
        auto begun = co_await stream->start_tls_server(how.tls, Deadline::never());
        if (!begun) co_return;
        self->handshakes.push_back(stream->tls());
        how.ehlo = how.ehlo_in_tls;
      }
      if (istarts_with(command, "QUIT")) {
        ++self->closed;
        co_return;
      }
    }
  }
};

}  // namespace ph::delivery_test
