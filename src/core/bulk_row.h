// Purpose: one recipient of a bulk job with its data: a line {"to": "Name <a@d>", "data": {…}}, and
//   the record of it that is the content of its message until it is rendered.
// Shapes: data's values are text, numbers or booleans; null is as absent. Text has no NUL.
// Threads: pure.
// Errors: malformed, invalid_field, bad_recipient, too_large; fields "to", "data.NAME".
#pragma once

#include <string>
#include <string_view>

#include "core/reason.h"
#include "mime/address.h"
#include "store/bulk.h"
#include "template/template.h"

namespace ph::core {

struct BulkRow {
  mime::Mailbox to;
  templates::Values data;
};

Outcome<BulkRow> read_bulk_row(std::string_view line);

std::string bulk_record(BulkId job, std::string_view line);
struct BulkRecord {
  BulkId job;
  BulkRow row;
};
Result<BulkRecord> read_bulk_record(std::string_view record);

}  // namespace ph::core
