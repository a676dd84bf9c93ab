// Any argument of MAIL and RCPT: what is taken is written back in a form that is taken as the same,
// and that no reader could mistake.
#include <cstdint>

#include "base/check.h"
#include "smtp/path.h"

using namespace ph;
using namespace ph::smtp;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  for (PathRole role : {PathRole::reverse, PathRole::forward}) {
    auto parsed = parse_path_argument(text, role);
    if (!parsed) continue;
    std::string written = path_text(parsed->path);
    PH_CHECK(written.find_first_of(std::string_view("\r\n\0", 3)) == std::string::npos);
    PH_CHECK(written.find('>') == written.size() - 1 && written.rfind('<') == 0);
    auto again = parse_path_argument(written, role);
    PH_CHECK(again.has_value() && path_text(again->path) == written);
    (void)read_mail_parameters(parsed->parameters, {.smtputf8 = true, .auth = true});
  }
  auto decoded = xtext_decode(text);
  if (decoded) PH_CHECK(*xtext_decode(xtext_encode(*decoded)) == *decoded);
  return 0;
}
