// Purpose: from a request to an accepted message: the one list of named steps that every door uses.
// Shapes: a SendRequest comes either as fields (REST) or as raw RFC 5322 bytes with an envelope
//   (SMTP). SendAnswer.id is the external message id.
// Errors: a Refusal names the field in the door's own request ("to[2]", "headers.X-Foo").
// Threads: any loop. The answer comes after the commit of content, rows, event and counters.
// Not here: how a door says it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/access.h"
#include "core/context.h"
#include "mime/builder.h"

namespace ph::core {

using store::Door;

struct Idempotency {
  std::string key;        // empty: none
  std::string body_hash;  // SHA-256 of the request as received
};

struct FieldContent {
  std::string from;
  std::vector<std::string> to, cc, bcc;
  std::vector<std::string> reply_to;
  std::string subject;
  std::string text;
  std::string html;
  std::vector<mime::CustomHeader> headers;
  std::vector<mime::Attachment> attachments;
  std::string message_id;  // of the header, without <>; empty: one of ours
};

struct RawContent {
  std::string bytes;                    // CRLF lines, as the door received them
  std::vector<std::string> recipients;  // envelope
  std::string received;                 // a Received field to put in front; empty: none
  bool smtputf8 = false;                // the submitter asked for it
};

struct SendRequest {
  Actor actor;
  AccountId account;
  Door door = Door::rest;
  std::optional<FieldContent> fields;
  std::optional<RawContent> raw;
  Idempotency idempotency;
  bool of_system = false;  // a mail of our own, whose content nobody reads back
};

struct SendAnswer {
  MessageId id;
  bool repeated = false;  // the answer of an earlier request with this Idempotency-Key
};

// The names of the steps in their order, for documents and for tests.
std::span<const std::string_view> send_step_names();

class Sender {
 public:
  explicit Sender(Context& context) : context_(context) {}
  net::Task<Outcome<SendAnswer>> send(SendRequest request);

 private:
  Context& context_;
};

}  // namespace ph::core
