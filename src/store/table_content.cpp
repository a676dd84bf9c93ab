// Purpose: content in a table, for PostgreSQL: in the same transaction as the rows that want it.
#include <fmt/format.h>

#include "base/limits.h"
#include "store/content.h"
#include "store/crc32c.h"

namespace ph::store {
namespace {

class TableContent : public ContentStore {
 public:
  explicit TableContent(IdSource& ids) : ids_(ids) {}

  Result<ContentRef> put(sql::Connection&, std::string_view bytes) override {
    if (bytes.size() > limits::kMessageBytes)
      return fail(Errc::limit,
                  fmt::format("content of more than {} octets", limits::kMessageBytes));
    int64_t id = ids_.next();
    pending_.push_back({id, crc32c(bytes), sql::Blob{std::string(bytes)}});
    pending_bytes_ += bytes.size();
    return ContentRef{0, id, static_cast<int64_t>(bytes.size())};
  }

  Result<> release(sql::Connection&, const ContentRef& ref) override {
    if (ref != ContentRef{}) released_.push_back({ref.offset});
    return {};
  }

  // The table gives room back by itself.
  Result<ContentRef> move(sql::Connection&, const ContentRef& from) override { return from; }

  void mark() override { mark_ = {pending_.size(), released_.size(), pending_bytes_}; }
  void undo_to_mark() override {
    pending_.resize(mark_.pending);
    released_.resize(mark_.released);
    pending_bytes_ = mark_.bytes;
  }
  // Once a group, together with its commit.
  Result<> flush(sql::Connection& connection) override {
    TRY(connection.insert_later({"content", "id, crc, bytes"}, pending_));
    return connection.exec_later("DELETE FROM content WHERE id = $1", released_);
  }
  void committed() override { rolled_back(); }
  void rolled_back() override {
    pending_.clear();
    released_.clear();
    pending_bytes_ = 0;
  }
  uint64_t pending_bytes() const override { return pending_bytes_; }
  bool has_room() override { return true; }  // a database says it when it is asked to write

  Result<std::string> read(sql::Connection& connection, const ContentRef& ref) override {
    if (ref == ContentRef{}) return std::string();
    sql::Rows rows =
        TRY(connection.query("SELECT crc, bytes FROM content WHERE id = $1", {ref.offset}));
    if (rows.empty()) return fail(Errc::not_found, fmt::format("no content {}", ref.offset));
    std::string bytes = rows[0].blob(1);
    if (static_cast<int64_t>(bytes.size()) != ref.length ||
        rows[0].integer(0) != int64_t{crc32c(bytes)})
      return fail(Errc::corrupt, fmt::format("content {} fails its checksum", ref.offset));
    return bytes;
  }

  Result<std::vector<std::string>> check(sql::Connection& connection,
                                         std::span<const ContentRef> wanted) override {
    std::vector<std::string> out;
    std::set<int64_t> ids;
    for (const ContentRef& ref : wanted)
      if (ref != ContentRef{}) ids.insert(ref.offset);
    int64_t after = INT64_MIN;
    for (;;) {
      sql::Rows rows = TRY(connection.query(
          "SELECT id FROM content WHERE id > $1 ORDER BY id LIMIT 1000", {after}));
      if (rows.empty()) return out;
      for (sql::Row row : rows) {
        after = row.integer(0);
        if (!ids.contains(after))
          out.push_back(fmt::format("content {} is wanted by no row", after));
      }
    }
  }

 private:
  IdSource& ids_;
  std::vector<sql::Params> pending_;
  std::vector<sql::Params> released_;
  uint64_t pending_bytes_ = 0;
  struct Mark {
    size_t pending = 0;
    size_t released = 0;
    uint64_t bytes = 0;
  } mark_;
};

}  // namespace

std::unique_ptr<ContentStore> table_content(IdSource& ids) {
  return std::make_unique<TableContent>(ids);
}

}  // namespace ph::store
