#include "smtp/data_reader.h"

#include "base/scan.h"

namespace ph::smtp {

namespace {

// How many octets from `at` on are neither CR, LF nor NUL.
size_t plain_run(std::string_view bytes, size_t at) {
  return find_any<'\r', '\n', '\0'>(bytes, at) - at;
}

bool is_line_end(std::string_view bytes, size_t at) {
  return at + 1 < bytes.size() && bytes[at] == '\r' && bytes[at + 1] == '\n';
}

}  // namespace

std::string_view content_fault_name(ContentFault fault) {
  switch (fault) {
    case ContentFault::none: return "none";
    case ContentFault::bare_cr: return "CR without LF";
    case ContentFault::bare_lf: return "LF without CR";
    case ContentFault::nul: return "NUL";
  }
  return "";
}

void LineCheck::feed(std::string_view bytes) {
  for (size_t at = 0; at < bytes.size() && fault_ == ContentFault::none; ++at) {
    if (!after_cr_) at += plain_run(bytes, at);
    if (at == bytes.size()) break;
    char c = bytes[at];
    if (after_cr_ && c != '\n') fault_ = ContentFault::bare_cr;
    else if (!after_cr_ && c == '\n') fault_ = ContentFault::bare_lf;
    else if (c == '\0') fault_ = ContentFault::nul;
    after_cr_ = c == '\r';
  }
}

void LineCheck::finish() {
  if (after_cr_ && fault_ == ContentFault::none) fault_ = ContentFault::bare_cr;
}

void DataReader::spoil(ContentFault fault) {
  if (fault_ == ContentFault::none) fault_ = fault;
}

void DataReader::put(std::string_view bytes, std::string& content) {
  if (fault_ == ContentFault::none) content += bytes;
}

DataReader::State DataReader::ordinary(char c, std::string& content) {
  if (c == '\r') return State::after_cr;
  if (c == '\n') {
    spoil(ContentFault::bare_lf);  // and begins no line: LF "." LF ends nothing
  } else if (c == '\0') {
    spoil(ContentFault::nul);
  } else {
    put({&c, 1}, content);
  }
  return State::text;
}

DataReader::State DataReader::step(char c, std::string& content) {
  switch (state_) {
    case State::line_start:
      return c == '.' ? State::dot : ordinary(c, content);
    case State::after_cr:
      if (c == '\n') {
        put("\r\n", content);
        return State::line_start;
      }
      spoil(ContentFault::bare_cr);
      return ordinary(c, content);
    case State::dot:  // RFC 5321 §4.5.2: the dot goes, whatever follows it
      return c == '\r' ? State::dot_cr : ordinary(c, content);
    case State::dot_cr:
      if (c == '\n') return State::done;
      spoil(ContentFault::bare_cr);
      return ordinary(c, content);
    case State::text:
    case State::done: break;
  }
  return ordinary(c, content);
}

// Lines as they stand, from a line's beginning or middle: nothing in them is left out, and none of
// them begins with a dot. Gives their octets, and leaves the state behind them.
size_t DataReader::take_lines(std::string_view bytes, size_t at) {
  size_t end = at;
  bool line_start = state_ == State::line_start;
  while (end < bytes.size() && !(line_start && bytes[end] == '.')) {
    size_t run = plain_run(bytes, end);
    end += run;
    line_start = line_start && run == 0;
    if (!is_line_end(bytes, end)) break;
    end += 2;
    line_start = true;
  }
  state_ = line_start ? State::line_start : State::text;
  return end - at;
}

size_t DataReader::feed(std::string_view bytes, std::string& content) {
  size_t at = 0;
  while (at < bytes.size() && state_ != State::done) {
    if (state_ == State::text || state_ == State::line_start) {
      size_t lines = take_lines(bytes, at);
      put(bytes.substr(at, lines), content);
      at += lines;
      if (at == bytes.size()) break;
    }
    state_ = step(bytes[at++], content);
  }
  return at;
}

void DotStuffer::feed(std::string_view content, std::string& out) {
  for (size_t at = 0; at < content.size();) {
    if (line_start_ && content[at] == '.') out += '.';
    // Lines as they stand, up to one that begins with a dot.
    size_t end = at;
    do {
      size_t run = plain_run(content, end);
      end += run;
      if (run > 0) line_start_ = after_cr_ = false;
      if (!is_line_end(content, end)) break;
      end += 2;
      line_start_ = true;
      after_cr_ = false;
    } while (end < content.size() && content[end] != '.');
    out += content.substr(at, end - at);
    at = end;
    if (at == content.size() || (line_start_ && content[at] == '.')) continue;
    char c = content[at++];
    if (c == '\0') continue;
    if (c == '\r' || !after_cr_) out += "\r\n";
    after_cr_ = c == '\r';
    line_start_ = true;
  }
}

void DotStuffer::finish(std::string& out) {
  if (!line_start_) out += "\r\n";
  out += ".\r\n";
}

}  // namespace ph::smtp
