#include "net/http_client.h"

#include <fmt/format.h>

#include "base/text.h"
#include "net/http_wire.h"

namespace ph::net {
namespace {

// Reads one response from bytes, without I/O.
class ResponseReader {
 public:
  enum class State : uint8_t { head, body, done, failed };

  ResponseReader(bool to_head, size_t body_most) : to_head_(to_head), body_most_(body_most) {}

  State feed(std::string_view bytes) {
    in_.add(bytes);
    while (state_ == State::head && read_line()) {
    }
    if (state_ == State::body) read_body();
    return state_;
  }

  // The connection's end: it also ends a body that has no other end.
  State end() {
    bool open_body = state_ == State::body && body_.framing() == HttpBodyReader::Framing::until_end;
    if (state_ == State::done || open_body) return state_ = State::done;
    return fail_with(Errc::closed, "the response was cut off"), state_;
  }

  HttpResponse take() { return std::move(response_); }
  const Error& error() const { return error_; }

 private:
  bool fail_with(Errc code, std::string why) {
    state_ = State::failed;
    error_ = {code, std::move(why), {}};
    return false;
  }

  bool read_line() {
    std::string_view line;
    switch (in_.line(limits::kHttpHeaderBytes, line)) {
      case HttpInput::Line::incomplete:
        return false;
      case HttpInput::Line::too_long:
        return fail_with(Errc::limit, "the response's header is too long");
      case HttpInput::Line::bad_end:
        return fail_with(Errc::invalid, "a line of the response does not end with CRLF");
      case HttpInput::Line::got:
        break;
    }
    if (!status_seen_) return take_status(line);
    if (line.empty()) return take_head();
    HttpHeader field;
    if (!parse_http_field(line, field))
      return fail_with(Errc::invalid, "a header of the response is malformed");
    head_bytes_ += line.size();
    if (head_bytes_ > limits::kHttpHeaderBytes)
      return fail_with(Errc::limit, "the response's header is too long");
    response_.headers.push_back(std::move(field));
    return true;
  }

  bool take_status(std::string_view line) {
    bool shaped = (line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ")) &&
                  line.size() >= 12 && (line.size() == 12 || line[12] == ' ');
    auto status = shaped ? parse_number<int>(line.substr(9, 3)) : std::nullopt;
    if (!status || *status < 100 || *status > 599)
      return fail_with(Errc::invalid, "the status line is malformed");
    response_.status = *status;
    status_seen_ = true;
    return true;
  }

  bool take_head() {
    if (response_.status < 200) {  // interim: the response proper follows
      if (++interim_ > 8) return fail_with(Errc::limit, "too many interim responses");
      response_ = {};
      status_seen_ = false;
      return true;
    }
    HttpBodyReader::Plan plan;
    plan.most = body_most_;
    auto coding = find_header(response_.headers, "transfer-encoding");
    auto length = find_header(response_.headers, "content-length");
    auto number = length ? parse_http_length(*length) : std::nullopt;
    bool bodiless = to_head_ || response_.status == 204 || response_.status == 304;
    if ((coding && (!iequals(*coding, "chunked") || length)) || (length && !number))
      return fail_with(Errc::invalid, "the response's length is malformed");
    if (!bodiless && coding) {
      plan.framing = HttpBodyReader::Framing::chunked;
    } else if (!bodiless && length) {
      plan.framing = HttpBodyReader::Framing::length;
      plan.length = *number;
    } else if (!bodiless) {
      plan.framing = HttpBodyReader::Framing::until_end;
    }
    body_ = HttpBodyReader(plan);
    state_ = State::body;
    return true;
  }

  void read_body() {
    switch (body_.read(in_, response_.body)) {
      case HttpBodyReader::Outcome::more:
        return;
      case HttpBodyReader::Outcome::done:
        state_ = State::done;
        return;
      case HttpBodyReader::Outcome::bad:
        fail_with(Errc::invalid, "the response's chunked body is malformed");
        return;
      case HttpBodyReader::Outcome::too_large:
        fail_with(Errc::limit, "the response is too large");
        return;
    }
  }

  bool to_head_;
  size_t body_most_;
  HttpInput in_;
  HttpBodyReader body_;
  HttpResponse response_;
  State state_ = State::head;
  bool status_seen_ = false;
  size_t head_bytes_ = 0;
  unsigned interim_ = 0;
  Error error_;
};

Result<std::string> request_bytes(const HttpCall& call) {
  std::string out = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n", call.method,
                                call.target, call.host, call.body.size());
  bool sound = is_http_token(call.method) && is_http_field_value(call.host) &&
               is_http_field_value(call.target) && call.target.find(' ') == std::string::npos;
  for (const auto& header : call.headers) {
    sound = sound && is_http_token(header.name) && is_http_field_value(header.value);
    out += fmt::format("{}: {}\r\n", header.name, header.value);
  }
  if (!sound) return fail(Errc::invalid, "the request has a byte that is not allowed");
  return out + "\r\n" + call.body;
}

}  // namespace

Task<Result<HttpResponse>> http_call(Stream& stream, HttpCall call, Deadline deadline) {
  using State = ResponseReader::State;
  auto request = request_bytes(call);
  if (!request) co_return std::unexpected(request.error());
  ResponseReader reader(call.method == "HEAD", call.body_most);
  // A server may refuse before it has read everything: its answer counts more than our error.
  auto sent = co_await stream.write(std::move(*request), deadline);
  for (State state = State::head; state != State::done;) {
    auto got = co_await stream.read(limits::kStreamRead, deadline);
    if (!got) co_return std::unexpected(sent ? got.error() : sent.error());
    state = got->empty() ? reader.end() : reader.feed(*got);
    if (state == State::failed) co_return std::unexpected(reader.error());
  }
  co_return reader.take();
}

}  // namespace ph::net
