#include "store/setting.h"

#include "store/rows.h"

namespace ph::store {
namespace {

Result<ZoneRecordRow> read(sql::Row row) {
  return ZoneRecordRow{.name = row.text(0),
                       .type = row.text(1),
                       .value = row.text(2),
                       .ttl = row.integer(3)};
}

}  // namespace

Result<std::optional<std::string>> setting(sql::Connection& connection, std::string_view name) {
  sql::Rows rows = TRY(connection.query("SELECT value FROM setting WHERE name = $1", {name}));
  if (rows.empty()) return std::nullopt;
  return rows[0].text(0);
}

Result<> set_setting(sql::Connection& connection, std::string_view name, std::string_view value) {
  TRY(connection.exec("INSERT INTO setting (name, value) VALUES ($1, $2)"
                      " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                      {name, value}));
  return {};
}

Result<std::optional<std::string>> setting_or(sql::Connection& connection, std::string_view first,
                                              std::string_view second) {
  sql::Rows rows = TRY(connection.query(
      "SELECT value FROM setting WHERE name = $1 OR name = $2"
      " ORDER BY CASE WHEN name = $1 THEN 0 ELSE 1 END",
      {first, second}));
  if (rows.empty()) return std::nullopt;
  return rows[0].text(0);
}

Result<std::string> settings_under(sql::Connection& connection, std::string_view prefix) {
  std::string out;
  for (sql::Row row : TRY(connection.query(
           "SELECT name, value FROM setting WHERE substr(name, 1, length($1)) = $1 ORDER BY name",
           {prefix})))
    out += row.text(0) + "=" + row.text(1) + "\n";
  return out;
}

Result<> clear_setting(sql::Connection& connection, std::string_view name) {
  TRY(connection.exec("DELETE FROM setting WHERE name = $1", {name}));
  return {};
}

Result<> put_zone_record(sql::Connection& connection, const ZoneRecordRow& row) {
  TRY(connection.exec("INSERT INTO zone_record (name, type, value, ttl) VALUES ($1, $2, $3, $4)"
                      " ON CONFLICT (name, type, value) DO UPDATE SET ttl = excluded.ttl",
                      {row.name, row.type, row.value, row.ttl}));
  return {};
}

Result<int64_t> delete_zone_records(sql::Connection& connection, std::string_view name,
                                    std::string_view type) {
  return connection.exec("DELETE FROM zone_record WHERE name = $1 AND type = $2", {name, type});
}

Result<std::vector<ZoneRecordRow>> zone_records(sql::Connection& connection) {
  return read_all(TRY(connection.query(
                      "SELECT name, type, value, ttl FROM zone_record ORDER BY name, type, value")),
                  read);
}

Result<std::vector<ZoneRecordRow>> zone_records_of(sql::Connection& connection,
                                                   std::string_view name) {
  return read_all(TRY(connection.query("SELECT name, type, value, ttl FROM zone_record"
                                       " WHERE name = $1 ORDER BY type, value",
                                       {name})),
                  read);
}

}  // namespace ph::store
