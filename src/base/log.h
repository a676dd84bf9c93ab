// Purpose: the program's log: one JSON object a line on stderr (or a file), never blocking mail.
// Shapes: {"time","level","what", fields...}; `what` is a fixed phrase, details are fields.
// Threads: any. Secrets and message content never go here; the one exception is the setup token of
//   a server without users, which ends with the first of them.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace ph::log {

enum class Level : uint8_t { debug, info, warn, error };

struct Field {
  std::string_view key;
  std::string value;
  template <class T>
  Field(std::string_view k, const T& v) : key(k), value(fmt::format("{}", v)) {}
};

void set_level(Level least);
void write(Level level, std::string_view what, std::initializer_list<Field> fields);

inline void debug(std::string_view what, std::initializer_list<Field> fields = {}) {
  write(Level::debug, what, fields);
}
inline void info(std::string_view what, std::initializer_list<Field> fields = {}) {
  write(Level::info, what, fields);
}
inline void warn(std::string_view what, std::initializer_list<Field> fields = {}) {
  write(Level::warn, what, fields);
}
inline void error(std::string_view what, std::initializer_list<Field> fields = {}) {
  write(Level::error, what, fields);
}

// Text as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
std::string json_quote(std::string_view text);

}  // namespace ph::log
