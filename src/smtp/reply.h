// Purpose: one SMTP reply: printed by the server, parsed by the client.
// Shapes: lines carry neither code nor enhanced status. Those of a parsed reply are cleaned: valid
//   UTF-8, controls and other octets replaced by '?'.
// Errors: a malformed or endless reply is Errc::invalid or Errc::limit; the stream is then beyond
//   repair.
// Threads: values.
// Spec: RFC 5321 §4.2, RFC 2034 §4. Deviation: a line ended by LF alone is taken, as Postfix does.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "smtp/codes.h"

namespace ph::smtp {

struct Reply {
  int code = 0;  // 0: there was none
  EnhancedStatus status;
  std::vector<std::string> lines;

  Reply() = default;
  Reply(int c, EnhancedStatus s, std::string text) : code(c), status(s), lines{std::move(text)} {}

  bool positive() const { return code >= 200 && code < 400; }
  bool temporary() const { return code >= 400 && code < 500; }
  bool permanent() const { return code >= 500; }
  std::string text() const;     // lines joined by a space, without the enhanced status
  std::string line() const;     // "550 5.1.1 No such user": for events and transcripts
  // What goes over the wire, CRLF at each end; unfit characters of the text become '?' and a line
  // is cut at limits::kSmtpReplyText.
  std::string wire() const;
};

class ReplyParser {
 public:
  // Adds received bytes. Call next() until it has nothing: what is kept then is one line at most.
  void feed(std::string_view bytes);
  // The next whole reply, or nothing yet, or why there will never be one.
  Result<std::optional<Reply>> next();
  std::string_view rest() const { return std::string_view(buffer_).substr(start_); }
  bool empty() const { return start_ == buffer_.size() && lines_.empty(); }
  void discard();  // everything received and not taken (RFC 3207 §4.2)

 private:
  Result<bool> take_line(std::string_view line);
  Reply finish();
  std::string buffer_;
  size_t start_ = 0;    // of what is not consumed
  size_t scanned_ = 0;  // up to here there is no LF
  size_t total_ = 0;    // octets of the reply so far
  int code_ = 0;
  std::vector<std::string> lines_;
};

}  // namespace ph::smtp
