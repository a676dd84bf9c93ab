#include "mime/header.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace ph::mime {
namespace {

class HeaderReader {
 public:
  explicit HeaderReader(std::string_view text) : text_(text) {}

  Result<HeaderBlock> read() {
    // One octet beyond the bound is looked at, so that a section of exactly the bound is taken.
    size_t bound = std::min(text_.size(), limits::kHeaderBytes + 1);
    while (at_ < text_.size()) {
      size_t line_end = text_.substr(0, bound).find('\n', at_);
      if (line_end == std::string_view::npos && bound < text_.size())
        return fail(Errc::limit, "the header section is larger than 256 KiB");
      size_t next = line_end == std::string_view::npos ? text_.size() : line_end + 1;
      ++line_;
      std::string_view line = without_end(text_.substr(at_, next - at_));
      if (line.empty()) {
        block_.end = at_;
        block_.body = next;
        return std::move(block_);
      }
      take_line(line, next);
      if (block_.fields.size() > limits::kHeaderFields)
        return fail(Errc::limit, "the header section has more than 1000 fields");
      at_ = next;
    }
    block_.end = block_.body = text_.size();
    return std::move(block_);
  }

 private:
  static std::string_view without_end(std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  void take_line(std::string_view line, size_t next) {
    if (is_wsp(line[0])) {
      if (in_field_) {
        extend(line, next);
      } else {
        note_wrong("a continuation line follows no field");
      }
      return;
    }
    in_field_ = false;
    size_t colon = line.find(':');
    if (colon == std::string_view::npos) return note_wrong("a line has no colon");
    std::string_view name = line.substr(0, colon);
    while (!name.empty() && is_wsp(name.back())) name.remove_suffix(1);  // RFC 5322 §4.5
    if (name.empty() || !std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f; }))
      return note_wrong("a field name has a character that it may not");
    in_field_ = true;
    block_.fields.push_back({.name = name,
                             .value = line.substr(colon + 1),
                             .raw = text_.substr(at_, next - at_),
                             .offset = at_,
                             .line = line_});
  }

  void extend(std::string_view line, size_t next) {
    HeaderField& field = block_.fields.back();
    const char* value = field.value.data();
    field.value = std::string_view(value, static_cast<size_t>(line.data() + line.size() - value));
    field.raw = text_.substr(field.offset, next - field.offset);
  }

  void note_wrong(const char* why) {
    if (!block_.wrong) block_.wrong = WrongLine{.line = line_, .offset = at_, .why = why};
  }

  std::string_view text_;
  size_t at_ = 0;
  size_t line_ = 0;
  bool in_field_ = false;
  HeaderBlock block_;
};

}  // namespace

Result<HeaderBlock> read_header_block(std::string_view text) {
  return HeaderReader(text).read();
}

const HeaderField* HeaderBlock::find(std::string_view name) const {
  auto it = std::ranges::find_if(fields, [&](auto& f) { return iequals(f.name, name); });
  return it == fields.end() ? nullptr : &*it;
}

size_t HeaderBlock::count(std::string_view name) const {
  return static_cast<size_t>(
      std::ranges::count_if(fields, [&](auto& f) { return iequals(f.name, name); }));
}

std::string HeaderBlock::value(std::string_view name) const {
  const HeaderField* field = find(name);
  return field ? unfold(field->value) : std::string();
}

std::string unfold(std::string_view value) {
  value = trim(value);
  std::string out;
  out.reserve(value.size());
  for (char c : value)
    if (c != '\r' && c != '\n') out += c;
  return out;
}

bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() <= limits::kHeaderName &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f && c != ':'; });
}

}  // namespace ph::mime
