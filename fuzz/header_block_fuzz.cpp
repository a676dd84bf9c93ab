// Fields lie in order inside the text; rewriting ends; what fields say is read within its bounds.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/limits.h"
#include "base/text.h"
#include "mime/content_type.h"
#include "mime/encoded_word.h"
#include "mime/header.h"
#include "mime/header_writer.h"
#include "mime/rewrite.h"

using namespace ph::mime;

namespace {

void check_field(const HeaderField& field) {
  std::string value = unfold(field.value);
  PH_CHECK(value.find_first_of("\r\n") == std::string::npos);
  if (auto type = parse_content_type(value))
    PH_CHECK(type->parameters.size() <= ph::limits::kMimeParameters);
  HeaderWriter writer;
  if (!writer.unstructured("X", value)) return;
  auto again = read_header_block(writer.text());
  PH_CHECK(again && again->fields.size() == 1 && !again->wrong);
  PH_CHECK(decode_encoded_words(again->value("X")) == ph::trim(value));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto block = read_header_block(text);
  if (!block) return 0;
  PH_CHECK(block->end <= block->body && block->body <= text.size());
  size_t at = 0;
  for (const HeaderField& field : block->fields) {
    PH_CHECK(field.offset >= at && text.substr(field.offset).starts_with(field.raw));
    at = field.offset + field.raw.size();
    check_field(field);
  }
  PH_CHECK(at <= block->end);
  PH_CHECK(inspect_submission(text).has_value());
  SubmissionFields fields{.date = {}, .message_id = "a@b"};
  auto once = rewrite_submission(text, fields);
  PH_CHECK(once.has_value());
  if (block->wrong) return 0;
  auto twice = rewrite_submission(once->bytes, fields);
  PH_CHECK(!twice || (twice->bytes == once->bytes && twice->removed.empty()));
  return 0;
}
