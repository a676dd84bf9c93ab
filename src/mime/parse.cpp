#include "mime/parse.h"

#include <algorithm>
#include <unordered_map>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "mime/encoded_word.h"

namespace ph::mime {
namespace {

bool is_message(const Part& part) {
  return part.type.is("message/rfc822") || part.type.is("message/global");
}

bool is_identity(const std::optional<TransferEncoding>& encoding) {
  return encoding && *encoding != TransferEncoding::base64 &&
         *encoding != TransferEncoding::quoted_printable;
}

// The empty line, a field, or what other readers skip there: a fold of nothing, an mbox's "From ".
bool may_begin_header(std::string_view line) {
  if (line == "\r\n" || line == "\n" || is_wsp(line[0]) || line.starts_with("From ")) return true;
  std::string_view name = line.substr(0, std::min(line.find(':'), line.size()));
  if (name.size() == line.size()) return false;
  while (!name.empty() && is_wsp(name.back())) name.remove_suffix(1);  // RFC 5322 §4.5
  return !name.empty() && std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f; });
}

// An entity that is open at the current line, outermost first.
struct Frame {
  Part* part;
  size_t start;          // of its header while that is read, then of its body
  std::string boundary;  // empty: no multipart, or its last delimiter has been seen
};

// Goes over the lines once. A line that is a delimiter of any open multipart closes everything
// inside that multipart, so no octet is looked at once per depth.
class TreeReader {
 public:
  TreeReader(std::string_view text, MimeTree& tree) : text_(text), tree_(tree) {}

  Result<> read() {
    open_entity(tree_.root, 0);
    while (at_ < text_.size()) {
      size_t line_end = text_.find('\n', at_);
      next_ = line_end == std::string_view::npos ? text_.size() : line_end + 1;
      TRY(take_line());
      at_ = next_;
    }
    return close_down_to(0, text_.size());
  }

 private:
  Result<> take_line() {
    std::string_view line = text_.substr(at_, next_ - at_);
    if (line.starts_with("--") && !boundaries_.empty()) {
      while (!line.empty() && (is_wsp(line.back()) || line.ends_with('\n') || line.ends_with('\r')))
        line.remove_suffix(1);
      bool taken = TRY(take_delimiter(line.substr(2)));
      if (taken) return {};
    }
    // Text where the header section should begin: what is meant is a body without one. Twice in a
    // digest, whose part is a message then.
    while (in_header_ && at_ == frames_.back().start && !may_begin_header(line)) {
      TRY(end_header(at_, at_));
      open_inside();
    }
    if (in_header_ && (line == "\r\n" || line == "\n")) {
      TRY(end_header(next_, next_));
      if (next_ < text_.size()) open_inside();
    }
    return {};
  }

  // RFC 2046 §5.1.1: the whole line but for white space at its end.
  Result<bool> take_delimiter(std::string_view text) {
    if (text.size() > limits::kMimeBoundary + 2) return false;
    auto found = boundaries_.find(std::string(text));
    if (found != boundaries_.end()) return next_part(found->second);
    if (!text.ends_with("--")) return false;
    found = boundaries_.find(std::string(text.substr(0, text.size() - 2)));
    if (found == boundaries_.end()) return false;
    size_t index = found->second;
    TRY(close_down_to(index + 1, at_));
    forget_boundary(index);  // what follows is the epilogue
    return true;
  }

  Result<bool> next_part(size_t index) {
    if (tree_.count == limits::kMimeParts) {
      tree_.truncated = true;
      return false;
    }
    TRY(close_down_to(index + 1, at_));
    ++tree_.count;
    open_entity(frames_[index].part->parts.emplace_back(), next_);
    return true;
  }

  void open_entity(Part& part, size_t start) {
    frames_.push_back({.part = &part, .start = start, .boundary = {}});
    in_header_ = true;
  }

  // Ends the frames from `depth` inwards; `line` is where the delimiter's line begins.
  Result<> close_down_to(size_t depth, size_t line) {
    if (in_header_ && frames_.size() > depth) TRY(end_header(line, line));
    size_t end = line;
    // The line end before a delimiter belongs to it.
    if (line < text_.size()) {
      if (end > 0 && text_[end - 1] == '\n') --end;
      if (end > 0 && end < line && text_[end - 1] == '\r') --end;
    }
    while (frames_.size() > depth) {
      Frame& frame = frames_.back();
      // An empty body may begin behind that line end; what holds it then ends there too.
      end = std::max(end, frame.start);
      frame.part->body = text_.substr(frame.start, end - frame.start);
      forget_boundary(frames_.size() - 1);
      frames_.pop_back();
    }
    return {};
  }

  void forget_boundary(size_t index) {
    auto found = boundaries_.find(frames_[index].boundary);
    if (found != boundaries_.end() && found->second == index) boundaries_.erase(found);
    frames_[index].boundary.clear();
  }

  Result<> end_header(size_t header_end, size_t body) {
    Frame& frame = frames_.back();
    Part& part = *frame.part;
    in_header_ = false;
    part.header = text_.substr(frame.start, header_end - frame.start);
    frame.start = body;
    auto block = read_header_block(part.header);
    if (!block) {
      if (frames_.size() == 1) return std::unexpected(std::move(block).error());
      tree_.truncated = true;
      return {};
    }
    describe(part, *block, frames_.size() > 1 ? frames_[frames_.size() - 2].part : nullptr);
    return {};
  }

  void describe(Part& part, const HeaderBlock& block, const Part* parent) {
    if (const HeaderField* field = block.find("Content-Type")) {
      auto type = parse_content_type(field->value);
      if (type) {
        part.type = std::move(*type);
      } else if (type.error().code == Errc::limit) {
        part.type = {.type = "application", .subtype = "octet-stream", .parameters = {}};
        tree_.truncated = true;
      }
    } else if (parent && parent->type.is("multipart/digest")) {
      part.type = {.type = "message", .subtype = "rfc822", .parameters = {}};  // RFC 2046 §5.1.5
    }
    if (const HeaderField* field = block.find("Content-Transfer-Encoding"))
      part.encoding = parse_transfer_encoding(unfold(field->value));
    part.charset = lower(part.type.parameter("charset"));
    std::string name(part.type.parameter("name"));
    if (const HeaderField* field = block.find("Content-Disposition")) {
      auto disposition = parse_content_disposition(field->value);
      if (disposition) {
        part.disposition = disposition->kind;
        std::string_view filename = disposition->parameter("filename");
        if (!filename.empty()) name = filename;
      } else if (disposition.error().code == Errc::limit) {
        tree_.truncated = true;
      }
    }
    // RFC 2047 §5 forbids encoded-words in parameters; many writers use them all the same.
    part.filename = decode_encoded_words(name);
  }

  void open_inside() {
    Part& part = *frames_.back().part;
    bool message = is_message(part) && is_identity(part.encoding);
    std::string boundary(part.type.parameter("boundary"));
    bool multipart = part.type.type == "multipart" && !boundary.empty();
    if (!message && !multipart) return;
    bool beyond = frames_.size() >= limits::kMimeDepth || boundary.size() > limits::kMimeBoundary ||
                  (message && tree_.count == limits::kMimeParts);
    if (beyond) {
      tree_.truncated = true;
      return;
    }
    if (multipart) {
      // An inner multipart with an outer one's boundary gets none: the outer one's come first.
      if (boundaries_.emplace(boundary, frames_.size() - 1).second)
        frames_.back().boundary = std::move(boundary);
      return;
    }
    ++tree_.count;
    open_entity(part.parts.emplace_back(), frames_.back().start);
  }

  std::string_view text_;
  MimeTree& tree_;
  size_t at_ = 0;    // of the current line
  size_t next_ = 0;  // of the line after it
  bool in_header_ = false;
  std::vector<Frame> frames_;
  std::unordered_map<std::string, size_t> boundaries_;  // of open multiparts, to their frame
};

}  // namespace

Result<MimeTree> parse_mime(std::string_view message) {
  MimeTree tree;
  TRY(TreeReader(message, tree).read());
  return tree;
}

std::string decoded_body(const Part& part) {
  if (!part.parts.empty() || !part.encoding) return std::string(part.body);
  return decode_body(part.body, *part.encoding).bytes;
}

PartSummary summarize(const Part& part) {
  PartSummary out{.type = part.type.full(), .charset = part.charset, .filename = part.filename};
  if (part.parts.empty()) {
    std::string bytes = decoded_body(part);
    out.size = bytes.size();
    out.sha256 = hex_encode(crypto::view(crypto::sha256(bytes)));
  } else {
    out.size = part.body.size();
  }
  out.parts.reserve(part.parts.size());
  for (const Part& inner : part.parts) out.parts.push_back(summarize(inner));
  return out;
}

}  // namespace ph::mime
