#include "mime/rewrite.h"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include "base/text.h"
#include "mime/date.h"
#include "mime/encoded_word.h"

namespace ph::mime {
namespace {

// RFC 5322 §3.6, RFC 2045 §3, RFC 8058 §3.1: at most one of each. Of two, each reader may take
// another one.
constexpr std::array<std::string_view, 18> kOnce = {"From",
                                                    "Sender",
                                                    "Reply-To",
                                                    "To",
                                                    "Cc",
                                                    "Bcc",
                                                    "Date",
                                                    "Subject",
                                                    "Message-ID",
                                                    "In-Reply-To",
                                                    "References",
                                                    "MIME-Version",
                                                    "Content-Type",
                                                    "Content-Transfer-Encoding",
                                                    "Content-Disposition",
                                                    "Content-ID",
                                                    "List-Unsubscribe",
                                                    "List-Unsubscribe-Post"};

bool names(std::span<const std::string_view> list, std::string_view name) {
  return std::ranges::any_of(list, [&](std::string_view one) {
    return one.ends_with('-') ? istarts_with(name, one) : iequals(name, one);
  });
}

// The value without its comments, in words.
std::vector<std::string> date_words(std::string_view value) {
  std::vector<std::string> words(1);
  size_t depth = 0;
  for (char c : value) {
    if (c == '(') ++depth;
    bool blank = depth > 0 || c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (c == ')' && depth > 0) --depth;
    if (!blank) words.back() += c;
    if ((blank || c == ',') && !words.back().empty()) words.emplace_back();
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

bool is_number(std::string_view text, size_t least, size_t most) {
  return text.size() >= least && text.size() <= most &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// RFC 5322 §3.3 and §4.3, by its shape: "[Day,] 1 Jan 2026 10:00[:00] zone".
bool is_date(std::string_view value) {
  constexpr std::string_view kMonths = "jan feb mar apr may jun jul aug sep oct nov dec";
  std::vector<std::string> words = date_words(value);
  if (!words.empty() && words.front().ends_with(',')) words.erase(words.begin());
  if (words.size() != 5 || !is_number(words[0], 1, 2) || !is_number(words[2], 2, 4)) return false;
  if (words[1].size() != 3 || !kMonths.contains(lower(words[1]))) return false;
  std::string_view time = words[3];
  if (time.size() != 5 && time.size() != 8) return false;
  for (size_t i = 0; i < time.size(); i += 3) {
    if (!is_number(time.substr(i, 2), 2, 2)) return false;
    if (i > 0 && time[i - 1] != ':') return false;
  }
  std::string_view zone = words[4];
  if (zone[0] == '+' || zone[0] == '-') return is_number(zone.substr(1), 4, 4);
  return zone.size() <= 5 && std::ranges::all_of(zone, [](char c) { return is_alnum(c); });
}

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
  facts.has_route = facts.has_route || list->has_route;
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
    } else if (iequals(field.name, "Received") || iequals(field.name, "X-Received")) {
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

bool is_removed_on_submission(std::string_view field_name, Trace trace) {
  constexpr std::array<std::string_view, 5> kAlways = {
      "Bcc", "Resent-Bcc", "Return-Path", "Authentication-Results", "X-Posthouse-"};
  constexpr std::array<std::string_view, 5> kTraces = {
      "Delivered-To", "Received-SPF", "ARC-Seal", "ARC-Message-Signature",
      "ARC-Authentication-Results"};
  return names(kAlways, field_name) || (trace == Trace::rename && names(kTraces, field_name));
}

namespace {

bool is_replaced(const HeaderField& field) {
  // One with 8-bit octets is refused or kept, as every other field.
  if (!is_ascii(field.value)) return false;
  if (iequals(field.name, "Date")) return !is_date(field.value);
  return iequals(field.name, "Message-ID") && inner_message_id(field.value).empty();
}

// The field as it goes out; nothing where it may stay as it is.
Result<std::optional<std::string>> new_form(const HeaderField& field,
                                            const SubmissionFields& fields) {
  bool renamed = fields.trace == Trace::rename && iequals(field.name, "Received");
  std::string name = (renamed ? "X-" : "") + std::string(field.name);
  if (!is_ascii(field.raw)) {
    if (fields.raw_utf8 == RawUtf8::encode) return TRY(ascii_field(name, field, fields.domains));
    if (auto proper = field_of_proper_domains(name, field, fields.domains)) return proper;
  }
  size_t blanks = blanks_before_colon(field);
  if (!renamed && blanks == 0) return std::nullopt;
  // RFC 5322 §4: obsolete forms are read, and never written.
  return name + std::string(field.raw.substr(field.name.size() + blanks));
}

}  // namespace

Result<Rewritten> rewrite_submission(std::string_view message, const SubmissionFields& fields) {
  HeaderBlock block = TRY(read_header_block(message));
  Rewritten out;
  out.bytes.reserve(message.size() + 128);
  out.added_date = out.added_message_id = true;
  size_t at = 0;
  for (const HeaderField& field : block.fields) {
    bool removed = is_removed_on_submission(field.name, fields.trace);
    bool replaced = is_replaced(field);
    if (!replaced && iequals(field.name, "Date")) out.added_date = false;
    if (!replaced && iequals(field.name, "Message-ID")) out.added_message_id = false;
    std::optional<std::string> form;
    if (!removed && !replaced) form = TRY(new_form(field, fields));
    if (!removed && !replaced && !form) continue;
    out.bytes += message.substr(at, field.offset - at);
    at = field.offset + field.raw.size();
    if (form) out.bytes += *form;
    else out.removed.emplace_back(field.name);
  }
  out.bytes += message.substr(at, block.end - at);
  // A header that ends with the message may lack its last line end.
  if (!out.bytes.empty() && !out.bytes.ends_with('\n')) out.bytes += "\r\n";
  if (out.added_date) out.bytes += "Date: " + format_date(fields.date) + "\r\n";
  if (out.added_message_id) out.bytes += "Message-ID: <" + fields.message_id + ">\r\n";
  if (block.end == message.size()) {
    out.bytes += "\r\n";
  } else {
    out.bytes += message.substr(block.end);
  }
  return out;
}

}  // namespace ph::mime
