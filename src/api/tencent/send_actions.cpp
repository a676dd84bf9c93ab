#include "api/tencent/refusal.h"
#include "api/tencent/send_content.h"
#include "base/text.h"
#include "core/message_id.h"

namespace ph::tencent {
namespace {

using json::Value;

net::Task<Reply> send_email(Call& call) {
  core::FieldContent content;
  content.from = CO_TRY(read_sender(call));
  CO_TRY(read_recipients(call, content));
  content.subject = call.text("Subject");
  if (content.subject.empty()) co_return fault(Code::missing_parameter, "Subject");
  CO_TRY(read_options(call));
  CO_TRY(read_content(call, content));
  CO_TRY(read_headers(call, content));
  CO_TRY(read_attachments(call, content));
  core::SendRequest request;
  request.actor = call.actor;
  request.door = core::Door::tencent;
  request.fields = std::move(content);
  request.idempotency = call.once;
  auto sent = CO_TRY(judged(call, co_await call.services.sender.send(std::move(request))));
  co_return Value::object(
      {{"MessageId", core::format_tencent_message_id({.app_id = call.app_id, .id = sent.id})}});
}

std::vector<Parameter> send_parameters() {
  return {
      {.name = "FromEmailAddress", .presence = Presence::required, .wrong = Code::incorrect_sender},
      {.name = "Subject",
       .presence = Presence::required,
       .most = limits::kSubject * kUtf8Most,
       .wrong = Code::subject_wrong},
      {.name = "Destination",
       .kind = Kind::texts,
       .items = limits::kTencentTo,
       .wrong = Code::incorrect_email,
       .over = Code::too_many_recipients},
      {.name = "Cc",
       .kind = Kind::texts,
       .items = limits::kTencentCopies,
       .wrong = Code::incorrect_email,
       .over = Code::too_many_recipients},
      {.name = "Bcc",
       .kind = Kind::texts,
       .items = limits::kTencentCopies,
       .wrong = Code::incorrect_email,
       .over = Code::too_many_recipients},
      {.name = "ReplyToAddresses", .wrong = Code::incorrect_email},
      {.name = "Template",
       .kind = Kind::object,
       .members = {{.name = "TemplateID",
                    .kind = Kind::integer,
                    .presence = Presence::required,
                    .most = INT64_MAX},
                   {.name = "TemplateData",
                    .kind = Kind::json_text,
                    .presence = Presence::required,
                    .most = limits::kTencentJsonText,
                    .wrong = Code::template_data_wrong}}},
      {.name = "Simple",
       .kind = Kind::object,
       .members = {{.name = "Html", .kind = Kind::base64, .wrong = Code::content_wrong},
                   {.name = "Text", .kind = Kind::base64, .wrong = Code::content_wrong}}},
      {.name = "Attachments",
       .kind = Kind::objects,
       .items = limits::kTencentAttachments,
       .over = Code::too_many_attachments,
       .members = {{.name = "FileName",
                    .presence = Presence::required,
                    .most = limits::kFilename,
                    .wrong = Code::attachment_name},
                   {.name = "Content", .kind = Kind::base64, .wrong = Code::attachment_wrong},
                   {.name = "FileURL", .wrong = Code::file_url}}},
      {.name = "Unsubscribe"},
      {.name = "TriggerType", .kind = Kind::integer, .most = 1},
      {.name = "SmtpMessageId", .wrong = Code::message_id_wrong},
      {.name = "SmtpHeaders",
       .kind = Kind::json_text,
       .most = limits::kTencentJsonText,
       .wrong = Code::header_wrong},
      {.name = "HeaderFrom", .wrong = Code::incorrect_sender},
  };
}

}  // namespace

std::span<const Action> send_actions() {
  static const Action actions[] = {
      {.name = "SendEmail",
       .access = core::Action::send,
       .parameters = send_parameters(),
       .codes = {Code::account_not_activated,
                 Code::account_suspended,
                 Code::incorrect_sender,
                 Code::header_from_differs,
                 Code::not_authenticated_sender,
                 Code::address_is_null,
                 Code::incorrect_email,
                 Code::repeated_in_bcc,
                 Code::too_many_recipients,
                 Code::subject_wrong,
                 Code::header_wrong,
                 Code::message_id_wrong,
                 Code::missing_content,
                 Code::content_wrong,
                 Code::content_too_large,
                 Code::template_data_wrong,
                 Code::invalid_template,
                 Code::too_many_attachments,
                 Code::attachment_too_large,
                 Code::attachment_wrong,
                 Code::attachment_name,
                 Code::file_url,
                 Code::daily_limit,
                 Code::insufficient_quota,
                 Code::insufficient_balance,
                 Code::high_rejection_rate,
                 Code::temporary_blocked,
                 Code::frequency_limit,
                 Code::mail_wrong},
       .fields = {{"from", "FromEmailAddress"},
                  {"subject", "Subject"},
                  {"to", "Destination"},
                  {"cc", "Cc"},
                  {"bcc", "Bcc"},
                  {"reply_to", "ReplyToAddresses"},
                  {"text", "Simple"},
                  {"html", "Simple"},
                  {"headers", "SmtpHeaders"},
                  {"message_id", "SmtpMessageId"},
                  {"attachments", "Attachments"}},
       .domain_unfit = Code::not_authenticated_sender,
       .run = send_email},
  };
  return actions;
}

}  // namespace ph::tencent
