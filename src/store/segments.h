// Purpose: content in append-only segment files, for SQLite.
// Shapes: NNNNNNNN.seg in one directory, preallocated, one active; a row `segment` for each with
//   its committed end, how many records in it are wanted, and when they came (first_at 0: unknown).
//   A segment that is not active and in which nothing is wanted is removed. Where a record was
//   before it moved is remembered while the store is open: who read its row before reads on.
// Errors: as ContentStore.
// Threads: as ContentStore.
// Not here: the bytes (segment_format.h).
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "store/content.h"
#include "store/segment_format.h"

namespace ph::store {

class Segments : public ContentStore {
 public:
  explicit Segments(SegmentOptions options) : options_(std::move(options)) {}
  Result<> recover(sql::Connection& connection);

  Result<ContentRef> put(sql::Connection& connection, std::string_view bytes) override;
  Result<> release(sql::Connection& connection, const ContentRef& ref) override;
  Result<ContentRef> move(sql::Connection& connection, const ContentRef& from) override;
  void mark() override;
  void undo_to_mark() override;
  Result<> flush(sql::Connection& connection) override;
  void committed() override;
  void rolled_back() override;
  uint64_t pending_bytes() const override { return pending_bytes_; }
  bool has_room() override;
  Result<std::string> read(sql::Connection& connection, const ContentRef& ref) override;
  Result<std::vector<SparseSegment>> sparse(sql::Connection& connection) override;
  Result<std::vector<std::string>> check(sql::Connection& connection,
                                         std::span<const ContentRef> wanted) override;

 private:
  // Where the next record goes.
  struct Position {
    int64_t segment = 0;
    uint64_t offset = 0;
  };
  // Records of one segment that wait for flush(), without gaps.
  struct Pending {
    Position start;
    std::string bytes;
  };
  struct Change {
    int64_t segment = 0;
    int64_t records = 0;
    int64_t bytes = 0;
    int64_t first_at = INT64_MAX;  // of what came
    int64_t last_at = 0;
  };
  struct Moved {
    ContentRef from;
    ContentRef to;
  };
  struct SegmentRow {
    int64_t id;
    uint64_t end;
    int64_t live;
  };

  std::string path(int64_t segment) const;
  Result<std::vector<SegmentRow>> rows(sql::Connection& connection);
  Result<> remove_strangers(const std::vector<SegmentRow>& known);
  Result<> create(int64_t segment);
  Result<> reopen_active(const SegmentRow& row);
  Result<std::shared_ptr<File>> file(int64_t segment);
  Result<std::shared_ptr<File>> file_locked(int64_t segment);
  ContentRef now_at(ContentRef ref) const;
  void remember_moved();
  Result<> room_for(size_t bytes);
  Result<> write_pending();
  Result<> write_zeros_ahead(File& file, const Pending& pending);
  Result<> write_accounts(sql::Connection& connection);
  Result<> find_empty(sql::Connection& connection);

  SegmentOptions options_;
  Position end_;            // of what was committed
  Position next_;           // with what is pending
  Position zeroed_;         // zeros were written until here, whatever is pending
  std::vector<Pending> pending_;
  uint64_t pending_bytes_ = 0;
  std::vector<Change> changes_;
  std::vector<Moved> moved_;
  std::optional<uint64_t> free_;  // octets of the disk, asked once a group
  std::vector<int64_t> empty_;  // to be removed once the commit is durable
  // Why a new segment is not surely on the device: final, whatever the job made of the error.
  std::optional<std::string> unsynced_;
  struct Mark {
    Position next;
    size_t pending = 0;
    size_t last_size = 0;
    uint64_t pending_bytes = 0;
    size_t changes = 0;
    size_t moved = 0;
  } mark_;

  std::mutex files_mutex_;  // readers open files too
  std::map<int64_t, std::shared_ptr<File>> files_;
  std::map<std::pair<int64_t, int64_t>, ContentRef> moved_to_;  // by segment and offset
  std::deque<std::pair<int64_t, int64_t>> moved_first_;         // the same, oldest first
};

}  // namespace ph::store
