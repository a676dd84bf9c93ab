// Recovery of a content segment from arbitrary bytes: whatever a disk gives back, the scan ends,
// and what it calls whole can be read.
#include <cstdint>
#include <string>

#include "base/check.h"
#include "store/segment_format.h"

namespace {

struct MemoryFile : ph::File {
  explicit MemoryFile(std::string b) : bytes(std::move(b)) {}
  ph::Result<> write_at(uint64_t, std::string_view) override { return {}; }
  ph::Result<std::string> read_at(uint64_t offset, size_t size) override {
    return offset >= bytes.size() ? std::string() : bytes.substr(offset, size);
  }
  ph::Result<uint64_t> size() override { return bytes.size(); }
  ph::Result<> preallocate(uint64_t) override { return {}; }
  ph::Result<> truncate(uint64_t) override { return {}; }
  ph::Result<> sync() override { return {}; }
  std::string bytes;
};

}  // namespace

// Input: two octets say how much of it is committed and whether the file header is made whole.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 3) return 0;
  std::string bytes(reinterpret_cast<const char*>(data + 3), size - 3);
  if ((data[2] & 1) != 0) bytes = ph::store::encode_segment_header(1) + bytes;
  // Records with right checksums from the input's pieces, so that the walk gets past the first.
  if ((data[2] & 2) != 0) ph::store::append_record(bytes, {1, bytes.size()}, bytes.substr(0, 40));
  uint64_t committed = (static_cast<uint64_t>(data[0]) << 8 | data[1]) % (bytes.size() + 64);
  if ((data[2] & 4) != 0) committed = bytes.size();
  MemoryFile file(bytes);
  uint64_t next = ph::store::kSegmentHeader;
  auto scan = ph::store::scan_segment(file, 1, committed, [&](uint64_t offset, uint64_t length) {
    PH_CHECK(offset == next);
    PH_CHECK(ph::store::read_record(file, {1, offset}, length).has_value());
    next = offset + ph::store::kRecordHeader + length;
  });
  if (scan) PH_CHECK(scan->end == next && scan->end == committed);
  return 0;
}
