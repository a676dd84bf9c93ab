// Purpose: from result rows to row structs: one, all, and enums by their names.
// Shapes: a reader is a function Result<T>(sql::Row).
// Errors: not_found (no row), corrupt (a stored name that is none of ours).
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sql/connection.h"

namespace ph::store {

template <class Reader>
auto read_all(const sql::Rows& rows, Reader reader)
    -> Result<std::vector<typename decltype(reader(rows[0]))::value_type>> {
  std::vector<typename decltype(reader(rows[0]))::value_type> out;
  out.reserve(rows.size());
  for (sql::Row row : rows) out.push_back(TRY(reader(row)));
  return out;
}

template <class Reader>
auto read_one(const sql::Rows& rows, Reader reader, std::string_view what)
    -> decltype(reader(rows[0])) {
  if (rows.empty()) return fail(Errc::not_found, "no such " + std::string(what));
  return reader(rows[0]);
}

// For an update or delete of one row by its key.
inline Result<> must_change(Result<int64_t> changed, std::string_view what) {
  if (!changed) return std::unexpected(std::move(changed).error());
  if (*changed == 0) return fail(Errc::not_found, "no such " + std::string(what));
  return {};
}

// An integrity error as a sentence for a person.
template <class T>
Result<T> say_conflict(Result<T> result, std::string_view sentence, std::string_view field = {}) {
  if (!result && result.error().code == Errc::conflict)
    return fail(Errc::conflict, std::string(sentence), std::string(field));
  return result;
}

template <class Enum, size_t N>
Result<Enum> parse_enum(const std::array<const char*, N>& names, std::string_view name,
                        std::string_view what) {
  for (size_t i = 0; i < N; ++i)
    if (name == names[i]) return static_cast<Enum>(i);
  return fail(Errc::invalid, std::string(what) + " has no value named " + std::string(name),
              std::string(what));
}

// The same for what the database holds.
template <class Enum>
Result<Enum> stored(Result<Enum> parsed) {
  if (!parsed) return fail(Errc::corrupt, "stored row: " + parsed.error().message);
  return parsed;
}

// Parameters whose texts are moved and not copied, as a list in braces copies them.
template <class... T>
sql::Params params(T&&... values) {
  sql::Params out;
  out.reserve(sizeof...(values));
  (out.emplace_back(std::forward<T>(values)), ...);
  return out;
}

// Text of strangers as both engines can hold it: U+FFFD for NUL and for what is no UTF-8.
std::string storable(std::string_view text);

}  // namespace ph::store
