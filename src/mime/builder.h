// Purpose: builds a whole message from what an API request says.
// Shapes: CRLF, no line over 998 octets, bodies 7-bit; parts nested only as deep as needed: mixed
//   (alternative (text, related (html, inline…)), attachments…). Bcc never appears.
// Threads: any; the Random is the caller's.
// Errors: Error.field is the API's name: "to[2]", "subject", "headers.X-Foo",
//   "attachments[0].filename".
// Spec: RFC 5322 §3.6, RFC 2045, RFC 2046 §5.1, RFC 2183, RFC 2387, RFC 2392.
// Not here: who may send as whom; return path; signatures.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "mime/address.h"

namespace ph::mime {

struct CustomHeader {
  std::string name;
  std::string value;
};

struct Attachment {
  std::string filename;
  std::string content_type;  // empty: application/octet-stream
  std::string content;       // octets
  std::string content_id;    // without <>; with one and an HTML body the part is inline
};

struct MessageParts {
  Mailbox from;
  std::vector<Mailbox> to;
  std::vector<Mailbox> cc;
  std::vector<Mailbox> reply_to;
  std::string subject;  // UTF-8
  std::string text;     // UTF-8, any line ends; empty: none
  std::string html;     // UTF-8, any line ends; empty: none
  std::vector<CustomHeader> headers;
  std::vector<Attachment> attachments;
  WallTime date;
  std::string message_id;  // without <>
};

struct BuiltMessage {
  std::string bytes;
  bool needs_smtputf8 = false;  // some address in it has no ASCII form
};

Result<BuiltMessage> build_message(const MessageParts& parts, Random& random);

// A custom header's name and value as the builder judges them; Error.field is "headers.NAME".
Result<> check_custom_header(std::string_view name, std::string_view value);

}  // namespace ph::mime
