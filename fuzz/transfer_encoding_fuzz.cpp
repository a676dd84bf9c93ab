// Any octets come back from both encodings; any text is read as either; UTF-8 survives
// encoded-words.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "mime/encoded_word.h"
#include "mime/transfer_encoding.h"

using namespace ph::mime;

namespace {

void check_coded(std::string_view plain, const std::string& coded, TransferEncoding encoding) {
  BodyShape shape = measure_body(coded);
  PH_CHECK(shape.is_seven_bit() && shape.longest_line <= 76);
  Decoded decoded = decode_body(coded, encoding);
  PH_CHECK(decoded.clean && decoded.bytes == plain);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  check_coded(text, encode_base64(text), TransferEncoding::base64);
  for (LineBreaks breaks : {LineBreaks::text, LineBreaks::binary})
    check_coded(text, encode_quoted_printable(text, breaks), TransferEncoding::quoted_printable);
  PH_CHECK(decode_base64(text).bytes.size() <= text.size());
  PH_CHECK(decode_quoted_printable(text).bytes.size() <= text.size());
  PH_CHECK(!measure_body(with_crlf(text)).has_bare_break);
  decode_encoded_words(text);
  if (!ph::is_utf8(text)) return 0;
  for (WordPlace place : {WordPlace::text, WordPlace::phrase}) {
    std::string joined;
    for (const std::string& word : encode_words(text, place, 40, 75)) {
      PH_CHECK(word.size() <= 75);
      joined += joined.empty() ? word : " " + word;
    }
    PH_CHECK(decode_encoded_words(joined) == text);
  }
  return 0;
}
