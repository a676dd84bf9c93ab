#include "core/bulk_row.h"

#include <fmt/format.h>

#include "base/id_source.h"
#include "base/limits.h"
#include "core/recipient.h"
#include "json/json.h"

namespace ph::core {
namespace {

using json::Kind;

// A value as the text that stands in a mail; nothing for null.
Outcome<std::optional<std::string>> text_of(const json::Value& value, const std::string& field) {
  switch (value.kind()) {
    case Kind::null:
      return std::nullopt;
    case Kind::string:
      if (value.as_string().contains('\0'))
        return refuse(Reason::invalid_field, "The text has a NUL.", field);
      return value.as_string();
    case Kind::boolean:
    case Kind::integer:
    case Kind::number:
      return json::serialize(value);
    case Kind::array:
    case Kind::object:
      break;
  }
  return refuse(Reason::invalid_field, "A variable is text, a number or a boolean.", field);
}

Outcome<templates::Values> values_of(const json::Value& data) {
  if (!data.is_object()) return refuse(Reason::invalid_field, "data is an object.", "data");
  if (data.as_object().size() > limits::kBulkVariables)
    return refuse(Reason::too_large,
                  fmt::format("A row has at most {} variables.", limits::kBulkVariables), "data");
  templates::Values out;
  for (const json::Member& member : data.as_object()) {
    std::string field = "data." + member.name.substr(0, limits::kBulkVariableName);
    if (!templates::is_variable_name(member.name))
      return refuse(Reason::invalid_field,
                    fmt::format("A variable's name has at most {} letters, digits, '_', '-' and "
                                "'.', and begins with a letter or '_'.",
                                limits::kBulkVariableName),
                    field);
    if (auto text = REFUSE_TRY(text_of(member.value, field))) out.add(member.name, *text);
  }
  return out;
}

Outcome<BulkRow> row_of(const json::Value& value) {
  if (!value.is_object()) return refuse(Reason::malformed, "A recipient is a JSON object.");
  const json::Value* to = nullptr;
  BulkRow out;
  for (const json::Member& member : value.as_object()) {
    if (member.name == "to") {
      to = &member.value;
    } else if (member.name == "data") {
      out.data = REFUSE_TRY(values_of(member.value));
    } else {
      return refuse(Reason::unknown_field, "A recipient has \"to\" and \"data\".",
                    member.name.substr(0, limits::kBulkVariableName));
    }
  }
  if (to == nullptr) return refuse(Reason::missing_field, "Say who receives it.", "to");
  if (!to->is_string()) return refuse(Reason::invalid_field, "The address is text.", "to");
  auto mailbox = mime::parse_api_address(to->as_string());
  if (!mailbox) return refuse(Reason::bad_recipient, mailbox.error().message, "to");
  REFUSE_TRY(give_ascii_domain(*mailbox, "to"));
  out.to = std::move(*mailbox);
  return out;
}

}  // namespace

Outcome<BulkRow> read_bulk_row(std::string_view line) {
  auto value = json::parse(line, limits::kBulkLine);
  if (!value) return refuse(Reason::malformed, value.error().message);
  return row_of(*value);
}

std::string bulk_record(BulkId job, std::string_view line) {
  return fmt::format("{{\"job\":\"{}\",\"row\":{}}}", format_id(job.value), line);
}

Result<BulkRecord> read_bulk_record(std::string_view record) {
  auto wrong = [] { return fail(Errc::corrupt, "a mail of a bulk job is no row of one"); };
  auto value = json::parse(record, 2 * limits::kBulkLine);
  if (!value) return wrong();
  const json::Value* job = value->find("job");
  const json::Value* row = value->find("row");
  if (job == nullptr || !job->is_string() || row == nullptr) return wrong();
  auto id = parse_id(job->as_string());
  auto read = row_of(*row);
  if (!id || !read) return wrong();
  return BulkRecord{.job = BulkId(*id), .row = std::move(*read)};
}

}  // namespace ph::core
