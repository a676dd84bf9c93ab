// Purpose: SQLite as a Connection.
// Shapes: WAL, synchronous=FULL, no mmap. SQLite 3.40 can corrupt a WAL that two connections
//   checkpoint (fixed in 3.51.3): only the writer checkpoints, readers are read-only and do not
//   checkpoint when they close.
#include <fmt/format.h>
#include <sqlite3.h>

#include <unordered_map>

#include "base/limits.h"
#include "sql/engines.h"
#include "sql/wal_vfs.h"

namespace ph::sql {
namespace {

struct CloseDatabase {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

struct Prepared {
  Statement statement;
  // "$3" is a name to SQLite, numbered by first appearance: which parameter each one means.
  std::vector<size_t> parameters;
};

// Which of our kinds a result code is; the extended code decides where it matters.
Errc errc_of(int extended) {
  switch (extended & 0xff) {
    case SQLITE_CONSTRAINT:
      return extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY ||
                     extended == SQLITE_CONSTRAINT_FOREIGNKEY
                 ? Errc::conflict
                 : Errc::internal;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
      return Errc::temporary;
    case SQLITE_FULL:
    case SQLITE_TOOBIG:
      return Errc::limit;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return Errc::io;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Errc::corrupt;
    default:
      return Errc::internal;
  }
}

class SqliteConnection : public Connection {
 public:
  explicit SqliteConnection(Database db) : db_(std::move(db)) {}

  Engine engine() const override { return Engine::sqlite; }
  bool connected() const override { return true; }

  Result<Rows> query(std::string_view sql, const Params& params) override {
    Prepared& prepared = *TRY(prepare(sql));
    TRY(bind(prepared, params));
    sqlite3_stmt* statement = prepared.statement.get();
    Rows rows(static_cast<size_t>(sqlite3_column_count(statement)));
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) read_row(statement, rows);
    TRY(finish(statement, code));
    return rows;
  }

  Result<int64_t> exec(std::string_view sql, const Params& params) override {
    return run(*TRY(prepare(sql)), params);
  }

  Result<std::vector<int64_t>> exec_many(std::string_view sql,
                                         std::span<const Params> sets) override {
    std::vector<int64_t> changed;
    if (sets.empty()) return changed;
    changed.reserve(sets.size());
    Prepared& prepared = *TRY(prepare(sql));
    for (const Params& params : sets) changed.push_back(TRY(run(prepared, params)));
    return changed;
  }

  Result<> script(const std::string& sql) override {
    TRY(usable());
    int code = sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr);
    return code == SQLITE_OK ? Result<>{} : failed();
  }

  // An error of the device, of memory or of room may have rolled back all of it.
  Result<> still_usable() override {
    if (sqlite3_get_autocommit(db_.get()) != 0) return rolled_back_by_itself();
    return usable();
  }

  Result<> begin() override { return control("BEGIN IMMEDIATE"); }
  Result<> begin_snapshot() override { return control("BEGIN"); }
  Result<> commit() override { return control("COMMIT"); }
  Result<> rollback() override {
    aborted_ = full_ = false;
    // A full disk or a failed device may have rolled back by itself.
    if (sqlite3_get_autocommit(db_.get()) != 0) return {};
    return control("ROLLBACK");
  }
  Result<> savepoint() override { return control("SAVEPOINT job"); }
  Result<> release_savepoint() override { return control("RELEASE job"); }
  Result<> rollback_to_savepoint() override {
    if (sqlite3_get_autocommit(db_.get()) != 0) return rolled_back_by_itself();
    // What earlier jobs brought may be what found no room (wal_vfs.h).
    if (full_) return fail(Errc::limit, "the disk is full: this transaction cannot go on");
    aborted_ = false;
    TRY(control("ROLLBACK TO job"));
    return control("RELEASE job");
  }

 private:
  Result<> usable() const {
    if (aborted_)
      return fail(Errc::internal, "a statement of this transaction failed: only rollback is left");
    return {};
  }

  std::unexpected<Error> rolled_back_by_itself() const {
    return fail(last_code_, "the transaction was rolled back by the database");
  }

  Result<> control(std::string_view sql) {
    TRY(exec(sql, {}));
    return {};
  }

  // Not const: inside a transaction the failure poisons what follows, as PostgreSQL does it.
  std::unexpected<Error> failed() {
    int extended = sqlite3_extended_errcode(db_.get());
    Error error{errc_of(extended),
                fmt::format("SQLite: {} ({})", sqlite3_errmsg(db_.get()), extended), {}};
    last_code_ = error.code;
    if (sqlite3_get_autocommit(db_.get()) == 0) {
      aborted_ = true;
      full_ = full_ || (extended & 0xff) == SQLITE_FULL;
    }
    return std::unexpected(std::move(error));
  }

  Result<Prepared*> prepare(std::string_view sql) {
    TRY(usable());
    if (auto found = cache_.find(sql); found != cache_.end()) return &found->second;
    sqlite3_stmt* raw = nullptr;
    int code = sqlite3_prepare_v3(db_.get(), sql.data(), static_cast<int>(sql.size()),
                                  SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    if (code != SQLITE_OK) return failed();
    if (raw == nullptr) return fail(Errc::internal, "SQLite: an empty statement");
    Prepared made{Statement(raw), {}};
    made.parameters = TRY(parameters_of(raw));
    if (cache_.size() >= limits::kStatementsKept) cache_.clear();
    return &cache_.emplace(std::string(sql), std::move(made)).first->second;
  }

  static Result<std::vector<size_t>> parameters_of(sqlite3_stmt* statement) {
    std::vector<size_t> out;
    int names = sqlite3_bind_parameter_count(statement);
    for (int at = 1; at <= names; ++at) {
      const char* name = sqlite3_bind_parameter_name(statement, at);
      int wanted = name != nullptr && name[0] == '$' ? std::atoi(name + 1) : 0;
      if (wanted < 1)
        return fail(Errc::internal, fmt::format("placeholder {} is no $1 to $n",
                                                name != nullptr ? name : "?"));
      out.push_back(static_cast<size_t>(wanted));
    }
    return out;
  }

  Result<> bind(const Prepared& prepared, const Params& params) {
    TRY(check_text(params));
    int at = 0;
    for (size_t wanted : prepared.parameters) {
      if (wanted > params.size())
        return fail(Errc::internal, fmt::format("no value for placeholder ${}", wanted));
      if (bind_one(prepared.statement.get(), ++at, params[wanted - 1]) != SQLITE_OK)
        return failed();
    }
    return {};
  }

  // The parameters outlive the step, so nothing is copied.
  static int bind_one(sqlite3_stmt* statement, int at, const Value& value) {
    if (value.is_null()) return sqlite3_bind_null(statement, at);
    if (value.integer() != nullptr) return sqlite3_bind_int64(statement, at, *value.integer());
    if (value.text() != nullptr)
      return sqlite3_bind_text64(statement, at, value.text()->data(), value.text()->size(),
                                 SQLITE_STATIC, SQLITE_UTF8);
    const std::string& bytes = value.blob()->bytes;
    return sqlite3_bind_blob64(statement, at, bytes.empty() ? "" : bytes.data(), bytes.size(),
                               SQLITE_STATIC);
  }

  Result<int64_t> run(Prepared& prepared, const Params& params) {
    TRY(bind(prepared, params));
    sqlite3_stmt* statement = prepared.statement.get();
    int code;
    int64_t rows = 0;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) ++rows;
    bool reads = sqlite3_stmt_readonly(statement) != 0;
    TRY(finish(statement, code));
    return reads ? rows : sqlite3_changes64(db_.get());
  }

  Result<> finish(sqlite3_stmt* statement, int code) {
    Result<> out;
    if (code != SQLITE_DONE) out = failed();
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return out;
  }

  static void read_row(sqlite3_stmt* statement, Rows& rows) {
    int width = sqlite3_column_count(statement);
    for (int i = 0; i < width; ++i) {
      auto size = [&] { return static_cast<size_t>(sqlite3_column_bytes(statement, i)); };
      switch (sqlite3_column_type(statement, i)) {
        case SQLITE_INTEGER:
          rows.add(int64_t{sqlite3_column_int64(statement, i)});
          break;
        case SQLITE_NULL:
          rows.add(Null{});
          break;
        case SQLITE_BLOB: {
          auto* bytes = static_cast<const char*>(sqlite3_column_blob(statement, i));
          rows.add(Blob{bytes == nullptr ? std::string() : std::string(bytes, size())});
          break;
        }
        default: {
          auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, i));
          rows.add(std::string(text == nullptr ? "" : text, size()));
        }
      }
    }
  }

  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  Database db_;
  // After db_, so that statements are finalized before the database closes.
  std::unordered_map<std::string, Prepared, Hash, std::equal_to<>> cache_;
  bool aborted_ = false;
  bool full_ = false;           // no room was left for this transaction
  Errc last_code_ = Errc::io;   // of the last error
};

// Once, before the library is used: without a count of its memory, which would take a lock of all
// threads with every allocation.
void configure_library() {
  static const bool done = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) == SQLITE_OK;
  static_cast<void>(done);
}

}  // namespace

Result<std::unique_ptr<Connection>> connect_sqlite(const std::string& path, Access access) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
              (access == Access::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                                       : SQLITE_OPEN_READONLY);
  configure_library();
  sqlite3* raw = nullptr;
  const char* vfs = access == Access::write ? wal_vfs() : nullptr;
  int code = sqlite3_open_v2(path.c_str(), &raw, flags, vfs);
  Database db(raw);
  if (code != SQLITE_OK)
    return fail(errc_of(code), fmt::format("open {}: {}", path, sqlite3_errstr(code)));
  sqlite3_busy_timeout(raw, 5000);
  if (access == Access::read) sqlite3_db_config(raw, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  auto connection = std::make_unique<SqliteConnection>(std::move(db));
  TRY(connection->script("PRAGMA mmap_size=0; PRAGMA foreign_keys=ON; PRAGMA temp_store=MEMORY;"));
  // Negative: in KiB. All tables grow at their ends, which the writer must never read again.
  size_t cache =
      access == Access::write ? limits::kSqliteCacheBytes : limits::kSqliteReadCacheBytes;
  TRY(connection->script(fmt::format("PRAGMA cache_size=-{};", cache >> 10)));
  if (access == Access::write)
    TRY(connection->script(fmt::format("PRAGMA synchronous=FULL; PRAGMA journal_mode=WAL;"
                                       "PRAGMA wal_autocheckpoint={};"
                                       "PRAGMA journal_size_limit=67108864;",
                                       limits::kWalPages)));
  else
    TRY(connection->script("PRAGMA wal_autocheckpoint=0; PRAGMA query_only=ON;"));
  return connection;
}

}  // namespace ph::sql
