#include "api/tencent/code.h"

namespace ph::tencent {
namespace {

constexpr CodeRow kCodes[] = {
#define CODE(name, wire, chinese, english) {Code::name, wire, chinese, english},
#include "api/tencent/codes.inc"
#undef CODE
};

const CodeRow& row_of(Code code) {
  return kCodes[static_cast<size_t>(code)];
}

}  // namespace

std::span<const CodeRow> all_codes() {
  return kCodes;
}

std::string_view wire_code(Code code) {
  return row_of(code).wire;
}

std::string message_of(Code code, Language language, std::string_view parameter) {
  const CodeRow& row = row_of(code);
  std::string out(language == Language::chinese ? row.chinese : row.english);
  if (size_t place = out.find("{}"); place != std::string::npos) out.replace(place, 2, parameter);
  return out;
}

std::string printable(std::string_view text, size_t most) {
  std::string out;
  for (char c : text.substr(0, most)) out += c > ' ' && c <= '~' ? c : '?';
  return out;
}

}  // namespace ph::tencent
