// Purpose: installation-wide settings, and the records of the sandbox's zone.
// Shapes: a setting is a name and a text. A zone record's name is a lower-case A-label name without
//   final dot, value is the presentation form, ttl in seconds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sql/connection.h"

namespace ph::store {

Result<std::optional<std::string>> setting(sql::Connection& connection, std::string_view name);
// The first of the two that is there.
Result<std::optional<std::string>> setting_or(sql::Connection& connection, std::string_view first,
                                              std::string_view second);
Result<> set_setting(sql::Connection& connection, std::string_view name, std::string_view value);
// All whose names begin so, as one text: to see whether any changed.
Result<std::string> settings_under(sql::Connection& connection, std::string_view prefix);
Result<> clear_setting(sql::Connection& connection, std::string_view name);

struct ZoneRecordRow {
  std::string name;
  std::string type;
  std::string value;
  int64_t ttl = 60;
};

Result<> put_zone_record(sql::Connection& connection, const ZoneRecordRow& row);
// Every record of that name and type; gives how many there were.
Result<int64_t> delete_zone_records(sql::Connection& connection, std::string_view name,
                                    std::string_view type);
Result<std::vector<ZoneRecordRow>> zone_records(sql::Connection& connection);
Result<std::vector<ZoneRecordRow>> zone_records_of(sql::Connection& connection,
                                                   std::string_view name);

}  // namespace ph::store
