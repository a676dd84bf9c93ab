#include "mime/transfer_encoding.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/scan.h"
#include "base/text.h"

namespace ph::mime {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

constexpr std::array<int8_t, 256> base64_digits() {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::array<int8_t, 256> table{};
  table.fill(-1);
  for (size_t i = 0; i < kAlphabet.size(); ++i)
    table[static_cast<uint8_t>(kAlphabet[i])] = static_cast<int8_t>(i);
  return table;
}
constexpr auto kBase64Digits = base64_digits();

// RFC 2045 §6.7 takes upper case; lower case is read too.
int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  char u = to_upper(c);
  return u >= 'A' && u <= 'F' ? u - 'A' + 10 : -1;
}

class QuotedPrintableWriter {
 public:
  explicit QuotedPrintableWriter(size_t expected) { out_.reserve(expected); }

  // One octet as itself or escaped. A soft break comes first when the line would have no room left
  // for the "=" of a later one.
  void put(char c, bool escape, bool ends_line) {
    size_t width = escape ? 3 : 1;
    size_t room = ends_line ? limits::kEncodedLine : limits::kEncodedLine - 1;
    if (column_ + width > room) {
      out_ += "=\r\n";
      column_ = 0;
      // The text has a new line here: what would mean something at the start of one, a
      // delimiter's hyphens too, must not stand there.
      if (c == '.' || c == 'F' || c == '-') escape = true, width = 3;
    }
    if (escape) {
      auto octet = static_cast<uint8_t>(c);
      out_ += '=';
      out_ += kHexDigits[octet >> 4];
      out_ += kHexDigits[octet & 15];
    } else {
      out_ += c;
    }
    column_ += width;
  }
  void line_break() {
    out_ += "\r\n";
    column_ = 0;
  }
  size_t column() const { return column_; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  size_t column_ = 0;
};

// Octets at `i` that some relay would change at the beginning of a line: a dot (its doubling
// forgotten) and "From " (mbox quoting, which breaks signatures; RFC 2049 §3 (7), (8)).
bool is_unsafe_at_start(std::string_view bytes, size_t i) {
  return bytes[i] == '.' || bytes.substr(i).starts_with("From ");
}

}  // namespace

const char* transfer_encoding_name(TransferEncoding encoding) {
  switch (encoding) {
    case TransferEncoding::seven_bit:
      return "7bit";
    case TransferEncoding::eight_bit:
      return "8bit";
    case TransferEncoding::binary:
      return "binary";
    case TransferEncoding::quoted_printable:
      return "quoted-printable";
    case TransferEncoding::base64:
      return "base64";
  }
  return "7bit";
}

std::optional<TransferEncoding> parse_transfer_encoding(std::string_view value) {
  value = trim(value);
  while (value.starts_with('(')) {  // a comment in front; nested ones are not worth reading
    size_t end = value.find(')');
    if (end == std::string_view::npos) return std::nullopt;
    value = trim(value.substr(end + 1));
  }
  value = value.substr(0, value.find_first_of(" \t\r\n(;"));
  if (value.empty() || iequals(value, "7bit")) return TransferEncoding::seven_bit;
  if (iequals(value, "8bit")) return TransferEncoding::eight_bit;
  if (iequals(value, "binary")) return TransferEncoding::binary;
  if (iequals(value, "quoted-printable")) return TransferEncoding::quoted_printable;
  if (iequals(value, "base64")) return TransferEncoding::base64;
  return std::nullopt;
}

std::string encode_base64(std::string_view bytes) {
  constexpr size_t kLineBytes = limits::kEncodedLine / 4 * 3;
  std::string out;
  out.reserve(bytes.size() / kLineBytes * (limits::kEncodedLine + 2) + limits::kEncodedLine + 2);
  for (size_t at = 0; at < bytes.size(); at += kLineBytes) {
    out += base64_encode(bytes.substr(at, kLineBytes));
    out += "\r\n";
  }
  return out;
}

Decoded decode_base64(std::string_view text) {
  Decoded out;
  out.bytes.reserve(text.size() / 4 * 3);
  uint32_t buffer = 0;
  unsigned digits = 0;  // of the open group of four
  bool padded = false;
  for (char c : text) {
    int8_t digit = kBase64Digits[static_cast<uint8_t>(c)];
    if (digit < 0) {
      if (c == '=') padded = true;
      if (c != '=' && c != '\r' && c != '\n' && !is_wsp(c)) out.clean = false;
      continue;
    }
    if (padded) {  // text after padding: concatenated pieces, each with its own
      out.clean = false;
      padded = false;
      buffer = 0;
      digits = 0;
    }
    buffer = (buffer << 6) | static_cast<uint32_t>(digit);
    ++digits;
    if (digits > 1) out.bytes += static_cast<char>(buffer >> ((4 - digits) * 2) & 0xff);
    if (digits == 4) buffer = 0, digits = 0;
  }
  if (digits == 1 || (digits != 0 && !padded)) out.clean = false;
  return out;
}

std::string encode_quoted_printable(std::string_view bytes, LineBreaks breaks) {
  QuotedPrintableWriter writer(bytes.size() + bytes.size() / 8);
  for (size_t i = 0; i < bytes.size(); ++i) {
    char c = bytes[i];
    if (breaks == LineBreaks::text && bytes.substr(i).starts_with("\r\n")) {
      writer.line_break();
      ++i;
      continue;
    }
    bool last = i + 1 == bytes.size();
    bool ends_line =
        last || (breaks == LineBreaks::text && bytes.substr(i + 1).starts_with("\r\n"));
    bool plain = (c > ' ' && c < 0x7f && c != '=') || (is_wsp(c) && !ends_line);
    if (writer.column() == 0 && is_unsafe_at_start(bytes, i)) plain = false;
    writer.put(c, !plain, ends_line);
  }
  return writer.take();
}

Decoded decode_quoted_printable(std::string_view text) {
  Decoded out;
  out.bytes.reserve(text.size());
  size_t at = 0;
  while (at < text.size()) {
    size_t line_end = std::min(text.find('\n', at), text.size());
    size_t end = line_end;
    if (end > at && line_end < text.size() && text[end - 1] == '\r') --end;
    std::string_view line_break = text.substr(end, std::min(line_end + 1, text.size()) - end);
    // White space at a line's end was added on the way: RFC 2045 §6.7 (3).
    while (end > at && is_wsp(text[end - 1])) --end;
    bool soft = end > at && text[end - 1] == '=';
    if (soft) --end;
    for (; at < end; ++at) {
      if (text[at] != '=') {
        out.bytes += text[at];
        continue;
      }
      int high = at + 2 < end ? hex_digit(text[at + 1]) : -1;
      int low = high >= 0 ? hex_digit(text[at + 2]) : -1;
      if (low < 0) {
        out.clean = false;
        out.bytes += '=';
        continue;
      }
      out.bytes += static_cast<char>(high * 16 + low);
      at += 2;
    }
    if (!soft) out.bytes += line_break;
    at = std::min(line_end + 1, text.size());
  }
  return out;
}

Decoded decode_body(std::string_view text, TransferEncoding encoding) {
  switch (encoding) {
    case TransferEncoding::quoted_printable:
      return decode_quoted_printable(text);
    case TransferEncoding::base64:
      return decode_base64(text);
    case TransferEncoding::seven_bit:
    case TransferEncoding::eight_bit:
    case TransferEncoding::binary:
      break;
  }
  return {.bytes = std::string(text)};
}

bool BodyShape::is_seven_bit() const {
  return high == 0 && !has_nul && !has_bare_break && longest_line <= limits::kHeaderLine;
}

namespace {

constexpr size_t kCounted = 128;  // octets counted at once: a sum of flags then fits one octet

// What no order of octets matters for, in a form that compilers turn into vector code.
struct OctetCounts {
  size_t high = 0, controls = 0, cr = 0, lf = 0, nul = 0;

  void add(std::string_view bytes) {
    uint8_t sums[5] = {};
    for (char octet : bytes) {
      auto c = static_cast<uint8_t>(octet);
      sums[0] = static_cast<uint8_t>(sums[0] + (c >= 0x80));
      sums[1] = static_cast<uint8_t>(sums[1] + (((c < ' ') & (c != '\t')) | (c == 0x7f)));
      sums[2] = static_cast<uint8_t>(sums[2] + (c == '\r'));
      sums[3] = static_cast<uint8_t>(sums[3] + (c == '\n'));
      sums[4] = static_cast<uint8_t>(sums[4] + (c == '\0'));
    }
    high += sums[0];
    controls += sums[1];
    cr += sums[2];
    lf += sums[3];
    nul += sums[4];
  }
};

}  // namespace

BodyShape measure_body(std::string_view bytes) {
  OctetCounts counts;
  for (size_t at = 0; at < bytes.size(); at += kCounted) counts.add(bytes.substr(at, kCounted));
  BodyShape shape;
  size_t pairs = 0;
  size_t line = 0;  // where it begins
  for (size_t at = 0; (at = bytes.find('\n', at)) != std::string_view::npos; ++at) {
    if (at == 0 || bytes[at - 1] != '\r') continue;
    ++pairs;
    shape.longest_line = std::max(shape.longest_line, at - 1 - line);
    line = at + 1;
  }
  shape.longest_line = std::max(shape.longest_line, bytes.size() - line);
  shape.high = counts.high;
  shape.controls = counts.controls - 2 * pairs;
  shape.has_nul = counts.nul > 0;
  shape.has_bare_break = counts.cr != pairs || counts.lf != pairs;
  return shape;
}

TransferEncoding choose_text_encoding(std::string_view text) {
  BodyShape shape = measure_body(text);
  if (shape.is_seven_bit() && shape.controls == 0) return TransferEncoding::seven_bit;
  // Quoted-printable costs two octets more for each escape, base64 a third of everything.
  if ((shape.high + shape.controls) * 6 <= text.size()) return TransferEncoding::quoted_printable;
  return TransferEncoding::base64;
}

std::string with_crlf(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 32);
  for (size_t at = 0; at < text.size();) {
    size_t end = find_any<'\r', '\n'>(text, at);
    out += text.substr(at, end - at);
    if (end == text.size()) break;
    out += "\r\n";
    at = end + (text.substr(end).starts_with("\r\n") ? 2 : 1);
  }
  return out;
}

}  // namespace ph::mime
