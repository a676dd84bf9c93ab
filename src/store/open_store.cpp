// Purpose: opens a store: schema, content, leases, threads; and the store itself, which hands jobs
//   to the writer and the readers.
#include <fmt/format.h>

#include "base/encoding.h"
#include "base/limits.h"
#include "base/random.h"
#include "store/directory_lock.h"
#include "store/readers.h"
#include "store/schema.h"
#include "store/store.h"
#include "store/writer.h"

namespace ph::store {
namespace {

constexpr std::string_view kSqliteDefault = "sqlite:";

class OpenStore : public Store {
 public:
  explicit OpenStore(StoreOptions options)
      : options_(std::move(options)), ids_(options_.clock, options_.node_number) {}
  ~OpenStore() override { OpenStore::close(); }

  Result<> open() {
    engine_ = TRY(sql::engine_of(options_.url));
    if (engine_ == sql::Engine::sqlite) TRY(prepare_directory());
    else if (options_.post) return fail(Errc::invalid, "only SQLite works without threads");
    auto connection = TRY(connect(sql::Access::write));
    // What an earlier process could not sync is read from memory as if it were there. Copied into
    // the database and synced anew, it is.
    if (engine_ == sql::Engine::sqlite)
      TRY(connection->script("PRAGMA wal_checkpoint(TRUNCATE)"));
    TRY(sql::migrate(*connection, schema_migrations(), options_.clock.wall()));
    TRY(start_ids_for_operator(*connection));
    if (engine_ == sql::Engine::sqlite)
      content_ = TRY(open_segments({.directory = options_.data_dir + "/segments",
                                    .files = options_.files,
                                    .clock = options_.clock,
                                    .segment_bytes = options_.segment_bytes,
                                    .disk_reserve = limits::kDiskReserve},
                                   *connection));
    else
      content_ = table_content(ids_);
    writer_ = std::make_unique<Writer>(writer_options(), std::move(connection));
    TRY(writer_->take_leases());
    readers_ = std::make_unique<Readers>([this] { return connect(sql::Access::read); },
                                         options_.post);
    TRY(readers_->start(limits::kReadConnections));
    writer_->start();
    return {};
  }

  sql::Engine engine() const override { return engine_; }
  int64_t epoch() const override { return writer_->epoch(); }
  const LeaseTable& leases() const override { return leases_; }
  Clock& clock() override { return options_.clock; }
  int64_t new_id() override { return ids_.next(); }
  ContentStore& content() override { return *content_; }

  void close() override {
    if (writer_) writer_->close();
    if (readers_) readers_->close();
  }

 protected:
  void submit(Write write) override {
    writer_->submit({std::move(write.run), std::move(write.done)});
  }
  void submit(Read read) override {
    readers_->submit({std::move(read.run), std::move(read.done)});
  }
  void work_off() override {
    writer_->work_off();
    readers_->work_off();
  }

 private:
  Result<> prepare_directory() {
    if (options_.data_dir.empty())
      return fail(Errc::invalid, "SQLite needs a data directory", "data");
    TRY(options_.files.make_directory(options_.data_dir));
    lock_ = TRY(DirectoryLock::take(options_.data_dir));
    if (options_.url == kSqliteDefault) options_.url += options_.data_dir + "/posthouse.db";
    return {};
  }

  // A wall clock that went back while the process was down must not give an id twice.
  Result<> start_ids_for_operator(sql::Connection& connection) {
    // Of each table whose ids come from one source.
    static constexpr std::string_view kNewestIds[] = {
        "SELECT max(id) FROM message",          "SELECT max(id) FROM event",
        "SELECT max(id) FROM inbox",            "SELECT max(id) FROM inbound",
        "SELECT max(id) FROM content",          "SELECT max(id) FROM bulk_job",
        "SELECT max(id) FROM bulk_chunk",       "SELECT max(id) FROM audit",
        "SELECT max(id) FROM usage_movement",   "SELECT max(id) FROM ledger_entry",
        "SELECT max(id) FROM identity_claim",   "SELECT max(id) FROM evidence",
        "SELECT max(id) FROM identity_history", "SELECT max(id) FROM agreement"};
    for (std::string_view sql : kNewestIds) {
      sql::Rows rows = TRY(connection.query(sql));
      ids_.start_after(rows[0].integer(0));
    }
    return {};
  }

  Result<std::unique_ptr<sql::Connection>> connect(sql::Access access) {
    return options_.connect({.url = options_.url, .access = access});
  }

  WriterOptions writer_options() {
    // Unique to this start: leases of an earlier one are taken under a later epoch, if at all.
    std::string owner =
        fmt::format("{}:{}", options_.node, hex_encode(system_random().bytes(8)));
    return {.clock = options_.clock,
            .ids = ids_,
            .leases = leases_,
            .content = *content_,
            .owner = std::move(owner),
            .earlier_owners = options_.earlier_node_ended ? options_.node + ":" : "",
            .own_shards = options_.own_shards,
            .connect = [this] { return connect(sql::Access::write); },
            .failed = std::move(options_.failed),
            .post = options_.post};
  }

  StoreOptions options_;
  sql::Engine engine_ = sql::Engine::sqlite;
  DirectoryLock lock_;
  IdSource ids_;
  LeaseTable leases_;
  std::unique_ptr<ContentStore> content_;
  std::unique_ptr<Writer> writer_;
  std::unique_ptr<Readers> readers_;
};

}  // namespace

Result<std::unique_ptr<Store>> Store::open(StoreOptions options) {
  auto store = std::make_unique<OpenStore>(std::move(options));
  TRY(store->open());
  return store;
}

net::Task<Result<std::string>> Store::read_content(ContentRef ref) {
  ReadJob<std::string> job = [this, ref](sql::Connection& connection) {
    return content().read(connection, ref);
  };
  co_return co_await read<std::string>(std::move(job));
}

Result<std::string> Store::read_content_now(const ContentRef& ref) {
  return read_now<std::string>(
      [this, ref](sql::Connection& connection) { return content().read(connection, ref); });
}

int32_t shard_of(std::string_view a_label_domain) {
  // FNV-1a, 64 bits.
  uint64_t hash = 0xcbf29ce484222325;
  for (char c : a_label_domain) {
    hash ^= static_cast<uint8_t>(c);
    hash *= 0x100000001b3;
  }
  return static_cast<int32_t>(hash % limits::kShards);
}

int32_t shard_of(sql::Engine engine, std::string_view a_label_domain) {
  static_assert(limits::kShardsOfOneNode <= limits::kShards);
  int32_t shard = shard_of(a_label_domain);
  return engine == sql::Engine::sqlite ? shard % int32_t{limits::kShardsOfOneNode} : shard;
}

}  // namespace ph::store
