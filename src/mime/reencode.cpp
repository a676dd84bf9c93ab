#include "mime/reencode.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "mime/header.h"
#include "mime/parse.h"

namespace ph::mime {
namespace {

// A stretch of the message that is replaced; they come in the order of their offsets.
struct Edit {
  size_t offset;
  size_t size;
  std::string bytes;
};

enum class Touch : uint8_t { allowed, forbidden };

// Where an entity's header stands: at the top of the message, of an enclosed one, or of a part.
enum class Entity : uint8_t { message, enclosed_message, part };

class Reencoder {
 public:
  Reencoder(std::string_view message, RawUtf8 part_headers)
      : message_(message), part_headers_(part_headers) {}

  void visit(const Part& part, Entity entity, Touch touch);
  Reencoded take();

 private:
  void visit_leaf(const Part& part, Entity entity);
  void visit_container(const Part& part, Entity entity, Touch touch);
  void clean_gap(size_t begin, size_t end);
  bool clean_header(std::string_view header);
  void fold_header(std::string_view header);
  void fold_line(std::string_view line, size_t colon);
  void note_long_line();
  void relabel(const Part& part, Entity entity, TransferEncoding encoding);
  size_t offset(std::string_view piece) const {
    return static_cast<size_t>(piece.data() - message_.data());
  }

  std::string_view message_;
  RawUtf8 part_headers_;
  bool enclosed_by_body_ = false;
  std::vector<Edit> edits_;
  Reencoded out_;
};

bool is_protected(const ContentType& type) {
  return type.is("multipart/signed") || type.is("multipart/encrypted");
}

void Reencoder::visit(const Part& part, Entity entity, Touch touch) {
  bool cleaned =
      entity == Entity::part && touch == Touch::allowed && clean_header(part.header);
  if (!cleaned && !is_ascii(part.header)) {
    // Parts' own fields are the message's too; those of an enclosed message are its body.
    (entity == Entity::enclosed_message ? out_.still_8bit : out_.needs_smtputf8) = true;
  }
  if (touch == Touch::allowed) fold_header(part.header);
  if (is_protected(part.type)) touch = Touch::forbidden;
  if (!part.parts.empty()) return visit_container(part, entity, touch);
  if (measure_body(part.body).is_seven_bit()) return;
  // RFC 2046 §5.2: no message/… type may be encoded, and an unknown encoding cannot be read.
  bool opaque = part.type.type == "message" || part.type.type == "multipart" || !part.encoding;
  if (touch == Touch::forbidden || opaque) {
    out_.still_8bit = true;
    return;
  }
  visit_leaf(part, entity);
}

// A part's fields as rewrite.h leaves the message's. True when the header has no high octet left.
bool Reencoder::clean_header(std::string_view header) {
  bool ascii = is_ascii(header);
  if (ascii && !header.contains(" :") && !header.contains("\t:")) return true;
  auto block = read_header_block(header);
  if (!block || (!ascii && block->wrong)) return false;
  bool clean = true;
  for (const HeaderField& field : block->fields) {
    size_t blanks = blanks_before_colon(field);
    bool encode = part_headers_ == RawUtf8::encode && !is_ascii(field.raw);
    if (encode) {
      if (auto written = ascii_field(field.name, field, nullptr)) {
        edits_.push_back({.offset = offset(field.raw), .size = field.raw.size(),
                          .bytes = std::move(*written)});
        continue;
      }
    }
    clean = clean && is_ascii(field.raw);
    if (blanks > 0)
      edits_.push_back({.offset = offset(field.raw) + field.name.size(), .size = blanks,
                        .bytes = {}});
  }
  return clean;
}

void Reencoder::visit_leaf(const Part& part, Entity entity) {
  std::string content = decode_body(part.body, *part.encoding).bytes;
  bool text = part.type.type == "text";
  TransferEncoding encoding = text ? choose_text_encoding(content) : TransferEncoding::base64;
  if (encoding == TransferEncoding::seven_bit) encoding = TransferEncoding::quoted_printable;
  std::string body = encoding == TransferEncoding::base64
                         ? encode_base64(content)
                         : encode_quoted_printable(content, LineBreaks::text);
  bool at_end = offset(part.body) + part.body.size() == message_.size();
  if (at_end && !body.ends_with("\r\n")) {
    body += encoding == TransferEncoding::base64 ? "\r\n" : "=\r\n";
  } else if (!at_end && encoding == TransferEncoding::base64 && !body.empty()) {
    body.resize(body.size() - 2);  // the delimiter brings its own
  }
  relabel(part, entity, encoding);
  edits_.push_back(
      {.offset = offset(part.body), .size = part.body.size(), .bytes = std::move(body)});
}

void Reencoder::visit_container(const Part& part, Entity entity, Touch touch) {
  bool encloses = part.type.type == "message";
  size_t place = edits_.size();
  bool before = out_.still_8bit;
  out_.still_8bit = false;
  bool editable = touch == Touch::allowed && is_ascii(part.type.parameter("boundary"));
  size_t at = offset(part.body);
  auto gap = [&](size_t end) {
    if (end <= at || is_ascii(message_.substr(at, end - at))) return;
    if (editable && !encloses) {
      clean_gap(at, end);
    } else {
      out_.still_8bit = true;
    }
  };
  for (const Part& inner : part.parts) {
    gap(offset(inner.header));
    bool nested = encloses || entity == Entity::enclosed_message;
    // A part of a digest that is all body is a message that is all body.
    enclosed_by_body_ = encloses && part.header.empty();
    visit(inner, nested ? Entity::enclosed_message : Entity::part, touch);
    at = offset(inner.body) + inner.body.size();
  }
  enclosed_by_body_ = false;
  gap(offset(part.body) + part.body.size());
  bool became_seven_bit = !out_.still_8bit && edits_.size() > place;
  bool labelled =
      part.encoding == TransferEncoding::eight_bit || part.encoding == TransferEncoding::binary;
  out_.still_8bit = out_.still_8bit || before;
  if (!became_seven_bit || !labelled || touch == Touch::forbidden) return;
  // The label stands before everything inside: sort() puts the edit where it belongs.
  relabel(part, entity, TransferEncoding::seven_bit);
}

// Text before the first and after the last delimiter means nothing: RFC 2046 §5.1.1.
void Reencoder::clean_gap(size_t begin, size_t end) {
  std::string text(message_.substr(begin, end - begin));
  for (char& c : text)
    if (static_cast<uint8_t>(c) >= 0x80) c = '?';
  edits_.push_back({.offset = begin, .size = end - begin, .bytes = std::move(text)});
}

void Reencoder::relabel(const Part& part, Entity entity, TransferEncoding encoding) {
  auto block = read_header_block(part.header);
  if (!block) return;  // the parser has read it
  std::string field =
      std::string("Content-Transfer-Encoding: ") + transfer_encoding_name(encoding) + "\r\n";
  size_t base = offset(part.header);
  for (const HeaderField& old : block->fields) {
    if (!iequals(old.name, "Content-Transfer-Encoding")) continue;
    edits_.push_back({.offset = base + old.offset, .size = old.raw.size(), .bytes = field});
    field.clear();  // a second one is taken out
  }
  // RFC 2045 §4: without this field the others mean nothing.
  std::string added;
  if (entity == Entity::message && block->count("MIME-Version") == 0)
    added += "MIME-Version: 1.0\r\n";
  if (block->count("Content-Type") == 0 && entity == Entity::message && is_utf8(part.body))
    added += "Content-Type: text/plain; charset=utf-8\r\n";
  added += field;
  if (part.header.empty()) added += "\r\n";  // it was all body
  // The end of the header that the part around it then needs as well.
  if (enclosed_by_body_) added.insert(0, "\r\n");
  if (!added.empty())
    edits_.push_back({.offset = base + block->end, .size = 0, .bytes = std::move(added)});
}

Reencoded Reencoder::take() {
  // What is put in comes before what stands there.
  std::ranges::sort(edits_, {}, [](const Edit& e) { return std::pair(e.offset, e.size); });
  out_.changed = !edits_.empty();
  out_.bytes.reserve(message_.size() + message_.size() / 4);
  size_t at = 0;
  for (const Edit& edit : edits_) {
    if (edit.offset < at) continue;  // inside a field that is replaced
    out_.bytes += message_.substr(at, edit.offset - at);
    out_.bytes += edit.bytes;
    at = edit.offset + edit.size;
  }
  out_.bytes += message_.substr(at);
  note_long_line();
  return std::move(out_);
}

// RFC 5322 §2.1.1: 998 octets a line, which a fold can reach in most fields.
void Reencoder::fold_header(std::string_view header) {
  if (measure_body(header).longest_line <= limits::kHeaderLine) return;
  auto block = read_header_block(header);
  if (!block) return;  // the parser has read it
  for (const HeaderField& field : block->fields) {
    // relabel() may replace this one as a whole, and edits may not overlap.
    if (iequals(field.name, "Content-Transfer-Encoding")) continue;
    std::string_view rest = field.raw;
    auto colon = static_cast<size_t>(field.value.data() - field.raw.data()) - 1;
    while (!rest.empty()) {
      size_t end = std::min(rest.find("\r\n"), rest.size());
      fold_line(rest.substr(0, end), colon);
      colon = 0;
      rest.remove_prefix(std::min(end + 2, rest.size()));
    }
  }
}

// Line ends go in front of white space, and never so that a line of white space alone comes out;
// white space before the colon is no place (RFC 5322 §4.5).
void Reencoder::fold_line(std::string_view line, size_t colon) {
  auto is_white = [](char c) { return c == ' ' || c == '\t'; };
  size_t start = 0;
  while (line.size() - start > limits::kHeaderLine) {
    size_t least = line.find_first_not_of(" \t", start);
    if (least == std::string_view::npos) return;
    least = std::max(least, colon);
    size_t place = std::string_view::npos;
    // The last place that keeps the bound, else the first beyond it.
    for (size_t i = least + 1; i + 1 < line.size(); ++i) {
      if (i - start > limits::kHeaderLine && place != std::string_view::npos) break;
      if (is_white(line[i]) && !is_white(line[i + 1])) place = i;
    }
    if (place == std::string_view::npos) return;
    edits_.push_back({.offset = offset(line) + place, .size = 0, .bytes = "\r\n"});
    start = place;
  }
}

void Reencoder::note_long_line() {
  constexpr size_t kShown = 40;
  std::string_view rest = out_.bytes;
  while (!rest.empty()) {
    size_t end = std::min(rest.find("\r\n"), rest.size());
    if (end > limits::kHeaderLine && end > out_.long_line) {
      out_.long_line = end;
      out_.long_line_start = rest.substr(0, kShown);
    }
    rest.remove_prefix(std::min(end + 2, rest.size()));
  }
  for (char& c : out_.long_line_start)
    if (c < ' ' || c > '~') c = '?';
}

}  // namespace

Result<Reencoded> make_seven_bit(std::string_view message, RawUtf8 part_headers) {
  MimeTree tree = TRY(parse_mime(message));
  if (tree.truncated)
    return fail(Errc::limit, "the message has more or deeper MIME parts than are taken");
  Reencoder reencoder(message, part_headers);
  reencoder.visit(tree.root, Entity::message, Touch::allowed);
  return reencoder.take();
}

}  // namespace ph::mime
