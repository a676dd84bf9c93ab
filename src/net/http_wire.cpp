#include "net/http_wire.h"

#include <algorithm>
#include <array>

#include "base/limits.h"
#include "base/text.h"

namespace ph::net {
namespace {

constexpr auto kTokenBytes = [] {
  std::array<bool, 256> out{};
  for (int c = 0; c < 128; ++c) out[static_cast<size_t>(c)] = is_alnum(static_cast<char>(c));
  for (char c : std::string_view("!#$%&'*+-.^_`|~")) out[static_cast<unsigned char>(c)] = true;
  return out;
}();

constexpr bool is_tchar(char c) { return kTokenBytes[static_cast<unsigned char>(c)]; }

std::string_view trim_ows(std::string_view s) {
  while (!s.empty() && is_wsp(s.front())) s.remove_prefix(1);
  while (!s.empty() && is_wsp(s.back())) s.remove_suffix(1);
  return s;
}

// chunk-ext: ours are ignored, but they must not smuggle anything (RFC 9112 §7.1.1).
bool is_chunk_extension(std::string_view text) {
  return text.empty() || ((text[0] == ';' || is_wsp(text[0])) && is_http_field_value(text));
}

}  // namespace

void HttpInput::add(std::string_view bytes) {
  // What is used goes when it is the larger part: each byte moves at most once.
  if (used_ > bytes_.size() / 2) {
    bytes_.erase(0, used_);
    scanned_ -= std::min(scanned_, used_);
    used_ = 0;
  }
  bytes_ += bytes;
}

HttpInput::Line HttpInput::line(size_t most, std::string_view& out) {
  size_t end = bytes_.find('\n', std::max(scanned_, used_));
  if (end == std::string::npos) {
    scanned_ = bytes_.size();
    return bytes_.size() - used_ > most + 1 ? Line::too_long : Line::incomplete;
  }
  if (end - used_ > most + 1) return Line::too_long;
  if (end == used_ || bytes_[end - 1] != '\r') return Line::bad_end;
  out = std::string_view(bytes_).substr(used_, end - 1 - used_);
  used_ = end + 1;
  return Line::got;
}

void HttpInput::skip(size_t n) {
  used_ += n;
  if (used_ < bytes_.size()) return;
  std::string().swap(bytes_);  // an idle connection holds no memory
  used_ = 0;
  scanned_ = 0;
}

bool is_http_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, is_tchar);
}

bool is_http_field_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool parse_http_field(std::string_view line, HttpHeader& out) {
  size_t colon = line.find(':');
  if (colon == std::string_view::npos) return false;
  std::string_view name = line.substr(0, colon);
  std::string_view value = trim_ows(line.substr(colon + 1));
  // A name with a blank is also what a folded line looks like (RFC 9112 §5.1, §5.2).
  if (!is_http_token(name) || !is_http_field_value(value)) return false;
  out.name = name;
  out.value = value;
  return true;
}

std::optional<uint64_t> parse_http_length(std::string_view text) {
  if (text.size() > 19 || !std::ranges::all_of(text, is_digit)) return std::nullopt;
  return parse_number<uint64_t>(text);
}

bool has_http_token(std::string_view list, std::string_view token) {
  return std::ranges::any_of(split(list, ','), [&](std::string_view one) {
    return iequals(trim_ows(one), token);
  });
}

HttpBodyReader::Outcome HttpBodyReader::read(HttpInput& in, std::string& body) {
  switch (plan_.framing) {
    case Framing::none:
      return Outcome::done;
    case Framing::length:
      if (left_ > plan_.most) return Outcome::too_large;
      return read_left(in, body);
    case Framing::chunked:
      return read_chunked(in, body);
    case Framing::until_end:
      if (body.size() + in.rest().size() > plan_.most) return Outcome::too_large;
      body += in.rest();
      in.skip(in.rest().size());
      return Outcome::more;
  }
  return Outcome::bad;
}

HttpBodyReader::Outcome HttpBodyReader::read_left(HttpInput& in, std::string& body) {
  std::string_view piece = in.rest().substr(0, left_);
  body += piece;
  left_ -= piece.size();
  in.skip(piece.size());
  return left_ == 0 ? Outcome::done : Outcome::more;
}

HttpBodyReader::Outcome HttpBodyReader::read_chunked(HttpInput& in, std::string& body) {
  for (;;) {
    Outcome outcome = Outcome::more;
    switch (chunk_) {
      case Chunk::size:
        outcome = read_size(in);
        break;
      case Chunk::data:
        outcome = read_left(in, body);
        if (outcome == Outcome::done) chunk_ = Chunk::data_end;
        break;
      case Chunk::data_end: {
        std::string_view rest = in.rest();
        if (!std::string_view("\r\n").starts_with(rest.substr(0, 2))) return Outcome::bad;
        if (rest.size() < 2) return Outcome::more;
        in.skip(2);
        chunk_ = Chunk::size;
        outcome = Outcome::done;
        break;
      }
      case Chunk::trailer:
        return read_trailer(in);
    }
    if (outcome != Outcome::done) return outcome;
  }
}

HttpBodyReader::Outcome HttpBodyReader::read_size(HttpInput& in) {
  std::string_view line;
  HttpInput::Line got = in.line(limits::kHttpChunkLine, line);
  if (got == HttpInput::Line::incomplete) return Outcome::more;
  if (got != HttpInput::Line::got) return Outcome::bad;
  size_t digits = std::min(line.find_first_not_of("0123456789abcdefABCDEF"), line.size());
  auto size = parse_number<uint64_t>(line.substr(0, digits), 16);
  if (!size || digits > 16 || !is_chunk_extension(line.substr(digits))) return Outcome::bad;
  if (*size > plan_.most - taken_) return Outcome::too_large;
  taken_ += *size;
  left_ = *size;
  chunk_ = left_ == 0 ? Chunk::trailer : Chunk::data;
  return Outcome::done;
}

// Trailer fields are checked and dropped: nothing of ours is allowed to come so late.
HttpBodyReader::Outcome HttpBodyReader::read_trailer(HttpInput& in) {
  for (;;) {
    std::string_view line;
    HttpInput::Line got = in.line(limits::kHttpHeaderBytes, line);
    if (got == HttpInput::Line::incomplete) return Outcome::more;
    if (got == HttpInput::Line::too_long) return Outcome::too_large;
    if (got != HttpInput::Line::got) return Outcome::bad;
    trailer_bytes_ += line.size() + 2;
    HttpHeader field;
    if (!line.empty() && !parse_http_field(line, field)) return Outcome::bad;
    if (trailer_bytes_ > limits::kHttpHeaderBytes) return Outcome::too_large;
    if (!line.empty()) continue;
    in.skip(0);
    return Outcome::done;
  }
}

}  // namespace ph::net
