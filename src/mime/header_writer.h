// Purpose: writes header fields: folded at 78 where that can be, never past 998, ASCII but for
//   addresses that cannot be.
// Shapes: CRLF line ends.
// Threads: one at a time.
// Errors: invalid when a value has CR, LF or NUL, is not UTF-8, or cannot be folded. Error.field is
//   left to the caller, who knows what the value was called.
// Spec: RFC 5322 §2.2.3, RFC 2047, RFC 2231 §3 and §4.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "mime/address.h"
#include "mime/content_type.h"

namespace ph::mime {

class HeaderWriter {
 public:
  // Any text; encoded-words where it is not plain ASCII. White space at both ends falls away.
  Result<> unstructured(std::string_view name, std::string_view text);
  // ASCII that is already in its field's own syntax; folded at its spaces, otherwise as it is.
  Result<> structured(std::string_view name, std::string_view text);
  Result<> mailboxes(std::string_view name, std::span<const Mailbox> list);
  // "value; name=…" with RFC 2231 forms where a parameter is not ASCII or is long.
  Result<> parameters(std::string_view name, std::string_view value,
                      std::span<const Parameter> list);

  bool needs_smtputf8() const { return needs_smtputf8_; }
  const std::string& text() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
  bool needs_smtputf8_ = false;
};

}  // namespace ph::mime
