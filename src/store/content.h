// Purpose: message content apart from rows, behind one face: segment files beside SQLite, a table
//   in PostgreSQL.
// Shapes: ContentRef is what a row keeps (columns content_segment, content_offset, content_length).
//   SQLite: segment number from 1, offset of the record in its file. PostgreSQL: segment 0, offset
//   is the id of the row in `content`. length 0 with segment 0 and offset 0: no content.
// Errors: limit (less than kDiskReserve free, or over kMessageBytes), corrupt (checksum), io (final
//   for the store), not_found.
// Threads: writing only the store's writer; read() any.
// Not here: which rows keep a reference, compaction (compaction.h).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/files.h"
#include "base/id_source.h"
#include "base/result.h"
#include "sql/connection.h"

namespace ph::store {

struct ContentRef {
  int64_t segment = 0;
  int64_t offset = 0;
  int64_t length = 0;  // octets
  auto operator<=>(const ContentRef&) const = default;
};

struct SparseSegment {
  int64_t id = 0;
  int64_t live = 0;   // records that rows want
  WallTime first_at;  // when the oldest and the newest of them came; 0: unknown
  WallTime last_at;
};

class ContentStore {
 public:
  virtual ~ContentStore() = default;

  // Inside the writer's transaction. What put() took is durable once flush() and the commit that
  // follows it have succeeded.
  virtual Result<ContentRef> put(sql::Connection& connection, std::string_view bytes) = 0;
  virtual Result<> release(sql::Connection& connection, const ContentRef& ref) = 0;
  // Puts the same bytes anew and releases them where they were; that place still reads the same as
  // long as the store is open. The caller gives the new reference to every row.
  virtual Result<ContentRef> move(sql::Connection& connection, const ContentRef& from) = 0;
  // Around one job of a group.
  virtual void mark() = 0;
  virtual void undo_to_mark() = 0;
  // Before the commit: bytes to the device, and the account of them into rows. io is final.
  virtual Result<> flush(sql::Connection& connection) = 0;
  virtual void committed() = 0;    // removes segments in which nothing is wanted
  virtual void rolled_back() = 0;  // forgets everything since the last commit
  virtual uint64_t pending_bytes() const = 0;
  // Whether a small mail would find room; on any thread.
  virtual bool has_room() = 0;

  virtual Result<std::string> read(sql::Connection& connection, const ContentRef& ref) = 0;
  // Full segments in which little is wanted; a table has none.
  virtual Result<std::vector<SparseSegment>> sparse(sql::Connection&) {
    return std::vector<SparseSegment>();
  }
  // Every record that rows count on and the store has not, and the other way round, as sentences.
  virtual Result<std::vector<std::string>> check(sql::Connection& connection,
                                                 std::span<const ContentRef> wanted) = 0;
};

struct SegmentOptions {
  std::string directory;  // DIR/segments
  Files& files;
  Clock& clock;
  uint64_t segment_bytes;
  uint64_t disk_reserve;  // free octets below which put() refuses
};

// Recovers the last segment: an unfinished tail is dropped, damage before it is Errc::corrupt.
Result<std::unique_ptr<ContentStore>> open_segments(SegmentOptions options,
                                                    sql::Connection& connection);
std::unique_ptr<ContentStore> table_content(IdSource& ids);

}  // namespace ph::store
