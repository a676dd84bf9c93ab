// Purpose: the tree of a message's parts, in one pass over its octets.
// Shapes: views into the message that was given, which must outlive the tree. size and sha256 are
//   of the decoded body, and of the leaves only; a container's size is its raw body's.
// Threads: any.
// Errors: limit when the message's own header section is too large. Everything else that is broken
//   or beyond a bound leaves a leaf and sets `truncated`: mail must stay readable. An entity whose
//   first line is no field has no header section: it is all body.
// Spec: RFC 2045 §5, RFC 2046 §5.1 and §5.2.1.
// Not here: charset conversion of bodies.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mime/content_type.h"
#include "mime/header.h"
#include "mime/transfer_encoding.h"

namespace ph::mime {

struct Part {
  ContentType type;
  std::string charset;   // lower case; empty where the type has none
  std::string filename;  // decoded
  std::string disposition;
  std::optional<TransferEncoding> encoding = TransferEncoding::seven_bit;  // nothing: unknown one
  std::string_view header;  // with the empty line, where there is one
  std::string_view body;    // raw, without the line end that belongs to the next delimiter
  std::vector<Part> parts;  // of a multipart; or the one message that is enclosed
};

struct MimeTree {
  Part root;
  size_t count = 1;        // parts in all
  bool truncated = false;  // a bound was met: what lies beyond it is inside a leaf or left out
};

Result<MimeTree> parse_mime(std::string_view message);

std::string decoded_body(const Part& part);

// What `posthouse mime parse` prints, computed for the whole tree: each leaf decoded once.
struct PartSummary {
  std::string type;
  std::string charset;
  std::string filename;
  size_t size = 0;
  std::string sha256;  // hex; empty for containers
  std::vector<PartSummary> parts;
};
PartSummary summarize(const Part& part);

}  // namespace ph::mime
