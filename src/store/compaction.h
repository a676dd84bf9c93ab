// Purpose: gives back the room of segments in which little is wanted: what is, moves to the segment
//   that is being filled, and the file goes.
// Shapes: which rows want a segment's contents is found by their ids, which tell their time; each
//   content has one row. A slice moves at most kCompactBytes and kCompactRows in one transaction:
//   content first, durable, then rows. A crash between leaves the old place in use.
// Errors: of the store; corrupt where content cannot be read: the segment stays as it is.
// Threads: sparse, places: any with a connection; move: the writer's job.
// Not here: when it happens (core/housekeeping.h), the files (segments.h).
#pragma once

#include <span>
#include <vector>

#include "sql/connection.h"
#include "store/content.h"

namespace ph::store {

class Tx;

// A row that wants content.
struct ContentPlace {
  size_t table = 0;
  int64_t id = 0;
  ContentRef content;
};

// The tables that hold content, by number.
size_t content_tables();
const char* content_table(size_t table);

struct PlaceQuery {
  size_t table = 0;
  int64_t segment = 0;
  int64_t after = INT64_MIN;  // ids
  int64_t until = INT64_MAX;
};
struct PlacePage {
  std::vector<ContentPlace> places;
  int64_t last = INT64_MIN;  // where the next page begins
  bool more = false;
};
// Looks at kCompactRows rows of the table, in the order of their ids.
Result<PlacePage> places_in_segment_for_operator(sql::Connection& connection,
                                                 const PlaceQuery& query);

// Between which ids the rows are that want the contents of a segment.
struct IdRange {
  int64_t after = INT64_MIN;
  int64_t until = INT64_MAX;
};
IdRange ids_of(const SparseSegment& segment);

// The first places of `places` that one slice may move; at least one.
std::span<const ContentPlace> one_slice(std::span<const ContentPlace> places);
// Gives how many moved: rows that went, or that want something else now, stay as they are.
Result<int64_t> move_contents_for_operator(Tx& tx, std::span<const ContentPlace> places);

}  // namespace ph::store
