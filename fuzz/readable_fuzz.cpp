// Whatever the message, what a person reads of it is UTF-8.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/text.h"
#include "mime/inline_pictures.h"
#include "mime/readable.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto mail = ph::mime::read_message({reinterpret_cast<const char*>(data), size});
  if (!mail) return 0;
  PH_CHECK(ph::is_utf8(mail->subject) && ph::is_utf8(mail->from) && ph::is_utf8(mail->to));
  PH_CHECK(ph::is_utf8(mail->text) && ph::is_utf8(mail->html) && ph::is_utf8(mail->header));
  for (const auto& part : mail->attachments)
    PH_CHECK(ph::is_utf8(part.filename) && ph::is_utf8(part.type));
  constexpr size_t kMost = 1u << 20;
  auto shown = ph::mime::with_inline_pictures({reinterpret_cast<const char*>(data), size},
                                              mail->html, kMost);
  PH_CHECK(shown.size() <= std::max(kMost, mail->html.size()) && ph::is_utf8(shown));
  return 0;
}
