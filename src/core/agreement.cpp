#include "core/agreement.h"

#include <fmt/format.h>

#include "base/text.h"
#include "core/audit.h"
#include "core/transaction.h"
#include "json/json.h"

namespace ph::core {
namespace {

constexpr std::string_view kFirstEnglish =
    "1. You send only to people who asked for your mail or who expect it, and you stop when they "
    "ask you to.\n\n"
    "2. You send nothing that is unlawful, that deceives about who sends it, or that harms who "
    "receives it.\n\n"
    "3. What you say about who you are is true, and you keep it so.\n\n"
    "4. The operator may limit or suspend sending that harms others, and tells you why.\n\n"
    "5. Mails are counted when they are accepted for delivery. What they cost stands under "
    "Billing before you send.";
constexpr std::string_view kFirstChinese =
    "1. 您只向主动订阅或合理期待收到邮件的收件人发信，并在对方要求时停止发送。\n\n"
    "2. 您不发送违法内容，不冒用他人身份，不发送对收件人有害的内容。\n\n"
    "3. 您提供的身份信息真实有效，并在变化时及时更新。\n\n"
    "4. 对于损害他人的发信行为，管理员可以限制或暂停，并告知原因。\n\n"
    "5. 邮件在被接受投递时计数。费用标准在发送前可在“费用”页面查看。";

bool good_version(const std::string& version) {
  return !version.empty() && version.size() <= limits::kAgreementVersion &&
         std::ranges::all_of(version, [](char c) {
           return is_alnum(c) || c == '-' || c == '.' || c == '_';
         });
}

// A line end is the one control character that a text needs.
bool is_plain_text(const std::string& text) {
  std::string rest;
  for (char c : text)
    if (c != '\n') rest += c;
  return is_utf8(text) && !has_control(rest);
}

Outcome<> check_text(const std::string& text, const char* field) {
  if (trim(text).empty())
    return refuse(Reason::missing_field, "The agreement needs its text in both languages.", field);
  if (text.size() > limits::kAgreementBytes)
    return refuse(Reason::too_large,
                  fmt::format("A text has at most {} octets.", limits::kAgreementBytes), field);
  if (!is_plain_text(text))
    return refuse(Reason::invalid_field, "The text is plain text.", field);
  return {};
}

// The lines of a browser's form end with CRLF.
std::string plain_lines(const std::string& text) {
  std::string out;
  for (char c : text)
    if (c != '\r') out += c;
  return out;
}

std::string told(const store::AgreementRow& row) {
  return json::serialize(json::Value::object({{"version", row.version}}));
}

}  // namespace

Result<store::AgreementRow> current_agreement(sql::Connection& sql) {
  auto row = TRY(store::newest_agreement(sql));
  if (row) return *row;
  return store::AgreementRow{.version = std::string(kFirstAgreement),
                             .text_en = std::string(kFirstEnglish),
                             .text_zh = std::string(kFirstChinese)};
}

net::Task<Outcome<store::AgreementRow>> Agreements::current() {
  auto job = [](sql::Connection& sql) -> Outcome<store::AgreementRow> {
    return REFUSE_TRY(current_agreement(sql));
  };
  co_return co_await look<store::AgreementRow>(context_, std::move(job));
}

net::Task<Outcome<store::AgreementRow>> Agreements::put(Actor actor, NewAgreement agreement) {
  if (!allowed(actor, Action::operate))
    co_return refuse(Reason::forbidden, "Only the operator may do this.");
  if (!good_version(agreement.version))
    co_return refuse(Reason::invalid_field,
                     "A version is up to 64 letters, digits, dots, dashes and underscores.",
                     "version");
  store::AgreementRow row{.version = std::move(agreement.version),
                          .text_en = plain_lines(agreement.text_en),
                          .text_zh = plain_lines(agreement.text_zh)};
  CO_REFUSE_TRY(check_text(row.text_en, "text_en"));
  CO_REFUSE_TRY(check_text(row.text_zh, "text_zh"));
  auto job = [actor, row](store::Tx& tx) -> Outcome<store::AgreementRow> {
    store::AgreementRow before = REFUSE_TRY(current_agreement(tx.sql())), out = row;
    if (before.version == out.version)
      return refuse(Reason::conflict, "This version is in force. Give the new text a new one.",
                    "version");
    out.id = tx.new_id();
    out.created_at = tx.now();
    auto made = store::insert_agreement(tx.sql(), out);
    if (!made && made.error().code == Errc::conflict)
      return refuse(Reason::conflict, "This version exists. Give the new text a new one.",
                    "version");
    REFUSE_TRY(std::move(made));
    REFUSE_TRY(record_change(tx, actor, {.action = "agreement.set",
                                         .object = "agreement",
                                         .before = told(before),
                                         .after = told(out)}));
    return out;
  };
  co_return co_await transact<store::AgreementRow>(context_, std::move(job));
}

}  // namespace ph::core
