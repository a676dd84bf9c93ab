#include "people/evidence_file.h"

#include "base/limits.h"
#include "base/text.h"

namespace ph::people {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kPng = "\x89PNG\r\n\x1a\n"sv;
constexpr std::string_view kJpeg = "\xff\xd8\xff"sv;
constexpr std::string_view kPdf = "%PDF-"sv;
constexpr std::string_view kPdfEnd = "%%EOF"sv;
constexpr size_t kPdfTail = 1024;  // readers look for the end so far back
constexpr size_t kPngChunkFrame = 12;  // length, type, checksum
constexpr size_t kPngHeader = 13;      // octets of IHDR

uint32_t number_at(std::string_view bytes, size_t at, size_t size) {
  uint32_t out = 0;
  for (size_t i = 0; i < size; ++i) out = (out << 8) | static_cast<uint8_t>(bytes[at + i]);
  return out;
}

Result<EvidenceFile> picture(EvidenceType type, uint32_t width, uint32_t height) {
  if (width == 0 || height == 0) return fail(Errc::invalid, "The picture has no size.");
  if (uint64_t{width} * height > kEvidencePixels)
    return fail(Errc::limit, "The picture has too many pixels.");
  return EvidenceFile{.type = type, .width = width, .height = height};
}

// PNG §5: a signature, and chunks of which IHDR is the first and IEND the last.
Result<EvidenceFile> inspect_png(std::string_view bytes) {
  EvidenceFile out;
  for (size_t at = kPng.size(), count = 0;; ++count) {
    if (bytes.size() - at < kPngChunkFrame) break;
    size_t length = number_at(bytes, at, 4);
    std::string_view type = bytes.substr(at + 4, 4);
    if (length > bytes.size() - at - kPngChunkFrame) break;
    if ((count == 0) != (type == "IHDR")) break;
    if (count == 0) {
      if (length != kPngHeader) break;
      out = TRY(picture(EvidenceType::png, number_at(bytes, at + 8, 4),
                        number_at(bytes, at + 12, 4)));
    }
    if (type == "IEND") return out;
    at += kPngChunkFrame + length;
  }
  return fail(Errc::invalid, "The PNG picture is broken.");
}

// T.81 B.1.1.3: the markers that begin a frame. C4, C8 and CC are others.
bool begins_frame(uint8_t marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

// T.81 B.2: segments up to the first scan, of which one begins the frame and has its size.
Result<EvidenceFile> inspect_jpeg(std::string_view bytes) {
  constexpr uint8_t kFill = 0xff, kScan = 0xda, kEnd = 0xd9;
  EvidenceFile out;
  size_t at = 2;
  while (bytes.size() - at >= 4 && static_cast<uint8_t>(bytes[at]) == kFill) {
    auto marker = static_cast<uint8_t>(bytes[at + 1]);
    if (marker == kFill) {
      ++at;
      continue;
    }
    size_t length = number_at(bytes, at + 2, 2);
    if (marker == kEnd || length < 2 || length > bytes.size() - at - 2) break;
    if (marker == kScan && out.width != 0) return out;
    if (begins_frame(marker)) {
      if (length < 8) break;
      out = TRY(picture(EvidenceType::jpeg, number_at(bytes, at + 7, 2),
                        number_at(bytes, at + 5, 2)));
    }
    at += 2 + length;
  }
  return fail(Errc::invalid, "The JPEG picture is broken.");
}

Result<EvidenceFile> inspect_pdf(std::string_view bytes) {
  std::string_view tail = bytes.substr(bytes.size() - std::min(bytes.size(), kPdfTail));
  if (tail.find(kPdfEnd) == std::string_view::npos)
    return fail(Errc::invalid, "The PDF document is broken off.");
  return EvidenceFile{.type = EvidenceType::pdf};
}

bool ends_as(std::string_view name, EvidenceType type) {
  std::string small = lower(name);
  return small.ends_with(file_ending(type)) ||
         (type == EvidenceType::jpeg && small.ends_with(".jpeg"));
}

// What no system takes in a name, or reads as something else.
bool is_odd(char c) {
  return std::string_view("\"*:<>?|%;").contains(c);
}

// At most so many octets, and no code point cut in two.
std::string_view cut(std::string_view text, size_t most) {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<uint8_t>(text[most]) & 0xc0) == 0x80) --most;
  return text.substr(0, most);
}

}  // namespace

std::string_view media_type(EvidenceType type) {
  constexpr std::string_view kTypes[] = {"application/pdf", "image/jpeg", "image/png"};
  return kTypes[static_cast<size_t>(type)];
}

std::string_view file_ending(EvidenceType type) {
  constexpr std::string_view kEndings[] = {".pdf", ".jpg", ".png"};
  return kEndings[static_cast<size_t>(type)];
}

Result<EvidenceFile> inspect_evidence(std::string_view bytes) {
  if (bytes.starts_with(kPng)) return inspect_png(bytes);
  if (bytes.starts_with(kJpeg)) return inspect_jpeg(bytes);
  if (bytes.starts_with(kPdf)) return inspect_pdf(bytes);
  return fail(Errc::invalid, "The file is no PDF document and no JPEG or PNG picture.");
}

std::string evidence_filename(std::string_view given, EvidenceType type) {
  if (!is_utf8(given) || has_control(given)) given = "";
  size_t slash = given.find_last_of("/\\");
  if (slash != std::string_view::npos) given.remove_prefix(slash + 1);
  std::string name;
  for (char c : given)
    if (!is_odd(c)) name += c;
  std::string_view kept = trim(name);
  while (kept.starts_with('.') || kept.starts_with(' ')) kept.remove_prefix(1);
  if (kept.empty()) kept = "evidence";
  if (ends_as(kept, type) && kept.size() <= limits::kFilename) return std::string(kept);
  std::string_view ending = file_ending(type);
  return std::string(cut(kept, limits::kFilename - ending.size())) + std::string(ending);
}

}  // namespace ph::people
