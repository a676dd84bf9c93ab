#include "mime/rewrite.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "mime/date.h"
#include "mime/encoded_word.h"

namespace ph::mime {
namespace {

// RFC 5322 §3.6: at most one of each.
constexpr std::array<std::string_view, 11> kOnce = {
    "From", "Sender",  "Reply-To",   "To",          "Cc",        "Bcc",
    "Date", "Subject", "Message-ID", "In-Reply-To", "References"};

// The part between < and > of a Message-ID; empty where it has no such form.
std::string inner_message_id(std::string_view value) {
  value = trim(value);
  if (!value.starts_with('<') || !value.ends_with('>')) return {};
  value = value.substr(1, value.size() - 2);
  if (value.find_first_of(" \t<>") != std::string_view::npos) return {};
  return std::string(value);
}

void read_addresses(const HeaderField& field, std::vector<Mailbox>& into, SubmissionFacts& facts) {
  auto list = parse_header_addresses(field.value);
  if (!list) {
    if (facts.problem.empty())
      facts.problem = std::string(field.name) + ": " + list.error().message;
    return;
  }
  if (&into == &facts.from) facts.from_has_group = facts.from_has_group || list->has_group;
  std::ranges::move(list->mailboxes, std::back_inserter(into));
}

}  // namespace

Result<SubmissionFacts> inspect_submission(std::string_view message) {
  HeaderBlock block = TRY(read_header_block(message));
  SubmissionFacts facts;
  facts.wrong_line = block.wrong;
  for (const HeaderField& field : block.fields) {
    if (iequals(field.name, "From")) {
      ++facts.from_fields;
      read_addresses(field, facts.from, facts);
    } else if (iequals(field.name, "Sender")) {
      ++facts.sender_fields;
      read_addresses(field, facts.sender, facts);
    } else if (iequals(field.name, "Received")) {
      ++facts.received_fields;
    }
  }
  facts.date_fields = block.count("Date");
  facts.message_id_fields = block.count("Message-ID");
  facts.message_id = inner_message_id(block.value("Message-ID"));
  facts.subject = decode_encoded_words(block.value("Subject"));
  for (std::string_view name : kOnce) {
    if (facts.repeated.empty() && block.count(name) > 1) facts.repeated = name;
  }
  return facts;
}

bool is_removed_on_submission(std::string_view field_name) {
  return iequals(field_name, "Bcc") || iequals(field_name, "Resent-Bcc") ||
         iequals(field_name, "Return-Path") || iequals(field_name, "Authentication-Results") ||
         istarts_with(field_name, "X-Posthouse-");
}

Result<Rewritten> rewrite_submission(std::string_view message, const SubmissionFields& fields) {
  HeaderBlock block = TRY(read_header_block(message));
  Rewritten out;
  out.bytes.reserve(message.size() + 128);
  size_t at = 0;
  for (const HeaderField& field : block.fields) {
    if (!is_removed_on_submission(field.name)) continue;
    out.bytes += message.substr(at, field.offset - at);
    at = field.offset + field.raw.size();
    out.removed.emplace_back(field.name);
  }
  out.bytes += message.substr(at, block.end - at);
  // A header that ends with the message may lack its last line end.
  if (!out.bytes.empty() && !out.bytes.ends_with('\n')) out.bytes += "\r\n";
  if (block.count("Date") == 0) {
    out.bytes += "Date: " + format_date(fields.date) + "\r\n";
    out.added_date = true;
  }
  if (block.count("Message-ID") == 0) {
    out.bytes += "Message-ID: <" + fields.message_id + ">\r\n";
    out.added_message_id = true;
  }
  if (block.end == message.size()) {
    out.bytes += "\r\n";
  } else {
    out.bytes += message.substr(block.end);
  }
  return out;
}

}  // namespace ph::mime
