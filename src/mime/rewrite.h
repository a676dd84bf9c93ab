// Purpose: what submission looks at and changes in a message's own header: facts for the policy,
//   fields that a client may not set, fields that must be there.
// Threads: any.
// Errors: limit from the header reader. Wrong addresses are facts (`problem`), not errors. invalid
//   when a field has octets above 0x7f that cannot be written in ASCII, unsupported when an
//   address of it needs SMTPUTF8.
// Spec: RFC 5322 §3.6, RFC 6409 §8, RFC 8601 §5, RFC 2047 §5.
// Not here: the policy itself (who may be in From), re-encoding (reencode.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mime/address.h"
#include "mime/ascii_field.h"
#include "mime/header.h"

namespace ph::mime {

struct SubmissionFacts {
  size_t from_fields = 0;
  std::vector<Mailbox> from;  // of all From fields
  bool from_has_group = false;
  size_t sender_fields = 0;
  std::vector<Mailbox> sender;
  bool has_route = false;  // From or Sender is "<@other.example:a@b>": readers differ on it
  size_t date_fields = 0;
  size_t message_id_fields = 0;
  std::string message_id;  // of the first field, without <>; empty where it has no such form
  size_t received_fields = 0;  // X-Received too: a submission's own traces end there
  std::string subject;  // decoded
  std::optional<WrongLine> wrong_line;
  std::string repeated;  // a field that may stand once and stands twice
  std::string problem;   // why From or Sender cannot be read; empty when they can
};
Result<SubmissionFacts> inspect_submission(std::string_view message);

// What another server's traces are worth: a relay's are kept; a client has none, so its Received
// becomes X-Received (the loop limit still counts it) and its ARC and SPF fields go.
enum class Trace : uint8_t { keep, rename };

struct SubmissionFields {
  WallTime date;           // for a missing Date, or one that is none
  std::string message_id;  // without <>, for a missing Message-ID, or one that is none
  Trace trace = Trace::keep;
  RawUtf8 raw_utf8 = RawUtf8::keep;
  DomainReader domains = nullptr;  // nothing: domains stay as they are written
};
struct Rewritten {
  std::string bytes;
  std::vector<std::string> removed;  // names of fields taken out
  bool added_date = false;
  bool added_message_id = false;
};
Result<Rewritten> rewrite_submission(std::string_view message, const SubmissionFields& fields);

// Bcc, Resent-Bcc, Return-Path, Authentication-Results and every X-Posthouse-*; of a client also
// Delivered-To, Received-SPF and the ARC fields.
bool is_removed_on_submission(std::string_view field_name, Trace trace);

}  // namespace ph::mime
