// Purpose: MIME transfer encodings, and which of them fits a content.
// Shapes: encoded text has CRLF line ends, lines of at most 76 characters, and a line end after the
//   last line when there is one.
// Threads: any.
// Errors: decoding never fails: octets outside the alphabet are skipped (RFC 2045 §6.8) and said in
//   Decoded.clean; a broken escape stays as it stands (RFC 2045 §6.7).
// Spec: RFC 2045 §6.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ph::mime {

enum class TransferEncoding : uint8_t { seven_bit, eight_bit, binary, quoted_printable, base64 };

const char* transfer_encoding_name(TransferEncoding encoding);
// A Content-Transfer-Encoding value, comments tolerated; nothing for an unknown one.
std::optional<TransferEncoding> parse_transfer_encoding(std::string_view value);

struct Decoded {
  std::string bytes;
  bool clean = true;  // nothing had to be skipped or guessed
};

std::string encode_base64(std::string_view bytes);
Decoded decode_base64(std::string_view text);

enum class LineBreaks : uint8_t { text, binary };  // text: CRLF stays a line break
std::string encode_quoted_printable(std::string_view bytes, LineBreaks breaks);
Decoded decode_quoted_printable(std::string_view text);

// Whatever the encoding; seven_bit, eight_bit and binary give the text itself.
Decoded decode_body(std::string_view text, TransferEncoding encoding);

struct BodyShape {
  size_t high = 0;          // octets above 0x7f
  size_t controls = 0;      // C0 and DEL but tab and CRLF pairs
  size_t longest_line = 0;  // octets without the line end
  bool has_nul = false;
  bool has_bare_break = false;  // CR or LF alone
  // May travel as 7bit as it is: RFC 2045 §2.7.
  bool is_seven_bit() const;
};
BodyShape measure_body(std::string_view bytes);

// For text with CRLF line ends: 7bit as it is, quoted-printable when mostly ASCII, else base64.
TransferEncoding choose_text_encoding(std::string_view text);

// Every line end (CRLF, LF, CR) as CRLF.
std::string with_crlf(std::string_view text);

}  // namespace ph::mime
