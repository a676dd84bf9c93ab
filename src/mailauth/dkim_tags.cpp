#include "mailauth/dkim_tags.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"

namespace ph::mailauth {
namespace {

bool is_tag_name(std::string_view name) {
  return !name.empty() && is_alpha(name[0]) &&
         std::ranges::all_of(name, [](char c) { return is_alnum(c) || c == '_'; });
}

// tval, folding white space, or UTF-8 (the caller has checked that the whole text is UTF-8).
bool is_value_byte(char c) {
  auto byte = static_cast<uint8_t>(c);
  return (byte > 0x20 && byte != 0x7f) || is_wsp(c) || c == '\r' || c == '\n';
}

// RFC 6376 §2.8: a CRLF is white space only where white space follows it.
bool folds_rightly(std::string_view text) {
  for (size_t i = text.find_first_of("\r\n"); i != std::string_view::npos;
       i = text.find_first_of("\r\n", i)) {
    if (text.substr(i, 2) != "\r\n") return false;
    i += 2;
    if (i >= text.size() || !is_wsp(text[i])) return false;
  }
  return true;
}

bool has_tag(const std::vector<DkimTag>& tags, std::string_view name) {
  return std::ranges::any_of(tags, [&](const DkimTag& tag) { return tag.name == name; });
}

}  // namespace

Result<DkimTags> DkimTags::parse(std::string_view text) {
  // White space after the last tag may be the last line's: it is of no matter.
  while (!text.empty() && (is_wsp(text.back()) || text.back() == '\r' || text.back() == '\n'))
    text.remove_suffix(1);
  if (!folds_rightly(text)) return fail(Errc::invalid, "a line end inside that folds nothing");
  if (!is_ascii(text) && !is_utf8(text)) return fail(Errc::invalid, "bytes that are not UTF-8");
  if (text.ends_with(';')) text.remove_suffix(1);
  DkimTags out;
  size_t at = 0;
  while (at <= text.size()) {
    std::string_view piece = text.substr(at, text.find(';', at) - at);
    at += piece.size() + 1;
    size_t equals = piece.find('=');
    if (equals == std::string_view::npos) return fail(Errc::invalid, "a tag without \"=\"");
    DkimTag tag{trim(piece.substr(0, equals)), trim(piece.substr(equals + 1))};
    if (!is_tag_name(tag.name)) return fail(Errc::invalid, "a tag name of other characters");
    std::string name(tag.name.substr(0, 20));
    if (!std::ranges::all_of(tag.value, is_value_byte))
      return fail(Errc::invalid, fmt::format("{}= has a control character", name), name);
    if (has_tag(out.tags_, tag.name))
      return fail(Errc::invalid, fmt::format("{}= stands twice", name), name);
    if (out.tags_.size() == limits::kDkimTags)
      return fail(Errc::limit, fmt::format("more than {} tags", limits::kDkimTags));
    out.tags_.push_back(tag);
  }
  return out;
}

std::optional<std::string_view> DkimTags::find(std::string_view name) const {
  for (const DkimTag& tag : tags_)
    if (tag.name == name) return tag.value;
  return std::nullopt;
}

std::string without_white_space(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (char c : value)
    if (!is_wsp(c) && c != '\r' && c != '\n') out += c;
  return out;
}

std::vector<std::string_view> split_colons(std::string_view value) {
  std::vector<std::string_view> out = split(value, ':');
  for (std::string_view& piece : out) piece = trim(piece);
  return out;
}

}  // namespace ph::mailauth
