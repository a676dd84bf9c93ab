#include "store/segment_format.h"

#include <fmt/format.h>

#include "base/limits.h"
#include "store/crc32c.h"

namespace ph::store {
namespace {

constexpr std::string_view kMagic = "PHSEG001";
constexpr uint32_t kRecordMagic = 0x4345'5250;  // "PREC"

template <class T>
void put(std::string& out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) out += static_cast<char>(value >> (8 * i) & 0xff);
}

template <class T>
T get(std::string_view bytes, size_t at) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i)
    value |= static_cast<T>(static_cast<T>(static_cast<uint8_t>(bytes[at + i])) << (8 * i));
  return value;
}

// Bound to its place, so that a record of another file or offset is not taken for this one.
uint32_t place_crc(RecordAt at, std::string_view first_twelve) {
  std::string bound(first_twelve);
  put<uint64_t>(bound, static_cast<uint64_t>(at.segment));
  put<uint64_t>(bound, at.offset);
  return crc32c(bound);
}

std::unexpected<Error> damaged(RecordAt at, std::string_view what) {
  return fail(Errc::corrupt,
              fmt::format("content segment {} is damaged at offset {}: {}", at.segment, at.offset,
                          what));
}

Result<uint64_t> check_record(File& file, RecordAt at, uint64_t most) {
  std::string head = TRY(file.read_at(at.offset, kRecordHeader));
  RecordHeader header = TRY(decode_record_header(at, head));
  if (at.offset + kRecordHeader + header.length > most)
    return damaged(at, "the record is longer than what was committed");
  TRY(read_record(file, at, header.length));
  return header.length;
}

}  // namespace

std::string encode_segment_header(int64_t segment) {
  std::string out(kMagic);
  put<uint64_t>(out, static_cast<uint64_t>(segment));
  put<uint32_t>(out, crc32c(out));
  put<uint32_t>(out, 0);
  return out;
}

Result<> check_segment_header(int64_t segment, std::string_view bytes) {
  if (bytes != encode_segment_header(segment))
    return damaged({segment, 0}, "the file header is not this segment's");
  return {};
}

void append_record(std::string& out, RecordAt at, std::string_view bytes) {
  std::string head;
  put<uint32_t>(head, kRecordMagic);
  put<uint32_t>(head, static_cast<uint32_t>(bytes.size()));
  put<uint32_t>(head, crc32c(bytes));
  put<uint32_t>(head, place_crc(at, head));
  out += head;
  out += bytes;
}

Result<RecordHeader> decode_record_header(RecordAt at, std::string_view bytes) {
  if (bytes.size() < kRecordHeader) return damaged(at, "the file ends inside a record header");
  if (get<uint32_t>(bytes, 0) != kRecordMagic) return damaged(at, "no record begins here");
  if (get<uint32_t>(bytes, 12) != place_crc(at, bytes.substr(0, 12)))
    return damaged(at, "the record header fails its checksum");
  return RecordHeader{get<uint32_t>(bytes, 4), get<uint32_t>(bytes, 8)};
}

Result<std::string> read_record(File& file, RecordAt at, uint64_t length) {
  if (length > limits::kMessageBytes) return damaged(at, "longer than any content may be");
  std::string bytes = TRY(file.read_at(at.offset, kRecordHeader + length));
  RecordHeader header = TRY(decode_record_header(at, bytes));
  if (header.length != length)
    return damaged(at, "the record has another length than its row says");
  if (bytes.size() != kRecordHeader + length) return damaged(at, "the file ends inside a record");
  bytes.erase(0, kRecordHeader);
  if (crc32c(bytes) != header.crc) return damaged(at, "the content fails its checksum");
  return bytes;
}

Result<SegmentScan> scan_segment(File& file, int64_t segment, uint64_t committed,
                                 const SeeRecord& see) {
  TRY(check_segment_header(segment, TRY(file.read_at(0, kSegmentHeader))));
  if (committed < kSegmentHeader)
    return damaged({segment, committed}, "its row ends before the file header does");
  SegmentScan out;
  while (out.end < committed) {
    uint64_t length = TRY(check_record(file, {segment, out.end}, committed));
    if (see) see(out.end, length);
    out.end += kRecordHeader + length;
    ++out.records;
  }
  // What follows was never acknowledged; only its size is of interest.
  uint64_t at = out.end;
  uint64_t size = TRY(file.size());
  while (at < size) {
    auto length = check_record(file, {segment, at}, size);
    if (!length) break;
    at += kRecordHeader + *length;
  }
  bool torn = at < size && TRY(file.read_at(at, kRecordHeader)).find_first_not_of('\0') !=
                               std::string::npos;
  out.dropped = at - out.end + (torn ? 1 : 0);
  return out;
}

}  // namespace ph::store
