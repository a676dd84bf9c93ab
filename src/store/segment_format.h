// Purpose: the bytes of a content segment: pure encoding, decoding and recovery.
// Shapes: little-endian. File: header of kSegmentHeader octets (magic "PHSEG001", number u64, CRC
//   of the 16 before u32, zero u32), then records without gaps: header of kRecordHeader octets
//   (magic u32, length u32, CRC-32C of the bytes u32, CRC-32C of the 12 before with number and
//   offset u32), then `length` octets. A preallocated file is zero after the last record.
// Errors: corrupt, with file number and offset.
// Threads: pure.
// Not here: which records are wanted (rows know), writing (segments.cpp).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/files.h"
#include "base/result.h"

namespace ph::store {

inline constexpr size_t kSegmentHeader = 24;
inline constexpr size_t kRecordHeader = 16;

struct RecordAt {
  int64_t segment = 0;
  uint64_t offset = 0;  // of the record's header
};

std::string encode_segment_header(int64_t segment);
Result<> check_segment_header(int64_t segment, std::string_view bytes);

void append_record(std::string& out, RecordAt at, std::string_view bytes);

struct RecordHeader {
  uint32_t length = 0;
  uint32_t crc = 0;
};
Result<RecordHeader> decode_record_header(RecordAt at, std::string_view bytes);

// One whole record of which the row says the length.
Result<std::string> read_record(File& file, RecordAt at, uint64_t length);

// Walks the records from the beginning. `committed` is where the last commit ended: every record
// before it must be whole (else corrupt), anything after it was never acknowledged. Gives where
// the last whole record before or at `committed` ends, which is `committed`.
struct SegmentScan {
  uint64_t end = kSegmentHeader;  // of the committed records
  uint64_t records = 0;           // committed
  uint64_t dropped = 0;           // octets of whole or torn records after `end`
};
using SeeRecord = std::function<void(uint64_t offset, uint64_t length)>;
Result<SegmentScan> scan_segment(File& file, int64_t segment, uint64_t committed,
                                 const SeeRecord& see = {});

}  // namespace ph::store
