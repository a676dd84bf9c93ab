// A whole content store opened over a segment of any octets: it says that it is damaged, or it
// gives every committed record unchanged and goes on behind them.
#include <cstdint>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/simulated_disk.h"
#include "store/schema.h"
#include "store/segment_format.h"
#include "store/segments.h"

using namespace ph;
using namespace ph::store;

namespace {

constexpr uint64_t kSegment = 16 << 10;
constexpr const char* kPath = "/d/segments/00000001.seg";

// Rows in memory: they are right, the file is not.
sql::Connection& rows() {
  static auto connection = [] {
    log::set_level(log::Level::error);
    auto made = std::move(*sql::connect({.url = "sqlite::memory:"}));
    PH_CHECK(sql::migrate(*made, schema_migrations(), WallTime{}));
    return made;
  }();
  return *connection;
}

struct Image {
  std::string bytes = encode_segment_header(1);
  std::vector<ContentRef> records;
  void add(std::string_view content) {
    records.push_back({1, static_cast<int64_t>(bytes.size()),
                       static_cast<int64_t>(content.size())});
    append_record(bytes, {1, bytes.size()}, content);
  }
};

std::string content_of(size_t number) { return std::string(20 + number * 30, 'a'); }

// Pieces as in wal_tail_fuzz.cpp, counted from the beginning.
std::string changed(std::string file, std::string_view input) {
  while (input.size() > 3) {
    auto octet = [&](size_t at) { return static_cast<size_t>(static_cast<uint8_t>(input[at])); };
    size_t at = (octet(0) << 8 | octet(1)) % (file.size() + 1);
    size_t length = std::min(octet(2) & 0x7f, input.size() - 3);
    if ((octet(2) & 0x80) != 0) file.resize(at);
    if (file.size() < at + length) file.resize(at + length);
    file.replace(at, length, input.substr(3, length));
    input.remove_prefix(3 + length);
  }
  return file;
}

void go_on(ContentStore& store) {
  store.mark();
  auto more = store.put(rows(), "stored after recovery");
  PH_CHECK(more && store.flush(rows()));
  store.committed();
  auto read = store.read(rows(), *more);
  PH_CHECK(read && *read == "stored after recovery");
}

}  // namespace

// Octet 0: how many of six records were committed.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  Image image;
  size_t committed = 1 + data[0] % 6;
  uint64_t end = 0;
  for (size_t i = 0; i < 6; ++i) {
    image.add(content_of(i));
    if (i + 1 == committed) end = image.bytes.size();
  }
  SimulatedDisk disk(1);
  std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);
  disk.load({{"/d/", ""}, {"/d/segments/", ""}, {kPath, changed(image.bytes, input)}});
  PH_CHECK(rows().exec("DELETE FROM segment"));
  PH_CHECK(rows().exec("INSERT INTO segment (id, end_offset, live, live_bytes)"
                       " VALUES (1, $1, $2, 100)",
                       {end, static_cast<int64_t>(committed)}));
  FakeClock clock;
  SegmentOptions options{"/d/segments", disk, clock, kSegment, limits::kDiskReserve};
  auto store = open_segments(options, rows());
  if (!store) {
    PH_CHECK(store.error().code == Errc::corrupt && !store.error().message.empty());
    return 0;
  }
  for (size_t i = 0; i < committed; ++i) {
    auto read = (*store)->read(rows(), image.records[i]);
    PH_CHECK(read && *read == content_of(i));
  }
  go_on(**store);
  return 0;
}
