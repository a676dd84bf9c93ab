#include "store/rows.h"

#include "base/text.h"

namespace ph::store {
namespace {

// Octets of the well-formed character at the start; 0 where there is none (RFC 3629 §4).
size_t character(std::string_view s) {
  for (size_t size = 1; size <= 4 && size <= s.size(); ++size)
    if (is_utf8(s.substr(0, size))) return size;
  return 0;
}

}  // namespace

std::string storable(std::string_view text) {
  if (text.find('\0') == std::string_view::npos && is_utf8(text)) return std::string(text);
  std::string out;
  out.reserve(text.size() + 16);
  while (!text.empty()) {
    size_t size = text[0] == '\0' ? 0 : character(text);
    if (size == 0)
      out += "\xEF\xBF\xBD";
    else
      out += text.substr(0, size);
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return out;
}

}  // namespace ph::store
