// Purpose: the characters and the small scanners that the three address forms share.
// Threads: any.
// Spec: RFC 5322 §3.2.3, RFC 5321 §4.1.2, RFC 6531 §3.3.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/text.h"

namespace ph::mime {

constexpr bool is_high(char c) {
  return static_cast<unsigned char>(c) >= 0x80;
}

// atext, with UTF-8 as RFC 6532 §3.2 adds it.
constexpr bool is_atext(char c) {
  return is_alnum(c) || is_high(c) || std::string_view("!#$%&'*+-/=?^_`{|}~").contains(c);
}

bool is_dot_atom(std::string_view text);

// A quoted string at the front of `text`; RFC 5321's form has no folds and no escaped controls.
struct QuotedString {
  std::string content;
  size_t size = 0;  // octets read, with both quotes
};
Result<QuotedString> read_quoted_smtp(std::string_view text);

// addr-spec at the front of `text`, RFC 5321 §4.1.2. `size` is what was read.
struct AddrSpec {
  std::string local;
  std::string domain;
  size_t size = 0;
};
Result<AddrSpec> read_addr_spec_smtp(std::string_view text);

// The checks that every form ends with; `written` is the local part as it stood, quotes included.
Result<> check_written_local(std::string_view written, std::string_view local);

}  // namespace ph::mime
