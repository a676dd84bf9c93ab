// Purpose: what the door says when it does not do what was asked: codes, and their words in both
//   languages.
// Shapes: Code is our name (codes.inc); wire_code() is what clients compare. A Fault names the
//   parameter as the original does: Destination.2, Attachments.0.FileName.
// Threads: pure.
// Not here: which of core's reasons is which code (refusal.h).
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace ph::tencent {

enum class Code : uint8_t {
#define CODE(name, wire, chinese, english) name,
#include "api/tencent/codes.inc"
#undef CODE
};

enum class Language : uint8_t { chinese, english };

struct CodeRow {
  Code code;
  std::string_view wire;
  std::string_view chinese;
  std::string_view english;
};

std::span<const CodeRow> all_codes();
std::string_view wire_code(Code code);
// The catalogue's sentence with the parameter in its place.
std::string message_of(Code code, Language language, std::string_view parameter);

// What a stranger wrote, short enough and plain enough for a message.
std::string printable(std::string_view text, size_t most);

struct Fault {
  Code code;
  std::string parameter;
};

template <class T = void>
using Judged = std::expected<T, Fault>;

[[nodiscard]] inline std::unexpected<Fault> fault(Code code, std::string parameter = {}) {
  return std::unexpected<Fault>(Fault{code, std::move(parameter)});
}

}  // namespace ph::tencent
