// Purpose: reads a header section: fields with their positions, in order, names as written.
// Shapes: views into the text that was read; offsets are octets from its start, lines count from 1.
// Threads: any.
// Errors: limit only. A line that is no field is skipped and the first one reported in `wrong`;
//   whoever must be strict refuses on it. Bare LF ends a line here.
// Spec: RFC 5322 §2.2, §4.5.
// Not here: writing (header_writer.h), what a field means.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ph::mime {

struct HeaderField {
  std::string_view name;   // as written, without white space before the colon
  std::string_view value;  // after the colon, folds included, without the last line end
  std::string_view raw;    // the whole field with its last line end
  size_t offset = 0;       // of raw
  size_t line = 0;
};

struct WrongLine {
  size_t line = 0;
  size_t offset = 0;
  std::string why;
};

struct HeaderBlock {
  std::vector<HeaderField> fields;
  size_t end = 0;   // offset of the empty line, or of the text's end
  size_t body = 0;  // offset of the first octet after the empty line
  std::optional<WrongLine> wrong;

  const HeaderField* find(std::string_view name) const;  // the first; names in any case
  size_t count(std::string_view name) const;
  std::string value(std::string_view name) const;  // the first, unfolded; empty without one
};

Result<HeaderBlock> read_header_block(std::string_view text);

// A field's value on one line: line ends removed, white space trimmed at both ends.
std::string unfold(std::string_view value);

// RFC 5322 §2.2: printable ASCII without colon, and not longer than limits::kHeaderName.
bool is_field_name(std::string_view name);

}  // namespace ph::mime
