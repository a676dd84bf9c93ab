// Purpose: makes a submitted message safe for 7-bit ways before it is signed. The message's own
//   header is made so before (rewrite.h); those of its parts here.
// Shapes: octets that need no change stay byte for byte; decoded contents stay the same.
// Threads: any.
// Errors: limit from the parser; a message beyond the parser's bounds (depth, parts) is refused.
// Spec: RFC 6376 §5.3, RFC 2045 §6, RFC 1847 §2.1 (signed and encrypted parts are never touched),
//   RFC 2046 §5.2.1 (a message inside is re-encoded within, never around),
//   RFC 5322 §2.1.1 and §4.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "mime/ascii_field.h"

namespace ph::mime {

struct Reencoded {
  std::string bytes;  // the whole message; equal to the input when not changed
  bool changed = false;
  bool still_8bit = false;            // some body that may not be touched needs 8BITMIME
  bool needs_smtputf8 = false;        // a header has octets above 0x7f
  // The longest line that is over 998 octets and may not be folded: a header line without white
  // space, text outside the parts, a signed or encrypted part. Such a message must not go out.
  size_t long_line = 0;         // its octets; 0 when there is none
  std::string long_line_start;  // printable ASCII
};

Result<Reencoded> make_seven_bit(std::string_view message,
                                 RawUtf8 part_headers = RawUtf8::keep);

}  // namespace ph::mime
