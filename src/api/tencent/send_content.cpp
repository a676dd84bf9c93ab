#include "api/tencent/send_content.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/encoding.h"
#include "base/text.h"
#include "mime/address.h"

namespace ph::tencent {
namespace {

using json::Value;

constexpr std::string_view kNameRefused = " ?\\*|\"<>:/";  // in the name of an attachment
constexpr int64_t kUnsubscribeMost = 12;                   // the last language that has a code

struct FileType {
  std::string_view extension;
  std::string_view type;
};
constexpr FileType kFileTypes[] = {
#define TYPE(extension, type) {extension, type},
#include "api/tencent/attachment_types.inc"
#undef TYPE
};

std::string quoted(std::string_view alias) {
  std::string out = "\"";
  for (char c : alias) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

// In the form that core reads: the alias quoted, whatever is in it.
Judged<std::string> sender_form(const std::string& text, const std::string& parameter) {
  if (text.empty()) return fault(Code::address_is_null, parameter);
  size_t open = text.rfind('<');
  if (open == std::string::npos) return text;
  bool spaced = open >= 2 && text[open - 1] == ' ' && text[open - 2] != ' ';
  if (!spaced || !text.ends_with('>')) return fault(Code::incorrect_sender, parameter);
  std::string_view alias = std::string_view(text).substr(0, open - 1);
  if (alias.find_first_of(":<>") != std::string_view::npos)
    return fault(Code::incorrect_sender, parameter);
  if (alias.size() >= 2 && alias.starts_with('"') && alias.ends_with('"'))
    alias = alias.substr(1, alias.size() - 2);
  return quoted(alias) + " " + text.substr(open);
}

// Go's and Java's decoders skip line ends, and clients rely on it.
Result<std::string> decode(std::string text) {
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n'; });
  return base64_decode(text);
}

std::string member_text(const Value& object, std::string_view name) {
  const Value* value = object.find(name);
  return value != nullptr && value->is_string() ? value->as_string() : std::string();
}

Judged<std::vector<std::string>> read_addresses(const Call& call, const char* name) {
  std::vector<std::string> out = call.texts(name);
  for (size_t i = 0; i < out.size(); ++i)
    if (trim(out[i]).empty()) return fault(Code::address_is_null, fmt::format("{}.{}", name, i));
  return out;
}

Judged<std::string> read_body(const Value& simple, const char* name) {
  std::string parameter = fmt::format("Simple.{}", name);
  auto text = decode(member_text(simple, name));
  if (!text || !is_utf8(*text) || text->contains('\0'))
    return fault(Code::content_wrong, parameter);
  return std::move(*text);
}

Judged<> read_template(const Value& given) {
  auto data = json::parse(member_text(given, "TemplateData"), limits::kTencentJsonText);
  if (!data || !data->is_object()) return fault(Code::template_data_wrong, "Template.TemplateData");
  // There are no templates yet, so whichever is named does not exist.
  return fault(Code::invalid_template, "Template.TemplateID");
}

Judged<mime::Attachment> read_attachment(const Value& given, const std::string& parameter) {
  std::string name = member_text(given, "FileName");
  std::string_view type = attachment_type(name);
  if (type.empty()) return fault(Code::attachment_name, parameter + ".FileName");
  if (!member_text(given, "FileURL").empty()) return fault(Code::file_url, parameter + ".FileURL");
  auto content = decode(member_text(given, "Content"));
  if (!content || content->empty()) return fault(Code::attachment_wrong, parameter + ".Content");
  if (content->size() > limits::kTencentAttachmentBytes)
    return fault(Code::attachment_too_large, parameter + ".Content");
  return mime::Attachment{.filename = std::move(name),
                          .content_type = std::string(type),
                          .content = std::move(*content),
                          .content_id = {}};
}

}  // namespace

std::string_view attachment_type(std::string_view file_name) {
  size_t dot = file_name.rfind('.');
  bool plain = dot != std::string_view::npos && dot > 0 &&
               file_name.find_first_of(kNameRefused) == std::string_view::npos;
  if (!plain) return {};
  std::string extension = lower(file_name.substr(dot + 1));
  auto found = std::ranges::find(kFileTypes, extension, &FileType::extension);
  return found == std::end(kFileTypes) ? std::string_view() : found->type;
}

Judged<std::string> read_sender(const Call& call) {
  std::string from = TRY(sender_form(call.text("FromEmailAddress"), "FromEmailAddress"));
  if (call.find("HeaderFrom") == nullptr) return from;
  std::string shown = TRY(sender_form(call.text("HeaderFrom"), "HeaderFrom"));
  auto sender = mime::parse_api_address(from), other = mime::parse_api_address(shown);
  if (!sender) return fault(Code::incorrect_sender, "FromEmailAddress");
  if (!other) return fault(Code::incorrect_sender, "HeaderFrom");
  // The From field is what a sender address is verified for: it names no other one.
  if (sender->local != other->local || sender->domain != other->domain)
    return fault(Code::header_from_differs, "HeaderFrom");
  return shown;
}

Judged<> read_recipients(const Call& call, core::FieldContent& out) {
  out.to = TRY(read_addresses(call, "Destination"));
  out.cc = TRY(read_addresses(call, "Cc"));
  out.bcc = TRY(read_addresses(call, "Bcc"));
  if (out.to.empty() && out.cc.empty() && out.bcc.empty())
    return fault(Code::address_is_null, "Destination");
  for (size_t i = 0; i < out.bcc.size(); ++i) {
    auto same = [&](const std::string& to) { return iequals(trim(to), trim(out.bcc[i])); };
    if (std::ranges::any_of(out.to, same))
      return fault(Code::repeated_in_bcc, fmt::format("Bcc.{}", i));
  }
  if (const std::string& reply_to = call.text("ReplyToAddresses"); !reply_to.empty())
    out.reply_to.push_back(reply_to);
  return {};
}

Judged<> read_content(const Call& call, core::FieldContent& out) {
  if (const Value* given = call.find("Template")) return read_template(*given);
  const Value* simple = call.find("Simple");
  if (simple == nullptr) return fault(Code::missing_content);
  out.html = TRY(read_body(*simple, "Html"));
  out.text = TRY(read_body(*simple, "Text"));
  if (out.html.empty() && out.text.empty()) return fault(Code::missing_content);
  if (out.html.size() + out.text.size() > limits::kTencentContentBytes)
    return fault(Code::content_too_large);
  return {};
}

Judged<> read_headers(const Call& call, core::FieldContent& out) {
  if (const Value* id = call.find("SmtpMessageId"); id != nullptr && id->as_string().empty())
    return fault(Code::message_id_wrong, "SmtpMessageId");
  std::string_view id = call.text("SmtpMessageId");
  if (id.starts_with('<') && id.ends_with('>')) id = id.substr(1, id.size() - 2);
  out.message_id = id;
  const std::string& text = call.text("SmtpHeaders");
  if (text.empty()) return {};
  auto headers = json::parse(text, limits::kTencentJsonText);
  if (!headers || !headers->is_object()) return fault(Code::header_wrong, "SmtpHeaders");
  for (const json::Member& member : headers->as_object()) {
    if (!member.value.is_string()) return fault(Code::header_wrong, "SmtpHeaders");
    out.headers.push_back({member.name, member.value.as_string()});
  }
  return {};
}

Judged<> read_attachments(const Call& call, core::FieldContent& out) {
  const Value* list = call.find("Attachments");
  if (list == nullptr) return {};
  size_t bytes = 0;
  for (const Value& given : list->as_array()) {
    std::string parameter = fmt::format("Attachments.{}", out.attachments.size());
    out.attachments.push_back(TRY(read_attachment(given, parameter)));
    bytes += out.attachments.back().content.size();
    if (bytes > limits::kTencentAttachmentsBytes)
      return fault(Code::attachment_too_large, parameter + ".Content");
  }
  return {};
}

Judged<> read_options(const Call& call) {
  // TriggerType asks for the immediate channel, or does not; all mail leaves at once here, so both
  // are served, and parameter.cpp has refused any other.
  const std::string& language = call.text("Unsubscribe");
  auto code = parse_number<int64_t>(language.empty() ? "0" : language);
  if (!code || *code < 0 || *code > kUnsubscribeMost)
    return fault(Code::invalid_value, "Unsubscribe");
  // A mail that should have an unsubscribe link is not sent without one.
  if (*code != 0) return fault(Code::unsupported, "Unsubscribe");
  return {};
}

}  // namespace ph::tencent
