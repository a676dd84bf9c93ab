#include "base/encoding.h"
#include "base/id_source.h"
#include "control/operation_table.h"
#include "core/message_id.h"
#include "core/view_json.h"

namespace ph::control {
namespace {

using core::Outcome;
using core::Reason;
using core::refuse;
using json::Value;

Outcome<std::vector<mime::Attachment>> attachments_of(const Arguments& a) {
  std::vector<mime::Attachment> out;
  auto list = REFUSE_TRY(a.reader().maybe("attachments"));
  if (!list) return out;
  for (const json::Reader& item : REFUSE_TRY(list->items(limits::kAttachments))) {
    mime::Attachment attachment;
    attachment.filename = REFUSE_TRY(REFUSE_TRY(item.at("filename")).string(limits::kPath));
    std::string coded = REFUSE_TRY(REFUSE_TRY(item.at("content")).string(limits::kControlRequest));
    attachment.content = REFUSE_TRY(base64_decode(coded));
    out.push_back(std::move(attachment));
  }
  return out;
}

net::Task<Answer> send(const Services& s, const Arguments& a) {
  core::FieldContent content;
  content.from = CO_REFUSE_TRY(a.text("from"));
  content.to = CO_REFUSE_TRY(a.texts("to"));
  content.subject = CO_REFUSE_TRY(a.text_or("subject"));
  content.text = CO_REFUSE_TRY(a.text_or("text"));
  content.html = CO_REFUSE_TRY(a.text_or("html"));
  content.attachments = CO_REFUSE_TRY(attachments_of(a));
  core::SendRequest request;
  request.actor = control_actor();
  request.account = CO_REFUSE_TRY(co_await a.account_of_address(content.from));
  request.door = core::Door::cli;
  request.fields = std::move(content);
  auto sent = CO_REFUSE_TRY(co_await s.sender.send(std::move(request)));
  co_return Value::object({{"id", format_id(sent.id.value)}});
}

Outcome<MessageId> message_id(const Arguments& a) {
  return core::read_message_id(REFUSE_TRY(a.text("id")), "id");
}

net::Task<Answer> message_show(const Services& s, const Arguments& a) {
  MessageId id = CO_REFUSE_TRY(message_id(a));
  auto find = [id](sql::Connection& sql) -> Result<AccountId> {
    return TRY(store::message_for_queue(sql, id)).account_id;
  };
  auto account = co_await s.context.store.read<AccountId>(std::move(find));
  if (!account) co_return refuse(Reason::not_found, "There is no such message.", "id");
  co_return core::message_view_json(
      CO_REFUSE_TRY(co_await s.messages.get(control_actor(), *account, id)));
}

net::Task<Answer> message_list(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await a.account());
  auto rows = CO_REFUSE_TRY(
      co_await s.messages.list(control_actor(), account, MessageId{}, limits::kPageMost));
  Value items = Value::array();
  for (const store::MessageRow& row : rows) items.push(core::message_json(row));
  co_return Value::object({{"items", items}});
}

net::Task<Answer> inbox_list(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await a.account());
  auto rows =
      CO_REFUSE_TRY(co_await s.messages.inbox(control_actor(), account, 0, limits::kPageMost));
  Value items = Value::array();
  for (const store::InboxRow& row : rows) items.push(core::inbox_json(row));
  co_return Value::object({{"items", items}});
}

net::Task<Answer> inbox_show(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await a.account());
  auto id = parse_id(CO_REFUSE_TRY(a.text("id")));
  if (!id) co_return refuse(Reason::not_found, "There is no such mail in the inbox.", "id");
  co_return core::inbox_mail_json(
      CO_REFUSE_TRY(co_await s.messages.inbox_mail(control_actor(), account, *id)));
}

}  // namespace

std::span<const Operation> mail_operations() {
  static const Operation operations[] = {
      {"send", {"from", "to", "subject", "text", "html", "attachments", "account"}, send},
      {"message.show", {"id"}, message_show},
      {"message.list", {"account"}, message_list},
      {"inbox.list", {"account"}, inbox_list},
      {"inbox.show", {"id", "account"}, inbox_show},
  };
  return operations;
}

}  // namespace ph::control
