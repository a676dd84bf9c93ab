// Purpose: one connection to a database, as a seam over SQLite and PostgreSQL.
// Shapes: statements are of one dialect that both engines take: $1..$n placeholders, every integer
//   column BIGINT, INSERT ... ON CONFLICT, RETURNING; sums are CAST to BIGINT. Prepared statements
//   are cached by their text, so a text is never built from data.
// Threads: one at a time.
// Errors: conflict (unique or foreign key), temporary (connection lost, busy, deadlock: see
//   connected()), limit (disk full), io (the device refused: final), corrupt (damaged file),
//   invalid (text that is no UTF-8), internal (a wrong statement). After an error inside a
//   transaction everything fails until rollback() or rollback_to_savepoint(), on both engines.
// Not here: DDL differences (migrations.h), rows and tables (store/).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/value.h"

namespace ph::sql {

enum class Engine : uint8_t { sqlite, postgresql };

// What a connection may do. SQLite has one writer, which alone checkpoints.
enum class Access : uint8_t { write, read };

// Columns as a list, "a, b, c"; all of them get a value.
struct InsertInto {
  std::string_view table;
  std::string_view columns;
};
// "INSERT INTO t (a, b) VALUES ($1, $2), ($3, $4)" for two rows.
std::string insert_statement(const InsertInto& into, size_t rows);

class Connection {
 public:
  virtual ~Connection() = default;
  virtual Engine engine() const = 0;
  // False after the server went away: make a new one. SQLite is always connected.
  virtual bool connected() const = 0;
  // Between two uses: looks whether the server went away meanwhile.
  virtual bool still_connected() { return connected(); }

  virtual Result<Rows> query(std::string_view sql, const Params& params = {}) = 0;
  // Rows that the statement changed.
  virtual Result<int64_t> exec(std::string_view sql, const Params& params = {}) = 0;
  // One statement with many parameter sets, in one exchange with the server. Gives the rows
  // changed by each; at the first error it stops and nothing of the batch may be relied on.
  virtual Result<std::vector<int64_t>> exec_many(std::string_view sql,
                                                 std::span<const Params> sets) = 0;
  // Rows of one table, in whatever is cheapest for the engine. An error as of exec_many().
  virtual Result<> insert_many(const InsertInto& into, std::span<const Params> rows);
  // The same for who needs no answer: it may travel with a later statement, the commit at the
  // latest, and its error comes with that one.
  virtual Result<> exec_later(std::string_view sql, std::span<const Params> sets);
  virtual Result<> insert_later(const InsertInto& into, std::span<const Params> rows) {
    return insert_many(into, rows);
  }
  // Inside a transaction: the error after which only rollback() is left, if there was one.
  virtual Result<> still_usable() { return {}; }
  // Several statements without parameters.
  virtual Result<> script(const std::string& sql) = 0;

  virtual Result<> begin() = 0;
  // A transaction whose statements may take longer than kSqlWait: the migration of a large table.
  virtual Result<> begin_unhurried() { return begin(); }
  // Reads of one moment: a read transaction that sees nothing of what comes later.
  virtual Result<> begin_snapshot() = 0;
  virtual Result<> commit() = 0;
  virtual Result<> rollback() = 0;
  // One level: a job's own undo inside a group's transaction.
  virtual Result<> savepoint() = 0;
  virtual Result<> release_savepoint() = 0;
  virtual Result<> rollback_to_savepoint() = 0;
};

struct ConnectOptions {
  std::string url;       // "sqlite:/path/file.db" or "postgresql://..."
  Access access = Access::write;
};

Result<std::unique_ptr<Connection>> connect(const ConnectOptions& options);

// Text that both engines can hold: UTF-8 without NUL. Every statement asks for it.
Result<> check_text(const Params& params);

// The engine that a URL names; Errc::invalid for another scheme.
Result<Engine> engine_of(std::string_view url);

}  // namespace ph::sql
