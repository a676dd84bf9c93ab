// Purpose: what a file is that a stranger uploads as evidence: a PDF document, or a JPEG or PNG
//   picture, judged by its bytes.
// Shapes: pictures have their width and height in pixels; a document has 0.
// Errors: invalid (none of the three, or broken off), limit (more pixels than kEvidencePixels: it
//   would fill the memory of who opens it).
// Spec: ISO 32000-1 §7.5 (header and trailer), ITU-T T.81 Annex B, PNG (W3C) §5.
// Threads: pure.
// Not here: what the file shows: a person looks at that.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ph::people {

enum class EvidenceType : uint8_t { pdf, jpeg, png };
std::string_view media_type(EvidenceType type);       // "application/pdf"
std::string_view file_ending(EvidenceType type);      // ".pdf"

struct EvidenceFile {
  EvidenceType type = EvidenceType::pdf;
  uint32_t width = 0;
  uint32_t height = 0;
};

inline constexpr uint64_t kEvidencePixels = 100'000'000;  // a page at 1,000 dots an inch

Result<EvidenceFile> inspect_evidence(std::string_view bytes);

// A stranger's name of a file as it is kept: its last part, without control characters and what
// other systems forbid, at most kFilename octets, with the ending of its type.
std::string evidence_filename(std::string_view given, EvidenceType type);

}  // namespace ph::people
