// Purpose: reads requests from bytes, without I/O. Private to net/; the fuzzer and tests use it.
// Shapes: feed() takes bytes of any size. At State::done take() gives the request and goes on with
//   what came behind it. State::refused is final: status() and why() say what to answer. A body
//   that comes in pieces is taken with take_piece() while the state is body, and once it is done.
// Spec: RFC 9112; RFC 9110 §10.1.1 (Expect).
#pragma once

#include "net/http_wire.h"

namespace ph::net {

class HttpRequestReader {
 public:
  enum class State : uint8_t { start, head, body, done, refused };
  struct Options {
    Endpoint peer;
    bool tls = false;
    const HttpBodyMost* body_most = nullptr;  // null: kHttpBodyBytes
    const HttpBodyInPieces* in_pieces = nullptr;
  };

  explicit HttpRequestReader(Options options) : options_(options) {}

  State feed(std::string_view bytes);
  State state() const { return state_; }
  // The head is there, the body is not, and the client waits for a word.
  bool wants_continue() const { return state_ == State::body && expects_ && request_.body.empty(); }
  size_t body_bytes() const { return request_.body.size(); }
  // The head is there, and the body is for take_piece().
  bool in_pieces() const { return in_pieces_ && state_ != State::head && state_ != State::start; }
  HttpRequest head() const;  // of such a request
  std::string take_piece();
  // Of the request that is done: whether the connection may go on after it.
  bool keep_alive() const { return keep_alive_; }
  HttpRequest take();

  int status() const { return status_; }
  const char* why() const { return why_; }

 private:
  void run();
  bool read_line();
  bool take_request_line(std::string_view line);
  bool take_target(std::string_view target);
  bool take_field(std::string_view line);
  bool take_head();
  bool take_host();
  bool take_framing();
  bool take_body();
  bool refuse(int status, const char* why);

  Options options_;
  HttpInput in_;
  State state_ = State::start;
  HttpRequest request_;
  HttpBodyReader body_;
  std::string authority_;  // of an absolute target
  size_t head_bytes_ = 0;
  bool blank_seen_ = false;  // one empty line before the request (RFC 9112 §2.2)
  bool version_1_0_ = false;
  bool expects_ = false;
  bool in_pieces_ = false;
  bool keep_alive_ = true;
  int status_ = 0;
  const char* why_ = "";
};

}  // namespace ph::net
