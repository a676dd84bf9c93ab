// DKIM-Signature fields, tag lists and key records of strangers.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "mailauth/dkim_key_record.h"
#include "mailauth/dkim_signature.h"
#include "mailauth/dkim_tags.h"

using namespace ph;
using namespace ph::mailauth;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string text(reinterpret_cast<const char*>(data), size);
  if (auto tags = DkimTags::parse(text)) {
    // What was read can be written and read again.
    std::string again;
    for (const DkimTag& tag : tags->all())
      again.append(tag.name).append("=").append(tag.value).append(";");
    auto second = DkimTags::parse(again);
    PH_CHECK(second.has_value() && second->all().size() == tags->all().size());
  }
  if (auto record = parse_dkim_key_record(text); record && record->key) {
    auto again = parse_dkim_key_record(print_dkim_key_record(*record->key));
    PH_CHECK(again.has_value() && same_dkim_key(*again, *record->key));
  }
  std::string field = "DKIM-Signature:" + text;
  DkimSignature signature = parse_dkim_signature({"DKIM-Signature", field});
  PH_CHECK(signature.problem.has_value() || !signature.domain.empty());
  std::string out;
  append_signature_field(out, Canonical::relaxed, field);
  append_signature_field(out, Canonical::simple, field);
  return 0;
}
