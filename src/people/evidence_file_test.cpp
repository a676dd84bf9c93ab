#include "people/evidence_file.h"

#include <doctest/doctest.h>

#include "base/limits.h"
#include "base/text.h"
#include "people/evidence_sample_test.h"

namespace ph {
namespace {

using namespace ph::people;
using people_test::jpeg;
using people_test::pdf;
using people_test::png;

std::string judged(const std::string& bytes) {
  auto file = inspect_evidence(bytes);
  if (!file) return file.error().code == Errc::limit ? "limit" : "invalid";
  return std::string(media_type(file->type));
}

}  // namespace

TEST_CASE("a document and the two kinds of picture are known by their bytes") {
  CHECK(judged(pdf()) == "application/pdf");
  CHECK(judged(jpeg()) == "image/jpeg");
  CHECK(judged(png()) == "image/png");
  auto picture = inspect_evidence(png(640, 480));
  REQUIRE(picture);
  CHECK(picture->width == 640);
  CHECK(picture->height == 480);
  picture = inspect_evidence(jpeg(640, 480));
  REQUIRE(picture);
  CHECK(picture->width == 640);
  CHECK(picture->height == 480);
}

TEST_CASE("what is none of the three, or only begins like one, is refused") {
  const std::string kBad[] = {
      "",
      "%",
      "%PDF-",
      "%PDF-1.7\n no end",
      "%PDF-1.7\n%%EOF" + std::string(2000, ' '),
      " %PDF-1.7\n%%EOF",
      "\x89PNG\r\n\x1a\n",
      "\x89PNG\n\x1a\n" + png().substr(8),
      png().substr(0, 40),
      png().substr(0, png().size() - 12),
      png(0, 10),
      png(10, 0),
      std::string("\xff\xd8\xff", 3),
      std::string("\xff\xd8\xff\xe0", 4),
      std::string("\xff\xd8\xff\xe0\0\0", 6),
      std::string("\xff\xd8\xff\xe0\0\1", 6),
      std::string("\xff\xd8\xff\xd9\0\2", 6),
      jpeg().substr(0, 10),
      jpeg(0, 10),
      "<svg xmlns='http://www.w3.org/2000/svg'/>",
      "<!doctype html><script>alert(1)</script>",
      "GIF89a",
      "PK\x03\x04",
      "MZ",
      "\x7f" "ELF",
      std::string(5u << 20, '\xff'),
      "\xff\xd8" + std::string(100'000, '\xff'),
  };
  for (const std::string& bytes : kBad) {
    CAPTURE(bytes.substr(0, 40));
    CHECK(judged(bytes) == "invalid");
  }
}

TEST_CASE("a picture that would fill the reader's memory is refused") {
  CHECK(judged(png(100'000, 100'000)) == "limit");
  CHECK(judged(png(0xffffffff, 0xffffffff)) == "limit");
  CHECK(judged(jpeg(65'535, 65'535)) == "limit");
  CHECK(judged(png(10'000, 10'000)) == "image/png");
}

TEST_CASE("every shorter beginning of a good file is judged without reading past its end") {
  for (const std::string& whole : {pdf(), jpeg(), png()})
    for (size_t size = 0; size < whole.size(); ++size) {
      // A copy of its own, so that a read past its end is found.
      std::string part = whole.substr(0, size);
      part.shrink_to_fit();
      inspect_evidence(part);
    }
}

TEST_CASE("a file keeps its name, as far as a name goes") {
  struct Case {
    std::string given;
    EvidenceType type;
    std::string kept;
  };
  const Case kCases[] = {
      {"passport.pdf", EvidenceType::pdf, "passport.pdf"},
      {"Passport.PDF", EvidenceType::pdf, "Passport.PDF"},
      {"营业执照.png", EvidenceType::png, "营业执照.png"},
      {"photo.jpeg", EvidenceType::jpeg, "photo.jpeg"},
      {"photo", EvidenceType::jpeg, "photo.jpg"},
      {"setup.exe", EvidenceType::pdf, "setup.exe.pdf"},
      {"a.pdf", EvidenceType::png, "a.pdf.png"},
      {"", EvidenceType::pdf, "evidence.pdf"},
      {"../../etc/passwd", EvidenceType::pdf, "passwd.pdf"},
      {"C:\\scans\\id.png", EvidenceType::png, "id.png"},
      {"/", EvidenceType::png, "evidence.png"},
      {"..", EvidenceType::png, "evidence.png"},
      {".pdf", EvidenceType::pdf, "pdf.pdf"},
      {"a\"; x=\"b.pdf", EvidenceType::pdf, "a x=b.pdf"},
      {"a\r\nSet-Cookie: x", EvidenceType::pdf, "evidence.pdf"},
      {"\xff\xfe.pdf", EvidenceType::pdf, "evidence.pdf"},
      {std::string("a\0b.pdf", 7), EvidenceType::pdf, "evidence.pdf"},
      {std::string(300, 'a') + ".pdf", EvidenceType::pdf, std::string(251, 'a') + ".pdf"},
  };
  for (const Case& one : kCases) {
    CAPTURE(one.given);
    CHECK(evidence_filename(one.given, one.type) == one.kept);
  }
  std::string chinese;
  for (int i = 0; i < 200; ++i) chinese += "证";
  std::string kept = evidence_filename(chinese, EvidenceType::pdf);
  CHECK(kept.size() <= limits::kFilename);
  CHECK(is_utf8(kept));
}

}  // namespace ph
