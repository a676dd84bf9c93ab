// A file that a stranger uploads as evidence, and the name he gives it: what is taken has the
// beginning of its kind and a size that can be shown, and its name is one that every system takes.
#include <cstdint>

#include "base/check.h"
#include "base/limits.h"
#include "base/text.h"
#include "people/evidence_file.h"

using namespace ph;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto file = people::inspect_evidence(bytes);
  if (file) {
    bool picture = file->type != people::EvidenceType::pdf;
    PH_CHECK(picture == (file->width > 0 && file->height > 0));
    PH_CHECK(uint64_t{file->width} * file->height <= people::kEvidencePixels);
    PH_CHECK(bytes.starts_with("%PDF-") == !picture);
  }
  for (auto type : {people::EvidenceType::pdf, people::EvidenceType::jpeg,
                    people::EvidenceType::png}) {
    std::string name = people::evidence_filename(bytes, type);
    PH_CHECK(!name.empty() && name.size() <= limits::kFilename);
    PH_CHECK(is_utf8(name) && !has_control(name));
    PH_CHECK(name.find_first_of("/\\\"") == std::string::npos && !name.starts_with('.'));
    // What is kept is kept as it is.
    PH_CHECK(people::evidence_filename(name, type) == name);
  }
  return 0;
}
