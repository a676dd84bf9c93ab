#include <fmt/format.h>

#include "core/send_draft.h"
#include "dns/domain_name.h"
#include "mime/reencode.h"
#include "mime/rewrite.h"

namespace ph::core {
namespace {

// A message that came as bytes is wrong as a whole: no field of a request is to blame.
Outcome<> lift_raw(const Error& error) {
  if (error.code == Errc::invalid) return refuse(Reason::bad_message, error.message, error.field);
  if (error.code == Errc::unsupported)
    return refuse(Reason::needs_smtputf8, error.message, error.field);
  return lift_content(error);
}

Outcome<> build(Draft& draft, WallTime now) {
  FieldContent& fields = *draft.request.fields;
  REFUSE_TRY(parse_reply_to(draft));
  if (fields.text.empty() && fields.html.empty())
    return refuse(Reason::missing_field, "A message needs a text or an html body.", "text");
  if (fields.attachments.size() > limits::kAttachments)
    return refuse(Reason::too_large,
                  fmt::format("A message has at most {} attachments.", limits::kAttachments),
                  "attachments");
  if (fields.headers.size() > limits::kCustomHeaders)
    return refuse(
        Reason::too_large,
        fmt::format("A message has at most {} headers of its own.", limits::kCustomHeaders),
        "headers");
  if (!fields.message_id.empty()) draft.header_message_id = fields.message_id;
  mime::MessageParts parts;
  parts.from = draft.from;
  // The address' own sender name stands where the request gives none.
  if (parts.from.name.empty() && draft.address_row)
    parts.from.name = draft.address_row->display_name;
  parts.to = draft.to;
  parts.cc = draft.cc;
  parts.reply_to = draft.reply_to;
  parts.subject = fields.subject;
  parts.text = std::move(fields.text);
  parts.html = std::move(fields.html);
  parts.headers = std::move(fields.headers);
  parts.attachments = std::move(fields.attachments);
  parts.date = now;
  parts.message_id = draft.header_message_id;
  auto built = mime::build_message(parts, draft.context.random);
  if (!built) return lift_content(built.error());
  draft.subject = fields.subject;
  draft.bytes = std::move(built->bytes);
  draft.smtputf8 = built->needs_smtputf8;
  return {};
}

std::optional<mime::DomainForms> domain_forms(std::string_view domain) {
  auto name = dns::DomainName::parse(domain);
  if (!name) return std::nullopt;
  return mime::DomainForms{.a_labels = name->text(), .u_labels = name->to_unicode()};
}

Outcome<> rewrite(Draft& draft, WallTime now) {
  RawContent& raw = *draft.request.raw;
  if (!draft.raw_message_id.empty()) draft.header_message_id = draft.raw_message_id;
  bool relayed = draft.request.door == Door::relay;
  mime::SubmissionFields fields{
      .date = now,
      .message_id = draft.header_message_id,
      .trace = relayed ? mime::Trace::keep : mime::Trace::rename,
      .raw_utf8 = raw.smtputf8 ? mime::RawUtf8::keep : mime::RawUtf8::encode,
      .domains = domain_forms};
  auto rewritten = mime::rewrite_submission(raw.bytes, fields);
  if (!rewritten) return lift_raw(rewritten.error());
  raw.bytes.clear();
  raw.bytes.shrink_to_fit();
  // RFC 6376 §5.3: what a later server could re-encode is re-encoded before the signature.
  auto safe = mime::make_seven_bit(rewritten->bytes, fields.raw_utf8);
  if (!safe) return lift_raw(safe.error());
  if (safe->needs_smtputf8 && !raw.smtputf8)
    return refuse(Reason::needs_smtputf8,
                  "A part's header has 8-bit octets that cannot be written in ASCII; use RFC 2231 "
                  "or SMTPUTF8");
  if (safe->long_line > 0)
    return refuse(Reason::bad_message,
                  fmt::format("A line of {} octets, which cannot be folded, is over the limit of "
                              "{}. It begins with: {}",
                              safe->long_line, limits::kHeaderLine, safe->long_line_start));
  draft.bytes = raw.received + safe->bytes;
  draft.eight_bit = safe->still_8bit;
  draft.smtputf8 = safe->needs_smtputf8;
  return {};
}

}  // namespace

Outcome<> lift_content(const Error& error) {
  switch (error.code) {
    case Errc::invalid:
      return refuse(Reason::invalid_field, error.message, error.field);
    case Errc::limit:
      return refuse(Reason::too_large, error.message, error.field);
    default:
      return lift(error);
  }
}

Outcome<> parse_reply_to(Draft& draft) {
  const std::vector<std::string>& list = draft.request.fields->reply_to;
  if (list.size() > limits::kReplyTo)
    return refuse(Reason::too_large,
                  fmt::format("A message has at most {} Reply-To addresses.", limits::kReplyTo),
                  "reply_to");
  for (const std::string& text : list) {
    std::string field = fmt::format("reply_to[{}]", draft.reply_to.size());
    auto mailbox = mime::parse_api_address(text);
    if (!mailbox) return refuse(Reason::invalid_field, mailbox.error().message, field);
    auto domain = dns::DomainName::parse(mailbox->domain);
    if (!domain) return refuse(Reason::invalid_field, domain.error().message, field);
    mime::set_ascii_domain(*mailbox, domain->text());
    draft.reply_to.push_back(std::move(*mailbox));
  }
  return {};
}

net::Task<Outcome<>> step_content(Draft& draft) {
  WallTime now = draft.context.clock.wall();
  draft.id = MessageId(draft.context.store.new_id());
  draft.header_message_id = fmt::format("{}@{}", format_id(draft.id.value), draft.from_domain);
  if (draft.raw()) {
    CO_REFUSE_TRY(rewrite(draft, now));
  } else {
    CO_REFUSE_TRY(build(draft, now));
  }
  for (const DraftRecipient& recipient : draft.recipients)
    draft.smtputf8 = draft.smtputf8 || mime::needs_smtputf8(recipient.mailbox);
  co_return Outcome<>{};
}

}  // namespace ph::core
