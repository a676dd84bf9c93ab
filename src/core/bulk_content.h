// Purpose: the one content of a bulk job: what a request says, how it is kept, and compiled so that
//   a mail is rendered of it.
// Shapes: {{variables}} may stand in subject, text, html (escaped there) and values of headers.
//   The kept form is JSON of our own, with addresses already judged.
// Threads: a BulkTemplate is immutable; any.
// Errors: invalid_field and its kin with the field of the request; for a row "data.NAME".
// Not here: recipients (bulk_row.h).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/bulk_row.h"
#include "core/reason.h"
#include "core/send.h"
#include "json/json.h"
#include "template/template.h"

namespace ph::core {

// What a variable without a value means: the row is refused when it comes, or nothing stands there.
enum class BulkMissing : uint8_t { refuse, empty };

struct BulkContent {
  FieldContent fields;  // without recipients
  BulkMissing missing = BulkMissing::refuse;
};

// Members as in POST /api/v1/messages, without recipients, and "missing".
Outcome<BulkContent> read_bulk_content(const json::Value& value);

// What makes one mail of the content its own.
struct BulkIdentity {
  MessageId id;
  std::string header_message_id;
  WallTime date;
};

class BulkTemplate {
 public:
  // `from` and `reply_to` of the content, judged.
  static Outcome<BulkTemplate> compile(BulkContent content, mime::Mailbox from,
                                       std::vector<mime::Mailbox> reply_to);
  static Result<BulkTemplate> from_kept(std::string_view kept);
  std::string kept() const;

  // Whether every mail of this row can be made.
  Outcome<> check_row(const BulkRow& row) const;
  std::string subject(const BulkRow& row) const;
  const mime::Mailbox& from() const { return from_; }
  // About what render() gives.
  size_t size(const BulkRow& row) const;
  // The same bytes for the same row and identity, whenever.
  Result<mime::BuiltMessage> render(const BulkRow& row, const BulkIdentity& identity) const;
  bool needs_smtputf8(const BulkRow& row) const;
  size_t memory() const { return memory_; }

 private:
  struct Header {
    std::string name;
    templates::Template value;
  };

  BulkContent content_;
  mime::Mailbox from_;
  std::vector<mime::Mailbox> reply_to_;
  templates::Template subject_, text_, html_;
  std::vector<Header> headers_;
  std::vector<std::string> line_names_;  // variables that stand in a header field
  size_t memory_ = 0;
};

}  // namespace ph::core
