#include "base/log.h"

#include <unistd.h>

#include <atomic>

#include "base/clock.h"
#include "base/text.h"

namespace ph::log {
namespace {

std::atomic<Level> g_least{Level::info};

const char* level_name(Level level) {
  switch (level) {
    case Level::debug: return "debug";
    case Level::info: return "info";
    case Level::warn: return "warn";
    case Level::error: return "error";
  }
  return "error";
}

}  // namespace

void set_level(Level least) { g_least.store(least, std::memory_order_relaxed); }

std::string json_quote(std::string_view text) {
  std::string out = "\"";
  bool valid = is_utf8(text);
  for (char c : text) {
    auto byte = static_cast<uint8_t>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
    } else if (byte >= 0x80 && !valid) {
      out += "\\ufffd";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

void write(Level level, std::string_view what, std::initializer_list<Field> fields) {
  if (level < g_least.load(std::memory_order_relaxed)) return;
  std::string line = fmt::format("{{\"time\":\"{}\",\"level\":\"{}\",\"what\":{}",
                                 format_iso8601(system_clock().wall(), true), level_name(level),
                                 json_quote(what));
  for (const Field& field : fields) {
    line += ',' + json_quote(field.key) + ':' + json_quote(field.value);
  }
  line += "}\n";
  // One write a line keeps lines whole; a full or closed log never stops mail.
  [[maybe_unused]] ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace ph::log
