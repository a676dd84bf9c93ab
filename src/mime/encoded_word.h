// Purpose: encoded-words: reading them, and writing text as a row of them.
// Shapes: UTF-8 inside the program. Words in the charsets of charset.h are read; a word in another
//   one stays as it is.
// Threads: any.
// Spec: RFC 2047, RFC 2231 §5 (language suffix).
// Not here: folding of fields (header_writer.h).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ph::mime {

// Text with its encoded-words decoded; white space between two of them falls away.
std::string decode_encoded_words(std::string_view text);
// Something in the text would be read as an encoded-word.
bool has_encoded_word(std::string_view text);

enum class WordPlace : uint8_t { text, phrase };  // RFC 2047 §5 (1) and (3)

// UTF-8 text as encoded-words of at most 75 characters, Q or B, whichever is shorter; no character
// is split. `first` is the room for the first word, `rest` for the others.
std::vector<std::string> encode_words(std::string_view text, WordPlace place, size_t first,
                                      size_t rest);

}  // namespace ph::mime
