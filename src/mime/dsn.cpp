#include "mime/dsn.h"

#include <algorithm>

#include "base/limits.h"
#include "base/text.h"
#include "mime/header.h"
#include "mime/parse.h"

namespace ph::mime {
namespace {

// The first part below `part` for which `wanted` is true, outermost first.
template <class Predicate>
const Part* find_part(const Part& part, const Predicate& wanted) {
  for (const Part& inner : part.parts) {
    if (wanted(inner)) return &inner;
  }
  for (const Part& inner : part.parts) {
    if (const Part* found = find_part(inner, wanted)) return found;
  }
  return nullptr;
}

std::string cut(std::string text) {
  if (text.size() <= limits::kDsnText) return text;
  size_t end = limits::kDsnText;
  while (end > 0 && (static_cast<uint8_t>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  return text;
}

// "type; value" without its type: RFC 3464 §2.1.2.
std::string untyped(const std::string& value) {
  std::string_view text = value;
  size_t semicolon = text.find(';');
  if (semicolon != std::string_view::npos) text = trim(text.substr(semicolon + 1));
  return cut(std::string(text));
}

std::string untyped_address(const std::string& value) {
  std::string text = untyped(value);
  if (text.starts_with('<') && text.ends_with('>')) text = text.substr(1, text.size() - 2);
  return text;
}

DsnAction parse_action(std::string_view value) {
  value = trim(value);
  value = value.substr(0, value.find_first_of(" \t(;"));
  for (DsnAction action : {DsnAction::failed, DsnAction::delayed, DsnAction::delivered,
                           DsnAction::relayed, DsnAction::expanded}) {
    if (iequals(value, dsn_action_name(action))) return action;
  }
  return DsnAction::unknown;
}

// RFC 3463 §2 at the front of the value; a comment may follow.
std::string parse_status(std::string_view value) {
  value = trim(value);
  value = value.substr(0, value.find_first_of(" \t(;"));
  auto pieces = split(value, '.');
  bool fits = pieces.size() == 3 && (value[0] == '2' || value[0] == '4' || value[0] == '5') &&
              pieces[0].size() == 1;
  for (std::string_view piece : pieces) {
    fits = fits && !piece.empty() && piece.size() <= 3 && std::ranges::all_of(piece, is_digit);
  }
  return fits ? std::string(value) : std::string();
}

DsnRecipient read_recipient(const HeaderBlock& group) {
  DsnRecipient out;
  out.original = untyped_address(group.value("Original-Recipient"));
  out.final = untyped_address(group.value("Final-Recipient"));
  out.action = parse_action(group.value("Action"));
  out.status = parse_status(group.value("Status"));
  out.diagnostic = untyped(group.value("Diagnostic-Code"));
  out.remote_mta = untyped(group.value("Remote-MTA"));
  return out;
}

// Groups of fields with empty lines between: the first is about the message, the others about one
// recipient each (RFC 3464 §2.1). Some writers put everything into one group.
void read_status(std::string_view text, DeliveryReport& report) {
  bool first = true;
  while (!text.empty()) {
    auto group = read_header_block(text);
    if (!group) {
      report.truncated = true;
      return;
    }
    text.remove_prefix(group->body);
    if (group->fields.empty()) continue;
    if (first) {
      report.reporting_mta = untyped(group->value("Reporting-MTA"));
      report.envelope_id = cut(group->value("Original-Envelope-Id"));
    }
    first = false;
    if (!group->find("Final-Recipient") && !group->find("Original-Recipient")) continue;
    if (report.recipients.size() == limits::kDsnRecipients) {
      report.truncated = true;
      return;
    }
    report.recipients.push_back(read_recipient(*group));
  }
}

std::string returned_message_id(const Part& report) {
  const Part* returned = find_part(report, [](const Part& part) {
    return part.type.is("message/rfc822") || part.type.is("message/global") ||
           part.type.is("text/rfc822-headers") || part.type.is("message/global-headers");
  });
  if (!returned) return {};
  std::string header =
      returned->parts.empty() ? decoded_body(*returned) : std::string(returned->parts[0].header);
  auto block = read_header_block(header);
  if (!block) return {};
  std::string id = block->value("Message-ID");
  if (id.starts_with('<') && id.ends_with('>')) id = id.substr(1, id.size() - 2);
  return cut(std::move(id));
}

}  // namespace

const char* dsn_action_name(DsnAction action) {
  switch (action) {
    case DsnAction::failed:
      return "failed";
    case DsnAction::delayed:
      return "delayed";
    case DsnAction::delivered:
      return "delivered";
    case DsnAction::relayed:
      return "relayed";
    case DsnAction::expanded:
      return "expanded";
    case DsnAction::unknown:
      return "unknown";
  }
  return "unknown";
}

Result<DeliveryReport> parse_delivery_report(std::string_view message) {
  MimeTree tree = TRY(parse_mime(message));
  // Only the message itself may be the report: one that is enclosed speaks of somebody else's mail.
  if (!tree.root.type.is("multipart/report"))
    return fail(Errc::not_found, "the message is no multipart/report");
  auto status = std::ranges::find_if(tree.root.parts, [](const Part& part) {
    return part.type.is("message/delivery-status") ||
           part.type.is("message/global-delivery-status");
  });
  if (status == tree.root.parts.end())
    return fail(Errc::not_found, "the report has no message/delivery-status");
  DeliveryReport report;
  report.truncated = tree.truncated;
  read_status(decoded_body(*status), report);
  report.original_message_id = returned_message_id(tree.root);
  return report;
}

}  // namespace ph::mime
