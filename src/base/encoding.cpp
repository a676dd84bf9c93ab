#include "base/encoding.h"

#include <array>
#include <cstdint>

namespace ph {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kBase64Url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kBase32 = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::string_view kHex = "0123456789abcdef";

constexpr std::array<int8_t, 256> reverse(std::string_view alphabet, bool fold_case) {
  std::array<int8_t, 256> table{};
  table.fill(-1);
  for (size_t i = 0; i < alphabet.size(); ++i) {
    auto c = static_cast<uint8_t>(alphabet[i]);
    table[c] = static_cast<int8_t>(i);
    if (fold_case && c >= 'a' && c <= 'z') table[c - 32u] = static_cast<int8_t>(i);
  }
  return table;
}

constexpr auto kBase64Reverse = reverse(kBase64, false);
constexpr auto kBase64UrlReverse = reverse(kBase64Url, false);
constexpr auto kBase32Reverse = reverse(kBase32, true);
constexpr auto kHexReverse = reverse(kHex, true);

// One loop for every power-of-two alphabet: `bits` a character.
std::string encode(std::string_view bytes, std::string_view alphabet, unsigned bits) {
  std::string out;
  out.reserve((bytes.size() * 8 + bits - 1) / bits + 3);
  uint32_t buffer = 0;
  unsigned have = 0;
  for (char c : bytes) {
    buffer = (buffer << 8) | static_cast<uint8_t>(c);
    have += 8;
    while (have >= bits) {
      have -= bits;
      out += alphabet[(buffer >> have) & ((1u << bits) - 1)];
    }
    buffer &= (1u << have) - 1;
  }
  if (have > 0) out += alphabet[(buffer << (bits - have)) & ((1u << bits) - 1)];
  return out;
}

Result<std::string> decode(std::string_view text, const std::array<int8_t, 256>& table,
                           unsigned bits, const char* name) {
  std::string out;
  out.reserve(text.size() * bits / 8);
  uint32_t buffer = 0;
  unsigned have = 0;
  for (char c : text) {
    int8_t digit = table[static_cast<uint8_t>(c)];
    if (digit < 0) return fail(Errc::invalid, std::string("not ") + name);
    buffer = (buffer << bits) | static_cast<uint32_t>(digit);
    have += bits;
    if (have >= 8) {
      have -= 8;
      out += static_cast<char>(buffer >> have);
    }
    buffer &= (1u << have) - 1;
  }
  // Left-over bits must be padding: fewer than one character's, and zero.
  if (have >= bits || buffer != 0) return fail(Errc::invalid, std::string("not ") + name);
  return out;
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
  std::string out = encode(bytes, kBase64, 6);
  while (out.size() % 4 != 0) out += '=';
  return out;
}

Result<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return fail(Errc::invalid, "not base64");
  if (text.ends_with("==")) {
    text.remove_suffix(2);
  } else if (text.ends_with('=')) {
    text.remove_suffix(1);
  }
  return decode(text, kBase64Reverse, 6, "base64");
}

std::string base64url_encode(std::string_view bytes) { return encode(bytes, kBase64Url, 6); }
Result<std::string> base64url_decode(std::string_view text) {
  return decode(text, kBase64UrlReverse, 6, "base64url");
}

std::string base32_encode(std::string_view bytes) { return encode(bytes, kBase32, 5); }
Result<std::string> base32_decode(std::string_view text) {
  return decode(text, kBase32Reverse, 5, "base32");
}

std::string hex_encode(std::string_view bytes) { return encode(bytes, kHex, 4); }
Result<std::string> hex_decode(std::string_view text) {
  if (text.size() % 2 != 0) return fail(Errc::invalid, "not hexadecimal");
  return decode(text, kHexReverse, 4, "hexadecimal");
}

}  // namespace ph
