#include "store/segments.h"

#include <fmt/format.h>

#include <filesystem>

#include "base/limits.h"
#include "base/log.h"
#include "base/text.h"

namespace ph::store {
namespace {

constexpr std::string_view kSuffix = ".seg";
constexpr size_t kOpenFiles = 64;
// A block that was allocated and never written costs a commit of the file system's journal with
// the sync that follows; one that holds zeros does not. Larger groups gain nothing by it.
constexpr uint64_t kZeroAhead = 1u << 20;
constexpr uint64_t kZeroAheadOfGroup = kZeroAhead / 4;

// The number in a file's name; nothing for files that are none of ours.
std::optional<int64_t> number_of(std::string_view name) {
  if (!name.ends_with(kSuffix)) return std::nullopt;
  return parse_number<int64_t>(name.substr(0, name.size() - kSuffix.size()));
}

}  // namespace

std::string Segments::path(int64_t segment) const {
  return fmt::format("{}/{:08}{}", options_.directory, segment, kSuffix);
}

Result<std::vector<Segments::SegmentRow>> Segments::rows(sql::Connection& connection) {
  std::vector<SegmentRow> out;
  sql::Rows found =
      TRY(connection.query("SELECT id, end_offset, live FROM segment ORDER BY id"));
  for (sql::Row row : found)
    out.push_back({row.integer(0), static_cast<uint64_t>(row.integer(1)), row.integer(2)});
  return out;
}

Result<> Segments::recover(sql::Connection& connection) {
  TRY(options_.files.make_directory(options_.directory));
  // Its own name as well, or a power cut takes all segments with it.
  TRY(options_.files.sync_directory(std::filesystem::path(options_.directory).parent_path()));
  std::vector<SegmentRow> known = TRY(rows(connection));
  TRY(remove_strangers(known));
  if (known.empty()) {
    end_ = next_ = {0, options_.segment_bytes};  // full: the first put() makes segment 1
    return {};
  }
  TRY(reopen_active(known.back()));
  return {};
}

// A file without a row was made for a commit that never happened, or its row went before it did.
Result<> Segments::remove_strangers(const std::vector<SegmentRow>& known) {
  std::set<int64_t> numbers;
  for (const SegmentRow& row : known) numbers.insert(row.id);
  for (const std::string& name : TRY(options_.files.list(options_.directory))) {
    auto number = number_of(name);
    if (!number || numbers.erase(*number) > 0) continue;
    log::info("removing a content segment that nothing refers to", {{"file", name}});
    TRY(options_.files.remove(options_.directory + "/" + name));
  }
  for (int64_t missing : numbers)
    return fail(Errc::corrupt, fmt::format("content segment {} is missing: {}", missing,
                                           path(missing)));
  return {};
}

Result<> Segments::reopen_active(const SegmentRow& row) {
  std::shared_ptr<File> active = TRY(options_.files.open(path(row.id), OpenMode::read_write));
  SegmentScan scan = TRY(scan_segment(*active, row.id, row.end));
  if (scan.dropped > 0) {
    // Cut and made zero again, so that a later scan meets nothing old.
    log::info("dropping content that was never acknowledged",
              {{"segment", row.id}, {"octets", scan.dropped}});
    TRY(active->truncate(scan.end));
    TRY(active->sync());
  }
  if (TRY(active->size()) < options_.segment_bytes) {
    TRY(active->preallocate(options_.segment_bytes));
    TRY(active->sync());
  }
  files_[row.id] = std::move(active);
  end_ = next_ = {row.id, scan.end};
  return {};
}

Result<> Segments::create(int64_t segment) {
  {
    std::lock_guard lock(files_mutex_);
    if (files_.contains(segment)) return {};  // made in a group that was rolled back
  }
  std::shared_ptr<File> made = TRY(options_.files.open(path(segment), OpenMode::create_new));
  auto filled = [&]() -> Result<> {
    TRY(made->preallocate(options_.segment_bytes));
    TRY(made->write_at(0, encode_segment_header(segment)));
    return {};
  }();
  if (!filled) {
    // Most likely the disk is full; the file must not stand in the way of the next try.
    static_cast<void>(options_.files.remove(path(segment)));
    return fail(Errc::limit, "insufficient storage: " + filled.error().message);
  }
  auto synced = made->sync();
  if (synced) synced = options_.files.sync_directory(options_.directory);
  if (!synced) {
    unsynced_ = synced.error().message;
    return synced;
  }
  std::lock_guard lock(files_mutex_);
  files_[segment] = std::move(made);
  return {};
}

Result<> Segments::room_for(size_t bytes) {
  if (bytes > limits::kMessageBytes)
    return fail(Errc::limit, fmt::format("content of more than {} octets", limits::kMessageBytes));
  if (!free_) free_ = TRY(options_.files.free_bytes(options_.directory));
  if (*free_ < options_.disk_reserve + pending_bytes_ + bytes)
    return fail(Errc::limit, "insufficient storage: the disk reserve is reached");
  if (next_.offset + kRecordHeader + bytes > options_.segment_bytes) {
    TRY(create(next_.segment + 1));
    next_ = {next_.segment + 1, kSegmentHeader};
  }
  return {};
}

bool Segments::has_room() {
  auto free = options_.files.free_bytes(options_.directory);
  return free && *free >= options_.disk_reserve;
}

Result<ContentRef> Segments::put(sql::Connection&, std::string_view bytes) {
  TRY(room_for(bytes.size()));
  if (pending_.empty() || pending_.back().start.segment != next_.segment)
    pending_.push_back({next_, {}});
  append_record(pending_.back().bytes, {next_.segment, next_.offset}, bytes);
  ContentRef ref{next_.segment, static_cast<int64_t>(next_.offset),
                 static_cast<int64_t>(bytes.size())};
  next_.offset += kRecordHeader + bytes.size();
  pending_bytes_ += kRecordHeader + bytes.size();
  int64_t now = options_.clock.wall().micros;
  changes_.push_back({ref.segment, 1, ref.length, now, now});
  return ref;
}

Result<> Segments::release(sql::Connection&, const ContentRef& ref) {
  if (ref.segment == 0) return {};
  ContentRef now = ref;
  {
    std::lock_guard lock(files_mutex_);
    now = now_at(ref);
  }
  for (const Moved& moved : moved_)
    if (moved.from == now) now = moved.to;
  changes_.push_back({now.segment, -1, -now.length});
  return {};
}

Result<ContentRef> Segments::move(sql::Connection& connection, const ContentRef& from) {
  if (from.segment == 0) return from;
  std::string bytes = TRY(read(connection, from));
  ContentRef to = TRY(put(connection, bytes));
  // Rows that want it stay where they are, and are as old as they were.
  sql::Rows old =
      TRY(connection.query("SELECT first_at FROM segment WHERE id = $1", {from.segment}));
  changes_.back().first_at = old.empty() ? 0 : old[0].integer(0);
  TRY(release(connection, from));
  moved_.push_back({from, to});
  return to;
}

// Under files_mutex_.
ContentRef Segments::now_at(ContentRef ref) const {
  for (auto found = moved_to_.find({ref.segment, ref.offset}); found != moved_to_.end();
       found = moved_to_.find({ref.segment, ref.offset}))
    ref = found->second;
  return ref;
}

void Segments::remember_moved() {
  std::lock_guard lock(files_mutex_);
  for (const Moved& moved : std::exchange(moved_, {})) {
    std::pair key{moved.from.segment, moved.from.offset};
    moved_to_[key] = moved.to;
    moved_first_.push_back(key);
  }
  while (moved_first_.size() > limits::kContentsMoved) {
    moved_to_.erase(moved_first_.front());
    moved_first_.pop_front();
  }
}

void Segments::mark() {
  mark_ = {next_, pending_.size(), pending_.empty() ? 0 : pending_.back().bytes.size(),
           pending_bytes_, changes_.size(), moved_.size()};
}

void Segments::undo_to_mark() {
  next_ = mark_.next;
  pending_.resize(mark_.pending);
  if (!pending_.empty()) pending_.back().bytes.resize(mark_.last_size);
  pending_bytes_ = mark_.pending_bytes;
  changes_.resize(mark_.changes);
  moved_.resize(mark_.moved);
}

Result<> Segments::write_pending() {
  for (const Pending& pending : pending_) {
    if (pending.bytes.empty()) continue;
    std::shared_ptr<File> to = TRY(file(pending.start.segment));
    TRY(to->write_at(pending.start.offset, pending.bytes));
    TRY(write_zeros_ahead(*to, pending));
    TRY(to->sync());
  }
  return {};
}

Result<> Segments::write_zeros_ahead(File& file, const Pending& pending) {
  uint64_t end = pending.start.offset + pending.bytes.size();
  bool there = zeroed_.segment == pending.start.segment && end <= zeroed_.offset;
  if (there || pending.bytes.size() > kZeroAheadOfGroup || end >= options_.segment_bytes) return {};
  uint64_t until = std::min<uint64_t>(end + kZeroAhead, options_.segment_bytes);
  TRY(file.write_at(end, std::string(until - end, '\0')));
  zeroed_ = {pending.start.segment, until};
  return {};
}

Result<> Segments::write_accounts(sql::Connection& connection) {
  std::map<int64_t, Change> sums;
  for (const Change& change : changes_) {
    Change& sum = sums[change.segment];
    sum.records += change.records;
    sum.bytes += change.bytes;
    sum.first_at = std::min(sum.first_at, change.first_at);
    sum.last_at = std::max(sum.last_at, change.last_at);
  }
  std::map<int64_t, uint64_t> ends;
  for (const Pending& pending : pending_)
    ends[pending.start.segment] = pending.start.offset + pending.bytes.size();
  std::vector<sql::Params> sets;
  for (const auto& [segment, sum] : sums)
    sets.push_back({segment, ends.contains(segment) ? ends[segment] : 0, sum.records, sum.bytes,
                    sum.first_at, sum.last_at});
  // max() and min() of two values are SQLite's.
  TRY(connection.exec_many(
      "INSERT INTO segment (id, end_offset, live, live_bytes, first_at, last_at)"
      " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (id) DO UPDATE SET"
      " end_offset = max(excluded.end_offset, segment.end_offset),"
      " live = segment.live + excluded.live, live_bytes = segment.live_bytes + excluded.live_bytes,"
      " first_at = min(excluded.first_at, segment.first_at),"
      " last_at = max(excluded.last_at, segment.last_at)",
      sets));
  return {};
}

// Rows first, in this transaction; files once it is durable.
Result<> Segments::find_empty(sql::Connection& connection) {
  bool released = std::ranges::any_of(changes_, [](const auto& c) { return c.records < 0; });
  if (!released && next_.segment == end_.segment) return {};
  sql::Rows found = TRY(connection.query(
      "DELETE FROM segment WHERE live <= 0 AND id < $1 RETURNING id", {next_.segment}));
  for (sql::Row row : found) empty_.push_back(row.integer(0));
  return {};
}

Result<> Segments::flush(sql::Connection& connection) {
  if (unsynced_) return fail(Errc::io, *unsynced_);
  if (changes_.empty()) return {};
  // Whatever fails to reach the device is final, whichever call noticed.
  if (auto written = write_pending(); !written)
    return fail(Errc::io, std::move(written).error().message);
  TRY(write_accounts(connection));
  return find_empty(connection);
}

void Segments::committed() {
  end_ = next_;
  pending_.clear();
  pending_bytes_ = 0;
  changes_.clear();
  free_.reset();
  remember_moved();
  for (int64_t segment : std::exchange(empty_, {})) {
    {
      std::lock_guard lock(files_mutex_);
      files_.erase(segment);
    }
    auto removed = options_.files.remove(path(segment));
    // Recovery removes it at the next start.
    if (!removed) log::warn("cannot remove a content segment", {{"why", removed.error().message}});
  }
}

void Segments::rolled_back() {
  next_ = end_;
  pending_.clear();
  pending_bytes_ = 0;
  changes_.clear();
  moved_.clear();
  free_.reset();
  empty_.clear();
}

Result<std::shared_ptr<File>> Segments::file(int64_t segment) {
  std::lock_guard lock(files_mutex_);
  return file_locked(segment);
}

Result<std::shared_ptr<File>> Segments::file_locked(int64_t segment) {
  if (auto found = files_.find(segment); found != files_.end()) return found->second;
  std::shared_ptr<File> opened = TRY(options_.files.open(path(segment), OpenMode::read));
  // The oldest ones go; the active one is the newest. A reader keeps what it holds.
  if (files_.size() >= kOpenFiles) files_.erase(files_.begin());
  files_[segment] = opened;
  return opened;
}

Result<std::string> Segments::read(sql::Connection&, const ContentRef& ref) {
  if (ref == ContentRef{}) return std::string();
  if (ref.segment <= 0 || ref.offset < 0 || ref.length < 0)
    return fail(Errc::corrupt, "a row refers to content that cannot be");
  ContentRef at;
  std::shared_ptr<File> from;
  {
    // Together: a file goes only after the new place of all that was in it is known.
    std::lock_guard lock(files_mutex_);
    at = now_at(ref);
    from = TRY(file_locked(at.segment));
  }
  return read_record(*from, {at.segment, static_cast<uint64_t>(at.offset)},
                     static_cast<uint64_t>(at.length));
}

Result<std::vector<SparseSegment>> Segments::sparse(sql::Connection& connection) {
  sql::Rows found = TRY(connection.query(
      "SELECT id, live, first_at, last_at FROM segment WHERE live > 0"
      " AND id < (SELECT max(id) FROM segment) AND live_bytes * 100 < end_offset * $1"
      " ORDER BY id",
      {int64_t{limits::kCompactPercent}}));
  std::vector<SparseSegment> out;
  for (sql::Row row : found)
    out.push_back({row.integer(0), row.integer(1), row.time(2), row.time(3)});
  return out;
}

Result<std::vector<std::string>> Segments::check(sql::Connection& connection,
                                                 std::span<const ContentRef> wanted) {
  std::vector<std::string> out;
  std::map<int64_t, int64_t> counted;
  for (const ContentRef& ref : wanted) ++counted[ref.segment];
  std::set<int64_t> known;
  int64_t active = 0;
  for (const SegmentRow& row : TRY(rows(connection))) {
    known.insert(row.id);
    active = std::max(active, row.id);
    auto opened = file(row.id);
    if (!opened) {
      out.push_back(opened.error().message);
      continue;
    }
    auto scan = scan_segment(**opened, row.id, row.end);
    if (!scan) out.push_back(scan.error().message);
    if (row.live != counted[row.id])
      out.push_back(fmt::format("content segment {} counts {} wanted records, rows want {}",
                                row.id, row.live, counted[row.id]));
  }
  for (const std::string& name : TRY(options_.files.list(options_.directory))) {
    auto number = number_of(name);
    // A newer one is being filled by a commit that this snapshot does not see.
    if (number && !known.contains(*number) && *number < active)
      out.push_back(fmt::format("content segment {} belongs to no row", name));
  }
  return out;
}

Result<std::unique_ptr<ContentStore>> open_segments(SegmentOptions options,
                                                    sql::Connection& connection) {
  auto segments = std::make_unique<Segments>(std::move(options));
  TRY(segments->recover(connection));
  return segments;
}

}  // namespace ph::store
