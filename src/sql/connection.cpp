#include "sql/connection.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "sql/engines.h"

namespace ph::sql {
namespace {

constexpr std::string_view kSqlite = "sqlite:";

}  // namespace

Result<Engine> engine_of(std::string_view url) {
  if (url.starts_with(kSqlite)) return Engine::sqlite;
  if (url.starts_with("postgresql://") || url.starts_with("postgres://"))
    return Engine::postgresql;
  return fail(Errc::invalid, "a database URL starts with sqlite: or postgresql://", "store.url");
}

Result<std::unique_ptr<Connection>> connect(const ConnectOptions& options) {
  if (TRY(engine_of(options.url)) == Engine::postgresql)
    return connect_postgresql(options.url, options.access);
  return connect_sqlite(options.url.substr(kSqlite.size()), options.access);
}

std::string insert_statement(const InsertInto& into, size_t rows) {
  auto width = static_cast<size_t>(std::ranges::count(into.columns, ',')) + 1;
  std::string out = fmt::format("INSERT INTO {} ({}) VALUES ", into.table, into.columns);
  for (size_t at = 0; at < rows * width; ++at) {
    if (at % width == 0) out += at == 0 ? "(" : "), (";
    else out += ", ";
    out += fmt::format("${}", at + 1);
  }
  return out + ")";
}

Result<> Connection::insert_many(const InsertInto& into, std::span<const Params> rows) {
  if (rows.empty()) return {};
  TRY(exec_many(insert_statement(into, 1), rows));
  return {};
}

Result<> Connection::exec_later(std::string_view sql, std::span<const Params> sets) {
  if (!sets.empty()) TRY(exec_many(sql, sets));
  return {};
}

Result<> check_text(const Params& params) {
  for (const Value& value : params) {
    const std::string* text = value.text();
    if (text == nullptr) continue;
    if (text->find('\0') != std::string::npos || !is_utf8(*text))
      return fail(Errc::invalid, "text in the database must be UTF-8 without NUL");
  }
  return {};
}

}  // namespace ph::sql
