// Purpose: the end of message content and its dots: reading them as a server, writing as a client.
// Shapes: only CRLF "." CRLF ends; a bare CR, a bare LF or a NUL anywhere spoils the whole content,
//   which is still read to its real end, so that nothing behind it is ever taken for commands. Any
//   split of the same bytes gives the same result.
// Threads: one object, one thread.
// Spec: RFC 5321 §4.5.2, §2.3.8 and §4.1.1.4. CVE-2023-51764 and its kin.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ph::smtp {

enum class ContentFault : uint8_t { none, bare_cr, bare_lf, nul };
std::string_view content_fault_name(ContentFault fault);

// Line ends and NULs of content that needs no unstuffing (BDAT), across any split.
class LineCheck {
 public:
  void feed(std::string_view bytes);
  void finish();  // a CR may not be the last octet
  ContentFault fault() const { return fault_; }

 private:
  bool after_cr_ = false;
  ContentFault fault_ = ContentFault::none;  // the first
};

class DataReader {
 public:
  // Appends content, without its transparency dots, to `content` until the end or a fault. Gives
  // how many octets belonged to the content or its end; what is behind them is commands.
  size_t feed(std::string_view bytes, std::string& content);
  bool done() const { return state_ == State::done; }
  ContentFault fault() const { return fault_; }

 private:
  enum class State : uint8_t { line_start, text, after_cr, dot, dot_cr, done };
  size_t take_lines(std::string_view bytes, size_t at);
  State step(char c, std::string& content);
  State ordinary(char c, std::string& content);
  void spoil(ContentFault fault);
  void put(std::string_view bytes, std::string& content);
  State state_ = State::line_start;
  ContentFault fault_ = ContentFault::none;
};

// Doubles the dots at line starts and ends the content: CRLF "." CRLF.
class DotStuffer {
 public:
  // Bare CR or LF in the content become CRLF and NUL is left out: no byte of ours can end a message
  // early elsewhere.
  void feed(std::string_view content, std::string& out);
  void finish(std::string& out);

 private:
  bool line_start_ = true;
  bool after_cr_ = false;
};

}  // namespace ph::smtp
