#include "net/http_request.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace ph::net {
namespace {

struct HeaderCount {
  size_t count = 0;
  std::string_view value;  // the last one
};

HeaderCount count_header(const std::vector<HttpHeader>& headers, std::string_view name) {
  HeaderCount out;
  for (const auto& header : headers) {
    if (!iequals(header.name, name)) continue;
    ++out.count;
    out.value = header.value;
  }
  return out;
}

// uri-host [":" port] (RFC 9110 §7.2), as far as it matters: no user, no path, no blanks.
bool is_authority(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return is_alnum(c) || std::string_view("-._~%!$&'()*+,;=:[]").find(c) != std::string_view::npos;
  });
}

// Printable ASCII and no fragment (RFC 9112 §3.2). Everything else must come percent-encoded.
bool is_target(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return c > 0x20 && c < 0x7f && c != '#';
  });
}

}  // namespace

HttpRequestReader::State HttpRequestReader::feed(std::string_view bytes) {
  if (state_ == State::refused) return state_;
  in_.add(bytes);
  run();
  return state_;
}

HttpRequest HttpRequestReader::take() {
  PH_CHECK(state_ == State::done);
  HttpRequest out = std::move(request_);
  request_ = {};
  state_ = State::start;
  head_bytes_ = 0;
  blank_seen_ = false;
  expects_ = false;
  in_pieces_ = false;
  keep_alive_ = true;
  authority_.clear();
  run();
  return out;
}

HttpRequest HttpRequestReader::head() const {
  PH_CHECK(in_pieces());
  HttpRequest out = request_;
  out.body.clear();
  return out;
}

std::string HttpRequestReader::take_piece() {
  return std::exchange(request_.body, {});
}

void HttpRequestReader::run() {
  for (;;) {
    bool more = false;
    if (state_ == State::start || state_ == State::head) more = read_line();
    if (state_ == State::body) more = take_body();
    if (!more || state_ == State::done || state_ == State::refused) return;
  }
}

bool HttpRequestReader::refuse(int status, const char* why) {
  state_ = State::refused;
  status_ = status;
  why_ = why;
  return false;
}

// One line of the head. False: nothing more can be done now.
bool HttpRequestReader::read_line() {
  bool first = request_.method.empty();
  if (state_ == State::start && !in_.rest().empty()) state_ = State::head;
  // Method, target and "HTTP/1.1" for the first; for all together kHttpHeaderBytes.
  size_t most = first ? limits::kHttpMethod + limits::kHttpTarget + 16
                      : limits::kHttpHeaderBytes - std::min(head_bytes_, limits::kHttpHeaderBytes);
  std::string_view line;
  switch (in_.line(most, line)) {
    case HttpInput::Line::incomplete:
      return false;
    case HttpInput::Line::too_long:
      return first ? refuse(414, "the request line is too long")
                   : refuse(431, "the header section is too long");
    case HttpInput::Line::bad_end:
      return refuse(400, "a line does not end with CRLF");
    case HttpInput::Line::got:
      break;
  }
  if (first && line.empty()) {
    if (blank_seen_) return refuse(400, "empty lines before the request");
    blank_seen_ = true;
    return true;
  }
  if (first) return take_request_line(line);
  head_bytes_ += line.size() + 2;
  if (line.empty()) return take_head();
  return take_field(line);
}

bool HttpRequestReader::take_request_line(std::string_view line) {
  size_t one = line.find(' ');
  size_t two = one == line.npos ? one : line.find(' ', one + 1);
  if (two == line.npos) return refuse(400, "the request line has not three parts");
  std::string_view method = line.substr(0, one);
  std::string_view target = line.substr(one + 1, two - one - 1);
  std::string_view version = line.substr(two + 1);
  if (!is_http_token(method) || method.size() > limits::kHttpMethod)
    return refuse(400, "the method is no token");
  bool shaped = version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) &&
                version[6] == '.' && is_digit(version[7]);
  if (!shaped) return refuse(400, "the version is malformed");
  if (version[5] != '1' || version[7] > '1')
    return refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken");
  if (target.size() > limits::kHttpTarget) return refuse(414, "the target is too long");
  version_1_0_ = version[7] == '0';
  request_.method = method;
  request_.peer = options_.peer;
  request_.tls = options_.tls;
  return take_target(target);
}

bool HttpRequestReader::take_target(std::string_view target) {
  if (!is_target(target)) return refuse(400, "the target has a byte that is not allowed");
  request_.target = target;
  std::string_view rest = target;
  for (std::string_view scheme : {"http://", "https://"}) {
    if (!istarts_with(target, scheme)) continue;
    rest = target.substr(scheme.size());
    size_t end = std::min(rest.find_first_of("/?"), rest.size());
    authority_ = rest.substr(0, end);
    rest = rest.substr(end);
    if (authority_.empty() || !is_authority(authority_))
      return refuse(400, "the target's host is malformed");
  }
  bool asterisk = target == "*" && request_.method == "OPTIONS";
  bool rooted = rest.starts_with('/') || (!authority_.empty() && (rest.empty() || rest[0] == '?'));
  if (!asterisk && !rooted) return refuse(400, "the target is no path");
  size_t question = rest.find('?');
  request_.path = rest.substr(0, question);
  if (question != rest.npos) request_.query = rest.substr(question + 1);
  if (request_.path.empty()) request_.path = "/";
  return true;
}

bool HttpRequestReader::take_field(std::string_view line) {
  if (request_.headers.size() >= limits::kHttpHeaders) return refuse(431, "too many headers");
  HttpHeader field;
  if (is_wsp(line[0])) return refuse(400, "a header line is folded");
  if (!parse_http_field(line, field)) return refuse(400, "a header is malformed");
  request_.headers.push_back(std::move(field));
  return true;
}

bool HttpRequestReader::take_head() {
  if (!take_host()) return false;
  keep_alive_ = !version_1_0_;
  for (const auto& header : request_.headers) {
    if (iequals(header.name, "connection") && has_http_token(header.value, "close"))
      keep_alive_ = false;
  }
  HeaderCount expect = count_header(request_.headers, "expect");
  bool known = expect.count == 1 && iequals(expect.value, "100-continue");
  if (expect.count > 0 && !known) return refuse(417, "only 100-continue can be expected");
  expects_ = known && !version_1_0_;
  if (!take_framing()) return false;
  state_ = State::body;
  return true;
}

// RFC 9112 §3.2: exactly one Host; an absolute target must not name another one.
bool HttpRequestReader::take_host() {
  HeaderCount host = count_header(request_.headers, "host");
  if (host.count > 1) return refuse(400, "there is more than one Host");
  if (host.count == 0 && !version_1_0_) return refuse(400, "there is no Host");
  if (!is_authority(host.value)) return refuse(400, "the Host is malformed");
  if (!authority_.empty() && host.count == 1 && !iequals(authority_, host.value))
    return refuse(400, "the target and Host differ");
  return true;
}

// RFC 9112 §6.1, §6.3: what two readers could frame differently is refused.
bool HttpRequestReader::take_framing() {
  HeaderCount coding = count_header(request_.headers, "transfer-encoding");
  HeaderCount length = count_header(request_.headers, "content-length");
  HttpBodyReader::Plan plan;
  plan.most = limits::kHttpBodyBytes;
  if (options_.body_most != nullptr && *options_.body_most)
    plan.most = std::min(plan.most, (*options_.body_most)(request_));
  uint64_t pieces = 0;
  if (options_.in_pieces != nullptr && *options_.in_pieces)
    pieces = (*options_.in_pieces)(request_);
  in_pieces_ = pieces > 0;
  if (in_pieces_) plan.most = pieces;
  if (coding.count > 0) {
    if (length.count > 0) return refuse(400, "Content-Length stands beside Transfer-Encoding");
    if (version_1_0_) return refuse(400, "HTTP/1.0 has no Transfer-Encoding");
    if (coding.count > 1 || !iequals(coding.value, "chunked"))
      return refuse(400, "the only transfer coding is chunked");
    plan.framing = HttpBodyReader::Framing::chunked;
  } else if (length.count > 0) {
    auto number = parse_http_length(length.value);
    if (length.count > 1) return refuse(400, "there is more than one Content-Length");
    if (!number) return refuse(400, "Content-Length is no number");
    if (*number > plan.most) return refuse(413, "the body is too large");
    plan.framing = HttpBodyReader::Framing::length;
    plan.length = *number;
  }
  body_ = HttpBodyReader(plan);
  return true;
}

bool HttpRequestReader::take_body() {
  switch (body_.read(in_, request_.body)) {
    case HttpBodyReader::Outcome::more:
      return false;
    case HttpBodyReader::Outcome::done:
      in_.skip(0);
      state_ = State::done;
      return true;
    case HttpBodyReader::Outcome::bad:
      return refuse(400, "the chunked body is malformed");
    case HttpBodyReader::Outcome::too_large:
      return refuse(413, "the body is too large");
  }
  return false;
}

}  // namespace ph::net
