// Purpose: the smallest files that are evidence, made by hand.
#pragma once

#include <string>

namespace ph::people_test {

inline std::string big_endian(uint32_t value, size_t size) {
  std::string out;
  for (size_t i = size; i-- > 0;) out += static_cast<char>((value >> (8 * i)) & 0xff);
  return out;
}

inline std::string pdf() {
  return "%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";
}

inline std::string png(uint32_t width = 2, uint32_t height = 2) {
  auto chunk = [](std::string type, std::string data) {
    return big_endian(static_cast<uint32_t>(data.size()), 4) + type + data + std::string(4, '\0');
  };
  std::string header =
      big_endian(width, 4) + big_endian(height, 4) + std::string("\x8\x2\0\0\0", 5);
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header) + chunk("IDAT", "xyz") + chunk("IEND", "");
}

inline std::string jpeg(uint32_t width = 2, uint32_t height = 2) {
  std::string frame = std::string("\x8", 1) + big_endian(height, 2) + big_endian(width, 2) +
                      std::string("\x1\x1\x11\0", 4);
  auto segment = [](std::string marker, const std::string& data) {
    return "\xff" + marker + big_endian(static_cast<uint32_t>(data.size() + 2), 2) + data;
  };
  return "\xff\xd8" + segment("\xe0", std::string("JFIF\0\1\1", 7)) + segment("\xc0", frame) +
         segment("\xda", "abcdef") + "scan\xff\xd9";
}

}  // namespace ph::people_test
