#include "base/id_source.h"

#include <algorithm>

#include "base/encoding.h"

namespace ph {
namespace {
constexpr int64_t kEpochMillis = 1577836800000;  // 2020-01-01T00:00:00Z
constexpr int kSequenceBits = 12;
constexpr int kNodeBits = 10;
constexpr size_t kExternalLength = 13;
}  // namespace

int64_t IdSource::next() {
  int64_t now = (clock_.wall().millis() - kEpochMillis) << kSequenceBits;
  int64_t last = last_.load(std::memory_order_relaxed);
  int64_t mine = 0;
  do {
    mine = now > last ? now : last + 1;
  } while (!last_.compare_exchange_weak(last, mine, std::memory_order_relaxed));
  int64_t millis = mine >> kSequenceBits;
  int64_t sequence = mine & ((1 << kSequenceBits) - 1);
  return (millis << (kSequenceBits + kNodeBits)) | (int64_t{node_} << kSequenceBits) | sequence;
}

void IdSource::start_after(int64_t id) {
  int64_t sequences = (int64_t{1} << kSequenceBits) - 1;
  int64_t least = (id >> (kSequenceBits + kNodeBits)) << kSequenceBits | sequences;
  int64_t last = last_.load();
  while (last < least && !last_.compare_exchange_weak(last, least)) {
  }
}

std::string format_id(int64_t id) {
  std::string bytes(8, '\0');
  for (int i = 0; i < 8; ++i) bytes[static_cast<size_t>(i)] = static_cast<char>(id >> (56 - 8 * i));
  return base32_encode(bytes);
}

Result<int64_t> parse_id(std::string_view text) {
  auto bytes = text.size() == kExternalLength ? base32_decode(text) : fail(Errc::invalid, "");
  if (!bytes || bytes->size() != 8) return fail(Errc::invalid, "not an id of this service");
  uint64_t id = 0;
  for (char c : *bytes) id = (id << 8) | static_cast<uint8_t>(c);
  if (id == 0 || (id >> 63) != 0 || format_id(static_cast<int64_t>(id)) != text)
    return fail(Errc::invalid, "not an id of this service");
  return static_cast<int64_t>(id);
}

WallTime id_time(int64_t id) {
  return WallTime::from_millis((id >> (kSequenceBits + kNodeBits)) + kEpochMillis);
}

int64_t id_node(int64_t id) {
  return (id >> kSequenceBits) & ((1 << kNodeBits) - 1);
}

int64_t id_floor(WallTime t) {
  // 41 bits of milliseconds: until 2089.
  int64_t millis = std::clamp<int64_t>(t.millis() - kEpochMillis, 0, (int64_t{1} << 41) - 1);
  return millis << (kSequenceBits + kNodeBits);
}

}  // namespace ph
