// Purpose: a message's raw header fields and body, as DKIM needs them: exact bytes, no decoding.
// Shapes: views into the message. `raw` is the whole field with its folds, without the final CRLF.
// Errors: Errc::invalid for a line that is no header field, Errc::limit beyond kHeaderBytes/Fields.
// Not here: the meaning of fields and MIME parts (mime).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ph::mailauth {

struct RawField {
  std::string_view name;  // without white space before the colon
  std::string_view raw;
  std::string_view value() const { return raw.substr(raw.find(':') + 1); }
};

struct RawMessage {
  std::vector<RawField> fields;  // from the top
  std::string_view body;         // after the empty line; empty where there is none
};

// The message must have CRLF line ends; an mbox "From " line at the top is skipped.
Result<RawMessage> split_message(std::string_view message);

// Every LF that no CR precedes becomes CRLF: for messages out of files and pipes.
std::string with_crlf_line_ends(std::string_view message);

}  // namespace ph::mailauth
