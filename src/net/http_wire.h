// Purpose: the pieces of HTTP/1.1's grammar that requests and responses share, without I/O.
//   Private to net/'s http_*.cpp.
// Shapes: strict: a line ends with CRLF, and nothing else does.
// Spec: RFC 9110 §5.6.2, RFC 9112 §2.2, §5, §7.1.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http.h"

namespace ph::net {

// Bytes that were received and not yet used.
class HttpInput {
 public:
  enum class Line : uint8_t { got, incomplete, too_long, bad_end };

  void add(std::string_view bytes);
  // The next line without its CRLF, of at most `most` bytes; it is used up. Valid until add().
  Line line(size_t most, std::string_view& out);
  std::string_view rest() const { return std::string_view(bytes_).substr(used_); }
  void skip(size_t n);

 private:
  std::string bytes_;
  size_t used_ = 0;
  size_t scanned_ = 0;  // no '\n' from used_ up to here
};

bool is_http_token(std::string_view text);
// "name: value" with white space around the value; false where the line breaks RFC 9112 §5.
bool parse_http_field(std::string_view line, HttpHeader& out);
// 1*DIGIT that fits.
std::optional<uint64_t> parse_http_length(std::string_view text);
// Whether a comma-separated list has the token, in any case.
bool has_http_token(std::string_view list, std::string_view token);
// No CR, LF, NUL or other control byte but HTAB.
bool is_http_field_value(std::string_view text);

class HttpBodyReader {
 public:
  enum class Framing : uint8_t { none, length, chunked, until_end };
  enum class Outcome : uint8_t { more, done, bad, too_large };
  struct Plan {
    Framing framing = Framing::none;
    uint64_t length = 0;
    size_t most = 0;
  };

  HttpBodyReader() = default;
  explicit HttpBodyReader(Plan plan) : plan_(plan), left_(plan.length) {}
  // Moves what there is from `in` to the end of `body`.
  Outcome read(HttpInput& in, std::string& body);
  Framing framing() const { return plan_.framing; }

 private:
  enum class Chunk : uint8_t { size, data, data_end, trailer };
  Outcome read_left(HttpInput& in, std::string& body);
  Outcome read_chunked(HttpInput& in, std::string& body);
  Outcome read_size(HttpInput& in);
  Outcome read_trailer(HttpInput& in);

  Plan plan_;
  uint64_t left_ = 0;
  uint64_t taken_ = 0;  // of chunks
  Chunk chunk_ = Chunk::size;
  size_t trailer_bytes_ = 0;
};

}  // namespace ph::net
