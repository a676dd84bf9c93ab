// Parts lie inside their parents; making a message 7-bit keeps every decoded content.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/limits.h"
#include "mime/dsn.h"
#include "mime/parse.h"
#include "mime/reencode.h"

using namespace ph::mime;

namespace {

void check_inside(const Part& part) {
  const char* at = part.body.data();
  for (const Part& inner : part.parts) {
    PH_CHECK(inner.header.data() >= at);
    PH_CHECK(inner.body.data() >= inner.header.data() + inner.header.size());
    at = inner.body.data() + inner.body.size();
    check_inside(inner);
  }
  PH_CHECK(at <= part.body.data() + part.body.size());
}

void check_same(const PartSummary& a, const PartSummary& b) {
  PH_CHECK(a.parts.size() == b.parts.size() && a.sha256 == b.sha256 && a.type == b.type);
  for (size_t i = 0; i < a.parts.size(); ++i) check_same(a.parts[i], b.parts[i]);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  auto report = parse_delivery_report(text);
  PH_CHECK(!report || report->recipients.size() <= ph::limits::kDsnRecipients);
  auto tree = parse_mime(text);
  if (!tree) return 0;
  PH_CHECK(tree->count <= ph::limits::kMimeParts);
  check_inside(tree->root);
  PartSummary before = summarize(tree->root);
  auto safe = make_seven_bit(text);
  auto ascii = make_seven_bit(text, RawUtf8::encode);
  PH_CHECK(safe.has_value() == ascii.has_value());
  PH_CHECK(!ascii || safe->needs_smtputf8 || !ascii->needs_smtputf8);
  if (!safe || !safe->changed) return 0;
  auto again = parse_mime(safe->bytes);
  if (!again) return 0;  // a header that a label made longer than its bound
  check_same(before, summarize(again->root));
  return 0;
}
