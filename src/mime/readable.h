// Purpose: a message as a person reads it: who, subject, text and HTML to show, what hangs on it.
// Shapes: everything is valid UTF-8. Of alternatives the last of each kind counts (RFC 2046
//   §5.1.4); parts that are attachments by disposition or name are never shown as text.
// Threads: any.
// Errors: those of parse_mime: a header section that is too large. Broken mail is shown as it is.
// Not here: making HTML harmless; who shows it isolates it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ph::mime {

struct ReadablePart {
  std::string filename;
  std::string type;
  size_t size = 0;         // octets, decoded
  std::string content_id;  // without <>
};

struct Readable {
  std::string subject, from, to, date;
  std::string header;  // the header section as text
  std::string text;
  std::string html;
  std::vector<ReadablePart> attachments;
};

Result<Readable> read_message(std::string_view message);

}  // namespace ph::mime
