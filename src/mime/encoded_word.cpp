#include "mime/encoded_word.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/text.h"
#include "mime/charset.h"
#include "mime/transfer_encoding.h"

namespace ph::mime {
namespace {

constexpr size_t kCharsetMost = 60;  // longer than any registered name (RFC 2978 §2.3 says 40)
constexpr std::string_view kPrefix = "=?utf-8?q?";
constexpr std::string_view kSuffix = "?=";
constexpr size_t kFrame = kPrefix.size() + kSuffix.size();
constexpr size_t kLeastRoom = kFrame + 12;  // one character of four octets in Q

struct EncodedWord {
  std::string_view charset;
  std::string_view text;
  char encoding = 'q';  // q or b
  size_t size = 0;      // octets with the frame; 0: none here
};

// An encoded-word at the front of `text`. RFC 2047 §2; words over 75 characters are read too.
EncodedWord match_word(std::string_view text) {
  if (!text.starts_with("=?")) return {};
  size_t charset_end = text.substr(0, kCharsetMost).find('?', 2);
  if (charset_end == std::string_view::npos || charset_end == 2) return {};
  if (charset_end + 2 >= text.size() || text[charset_end + 2] != '?') return {};
  char encoding = to_lower(text[charset_end + 1]);
  if (encoding != 'q' && encoding != 'b') return {};
  size_t start = charset_end + 3;
  size_t end = text.find_first_of("? \t\r\n", start);
  if (end == std::string_view::npos || !text.substr(end).starts_with("?=")) return {};
  std::string_view charset = text.substr(2, charset_end - 2);
  if (charset.find_first_of(" \t\r\n") != std::string_view::npos) return {};
  return {.charset = charset.substr(0, charset.find('*')),  // RFC 2231 §5
          .text = text.substr(start, end - start),
          .encoding = encoding,
          .size = end + 2};
}

std::string word_bytes(const EncodedWord& word) {
  if (word.encoding == 'b') return decode_base64(word.text).bytes;
  std::string spaced(word.text);
  std::ranges::replace(spaced, '_', ' ');
  // Q has no line structure: a "=" at the end is no soft break, and spaces at the end count.
  return decode_quoted_printable(spaced + "=").bytes;
}

bool is_plain_in_q(char c, WordPlace place) {
  if (is_alnum(c)) return true;
  // RFC 2047 §5 (3); in text everything printable but = ? _ may stand.
  if (place == WordPlace::phrase) return std::string_view("!*+-/").contains(c);
  return c > ' ' && c < 0x7f && c != '=' && c != '?' && c != '_';
}

size_t q_cost(std::string_view character, WordPlace place) {
  if (character.size() > 1) return character.size() * 3;
  return character[0] == ' ' || is_plain_in_q(character[0], place) ? 1 : 3;
}

void append_q(std::string& out, std::string_view bytes, WordPlace place) {
  for (char c : bytes) {
    if (c == ' ') {
      out += '_';
    } else if (is_plain_in_q(c, place)) {
      out += c;
    } else {
      out += '=';
      out += upper(hex_encode(std::string_view(&c, 1)));
    }
  }
}

size_t character_size(std::string_view text, size_t at) {
  size_t end = at + 1;
  while (end < text.size() && (static_cast<uint8_t>(text[end]) & 0xc0) == 0x80) ++end;
  return end - at;
}

}  // namespace

std::string decode_encoded_words(std::string_view text) {
  std::string out;
  std::string pending;  // bytes of neighbours in one charset: some writers split characters
  std::string_view charset;
  std::string_view gap;  // white space after the last word, dropped before another
  bool after_word = false;
  auto flush = [&] {
    out += to_utf8_or_replace(charset, pending);
    pending.clear();
  };
  size_t at = 0;
  while (at < text.size()) {
    EncodedWord word = match_word(text.substr(at));
    if (word.size != 0 && known_charset(word.charset)) {
      if (after_word && !iequals(charset, word.charset)) flush();
      charset = word.charset;
      pending += word_bytes(word);
      at += word.size;
      size_t end = std::min(text.find_first_not_of(" \t\r\n", at), text.size());
      gap = text.substr(at, end - at);
      at = end;
      after_word = true;
      continue;
    }
    if (after_word) flush();
    out += gap;
    gap = {};
    after_word = false;
    size_t next = std::min(text.find("=?", at + 1), text.size());
    out += text.substr(at, next - at);
    at = next;
  }
  if (after_word) flush();
  return out += gap;
}

bool has_encoded_word(std::string_view text) {
  size_t at = text.find("=?");
  while (at != std::string_view::npos) {
    if (match_word(text.substr(at)).size != 0) return true;
    at = text.find("=?", at + 1);
  }
  return false;
}

std::vector<std::string> encode_words(std::string_view text, WordPlace place, size_t first,
                                      size_t rest) {
  size_t q_total = 0;
  for (char c : text) q_total += q_cost(std::string_view(&c, 1), place);
  bool use_q = q_total <= (text.size() + 2) / 3 * 4;
  std::vector<std::string> words;
  size_t at = 0;
  while (at < text.size()) {
    size_t room = std::min(words.empty() ? first : rest, limits::kEncodedWord);
    room = std::max(room, kLeastRoom) - kFrame;
    size_t end = at;
    size_t used = 0;
    while (end < text.size()) {
      std::string_view character = text.substr(end, character_size(text, end));
      size_t then =
          use_q ? used + q_cost(character, place) : (end + character.size() - at + 2) / 3 * 4;
      if (then > room) break;
      used = then;
      end += character.size();
    }
    std::string_view piece = text.substr(at, end - at);
    std::string word = use_q ? "=?utf-8?q?" : "=?utf-8?b?";
    if (use_q) {
      append_q(word, piece, place);
    } else {
      word += base64_encode(piece);
    }
    words.push_back(word += kSuffix);
    at = end;
  }
  return words;
}

}  // namespace ph::mime
