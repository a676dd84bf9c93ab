#include "mime/readable.h"

#include "base/text.h"
#include "mime/charset.h"
#include "mime/encoded_word.h"
#include "mime/header.h"
#include "mime/parse.h"

namespace ph::mime {
namespace {

std::string as_text(const Part& part) {
  std::string bytes = decoded_body(part);
  std::string_view charset = part.charset.empty() ? "utf-8" : std::string_view(part.charset);
  return to_utf8_or_replace(charset, bytes);
}

bool is_attachment(const Part& part) {
  return iequals(part.disposition, "attachment") || !part.filename.empty();
}

std::string content_id_of(const Part& part) {
  auto header = read_header_block(part.header);
  if (!header) return {};
  std::string id(trim(header->value("Content-ID")));
  if (id.starts_with('<') && id.ends_with('>')) id = id.substr(1, id.size() - 2);
  return to_utf8_or_replace("utf-8", id);
}

void collect(const Part& part, Readable& out) {
  bool enclosed = part.type.is("message/rfc822");
  if (!part.parts.empty() && !enclosed) {
    for (const Part& inner : part.parts) collect(inner, out);
    return;
  }
  if (!is_attachment(part) && part.type.is("text/plain")) {
    out.text = as_text(part);
  } else if (!is_attachment(part) && part.type.is("text/html")) {
    out.html = as_text(part);
  } else {
    out.attachments.push_back({.filename = part.filename,
                               .type = to_utf8_or_replace("utf-8", part.type.full()),
                               .size = decoded_body(part).size(),
                               .content_id = content_id_of(part)});
  }
}

std::string field(const HeaderBlock& header, std::string_view name) {
  return decode_encoded_words(to_utf8_or_replace("utf-8", trim(header.value(name))));
}

}  // namespace

Result<Readable> read_message(std::string_view message) {
  MimeTree tree = TRY(parse_mime(message));
  Readable out;
  collect(tree.root, out);
  out.header = to_utf8_or_replace("utf-8", tree.root.header);
  auto header = read_header_block(tree.root.header);
  if (!header) return out;
  out.subject = field(*header, "Subject");
  out.from = field(*header, "From");
  out.to = field(*header, "To");
  out.date = field(*header, "Date");
  return out;
}

}  // namespace ph::mime
