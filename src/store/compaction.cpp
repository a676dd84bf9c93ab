#include "store/compaction.h"

#include <fmt/format.h>

#include <array>

#include "base/id_source.h"
#include "base/limits.h"
#include "store/rows.h"
#include "store/store.h"

namespace ph::store {
namespace {

constexpr std::array kTables = {"message",  "inbox",      "inbound",
                              "bulk_job", "bulk_chunk", "evidence"};

// An id is made some time before its content is put, and clocks are set.
constexpr Duration kIdsOff = std::chrono::hours(2);

}  // namespace

size_t content_tables() { return kTables.size(); }
const char* content_table(size_t table) { return kTables.at(table); }

IdRange ids_of(const SparseSegment& segment) {
  IdRange out;
  if (segment.first_at.micros > 0) out.after = id_floor(segment.first_at - kIdsOff);
  if (segment.last_at.micros > 0) out.until = id_floor(segment.last_at + kIdsOff);
  return out;
}

Result<PlacePage> places_in_segment_for_operator(sql::Connection& connection,
                                                 const PlaceQuery& query) {
  // The table is one of the constants above.
  sql::Rows rows = TRY(connection.query(
      fmt::format("SELECT id, content_segment, content_offset, content_length FROM {}"
                  " WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3",
                  content_table(query.table)),
      {query.after, query.until, limits::kCompactRows}));
  PlacePage out;
  out.more = rows.size() == limits::kCompactRows;
  for (sql::Row row : rows) {
    out.last = row.integer(0);
    ContentRef content{row.integer(1), row.integer(2), row.integer(3)};
    if (content.segment == query.segment) out.places.push_back({query.table, out.last, content});
  }
  return out;
}

std::span<const ContentPlace> one_slice(std::span<const ContentPlace> places) {
  size_t count = 0;
  uint64_t bytes = 0;
  while (count < std::min(places.size(), limits::kCompactRows)) {
    bytes += static_cast<uint64_t>(places[count].content.length);
    if (count > 0 && bytes > limits::kCompactBytes) break;
    ++count;
  }
  return places.first(count);
}

Result<int64_t> move_contents_for_operator(Tx& tx, std::span<const ContentPlace> places) {
  int64_t moved = 0;
  for (const ContentPlace& place : places) {
    const ContentRef& from = place.content;
    const char* table = content_table(place.table);
    sql::Params same{place.id, from.segment, from.offset};
    sql::Rows still = TRY(tx.sql().query(
        fmt::format("SELECT 1 FROM {} WHERE id = $1 AND content_segment = $2"
                    " AND content_offset = $3",
                    table),
        same));
    if (still.empty()) continue;
    ContentRef to = TRY(tx.move_content(from));
    TRY(tx.sql().exec(fmt::format("UPDATE {} SET content_segment = $4, content_offset = $5"
                                  " WHERE id = $1 AND content_segment = $2"
                                  " AND content_offset = $3",
                                  table),
                      {place.id, from.segment, from.offset, to.segment, to.offset}));
    ++moved;
  }
  return moved;
}

}  // namespace ph::store
