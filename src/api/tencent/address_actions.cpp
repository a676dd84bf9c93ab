#include "api/tencent/refusal.h"
#include "core/address.h"
#include "store/address.h"

namespace ph::tencent {
namespace {

using json::Value;

constexpr int64_t kAddressMost = 320;  // octets: what an address of both limits has

net::Task<Reply> create_email_address(Call& call) {
  core::NewAddress address{.account = {},
                           .email = call.text("EmailAddress"),
                           .display_name = call.text("EmailSenderName"),
                           .smtp_password = {}};
  CO_TRY(judged(call, co_await call.services.addresses.create(call.actor, std::move(address))));
  co_return Value::object();
}

Value sender_value(const store::AddressRow& row) {
  return Value::object({{"EmailAddress", row.email},
                        {"EmailSenderName", row.display_name},
                        {"CreatedTimestamp", row.created_at.seconds()},
                        {"SmtpPwdType", row.smtp_hash.empty() ? 0 : 1}});
}

net::Task<Reply> list_email_address(Call& call) {
  Value senders = Value::array();
  AddressId after;
  for (size_t rows = 0; rows < limits::kTencentRows;) {
    auto page = CO_TRY(judged(
        call, co_await call.services.addresses.list(call.actor, {}, after, limits::kPageMost)));
    for (const store::AddressRow& row : page) senders.push(sender_value(row));
    rows += page.size();
    if (page.size() < limits::kPageMost) break;
    after = page.back().id;
  }
  co_return Value::object({{"EmailSenders", std::move(senders)}});
}

net::Task<Reply> delete_email_address(Call& call) {
  CO_TRY(judged(
      call, co_await call.services.addresses.remove(call.actor, {}, call.text("EmailAddress"))));
  co_return Value::object();
}

net::Task<Reply> update_smtp_password(Call& call) {
  using enum core::Addresses::Replace;
  CO_TRY(judged(
      call, co_await call.services.addresses.set_smtp_password(
                call.actor, {}, call.text("EmailAddress"), call.text("Password"), with_another)));
  co_return Value::object();
}

}  // namespace

std::span<const Action> address_actions() {
  static const Action actions[] = {
      {.name = "CreateEmailAddress",
       .access = core::Action::manage_addresses,
       .parameters = {{.name = "EmailAddress",
                       .presence = Presence::required,
                       .most = kAddressMost,
                       .wrong = Code::illegal_address},
                      {.name = "EmailSenderName", .wrong = Code::illegal_sender_name}},
       .codes = {Code::illegal_address, Code::illegal_sender_name, Code::repeat_address,
                 Code::domain_not_verified, Code::exceed_sender_limit},
       .fields = {{"email", "EmailAddress"}, {"name", "EmailSenderName"}},
       .exists = Code::repeat_address,
       .run = create_email_address},
      {.name = "ListEmailAddress",
       .access = core::Action::view,
       .parameters = {},
       .codes = {},
       .fields = {},
       .run = list_email_address},
      {.name = "DeleteEmailAddress",
       .access = core::Action::manage_addresses,
       .parameters = {{.name = "EmailAddress",
                       .presence = Presence::required,
                       .most = kAddressMost,
                       .wrong = Code::no_such_sender}},
       .codes = {Code::no_such_sender},
       .fields = {{"email", "EmailAddress"}},
       .absent = Code::no_such_sender,
       .run = delete_email_address},
      {.name = "UpdateEmailSmtpPassWord",
       .access = core::Action::manage_addresses,
       .parameters = {{.name = "Password",
                       .presence = Presence::required,
                       .most = 64,
                       .wrong = Code::invalid_smtp_password},
                      {.name = "EmailAddress",
                       .presence = Presence::required,
                       .most = kAddressMost,
                       .wrong = Code::no_such_sender}},
       .codes = {Code::invalid_smtp_password, Code::no_such_sender, Code::repeat_password},
       .fields = {{"email", "EmailAddress"}, {"smtp_password", "Password"}},
       .absent = Code::no_such_sender,
       .exists = Code::repeat_password,
       .run = update_smtp_password},
  };
  return actions;
}

}  // namespace ph::tencent
