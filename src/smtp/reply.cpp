#include "smtp/reply.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "base/text.h"

namespace ph::smtp {

namespace {

std::string to_ascii(std::string_view text) {
  std::string out(text.substr(0, limits::kSmtpReplyText));
  for (char& c : out)
    if (c < 0x20 || c > 0x7e) c = '?';
  return out;
}

// A receiver's words, fit for a log, a row and a page.
std::string clean(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    auto byte = static_cast<unsigned char>(c);
    if (c == '\t') c = ' ';
    else if (byte < 0x20 || byte == 0x7f) c = '?';
  }
  if (is_utf8(out) && !has_control(out)) return out;
  for (char& c : out)
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return out;
}

}  // namespace

std::string Reply::text() const {
  std::string out;
  for (const std::string& line : lines) {
    if (!out.empty()) out += ' ';
    out += line;
  }
  return out;
}

std::string Reply::line() const {
  std::string out = code == 0 ? std::string() : std::to_string(code);
  for (const std::string& part : {status.text(), text()}) {
    if (part.empty()) continue;
    if (!out.empty()) out += ' ';
    out += part;
  }
  return out;
}

std::string Reply::wire() const {
  // RFC 2034 §4: the enhanced status stands on every line.
  std::string prefix = status ? status.text() + " " : std::string();
  if (lines.empty()) return fmt::format("{} {}\r\n", code, prefix);
  std::string out;
  for (size_t i = 0; i < lines.size(); ++i) {
    char separator = i + 1 == lines.size() ? ' ' : '-';
    out += fmt::format("{}{}{}{}\r\n", code, separator, prefix, to_ascii(lines[i]));
  }
  return out;
}

void ReplyParser::feed(std::string_view bytes) {
  if (start_ > 0) {
    buffer_.erase(0, start_);
    scanned_ -= start_;
    start_ = 0;
  }
  buffer_ += bytes;
}

void ReplyParser::discard() { *this = ReplyParser(); }

Result<std::optional<Reply>> ReplyParser::next() {
  while (true) {
    size_t end = buffer_.find('\n', scanned_);
    if (end == std::string::npos) {
      scanned_ = buffer_.size();
      if (buffer_.size() - start_ >= limits::kSmtpReplyLine)
        return fail(Errc::limit, "the reply has a line that does not end");
      return std::nullopt;
    }
    std::string_view line = std::string_view(buffer_).substr(start_, end + 1 - start_);
    if (line.size() > limits::kSmtpReplyLine)
      return fail(Errc::limit, "the reply has a line that does not end");
    total_ += line.size();
    if (total_ > limits::kSmtpReplyBytes || lines_.size() >= limits::kSmtpReplyLines)
      return fail(Errc::limit, "the reply does not end");
    line.remove_suffix(line.ends_with("\r\n") ? 2 : 1);
    bool last = TRY(take_line(line));
    start_ = scanned_ = end + 1;
    if (last) return finish();
  }
}

// RFC 5321 §4.2: Reply-code [ SP / "-" textstring ]. True for the last line.
Result<bool> ReplyParser::take_line(std::string_view line) {
  auto code = line.size() < 3 ? std::nullopt : parse_number<int>(line.substr(0, 3));
  if (!code || !is_digit(line[0]) || *code < 200 || *code > 599)
    return fail(Errc::invalid, "the reply does not begin with a code");
  bool last = line.size() == 3 || line[3] == ' ';
  if (!last && line[3] != '-')
    return fail(Errc::invalid, "the reply has neither space nor hyphen behind its code");
  if (!lines_.empty() && *code != code_)
    return fail(Errc::invalid, "the lines of the reply have different codes");
  code_ = *code;
  lines_.push_back(clean(line.size() > 4 ? line.substr(4) : std::string_view()));
  return last;
}

Reply ReplyParser::finish() {
  Reply reply;
  reply.code = code_;
  reply.lines = std::move(lines_);
  for (std::string& line : reply.lines) {
    auto found = parse_enhanced(line);
    if (!found || found->klass != code_ / 100) continue;
    if (!reply.status) reply.status = *found;
    if (reply.status == *found) line.erase(0, std::min(line.size(), found->text().size() + 1));
  }
  lines_.clear();
  total_ = 0;
  return reply;
}

}  // namespace ph::smtp
