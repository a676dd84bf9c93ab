#include <algorithm>

#include "api/tencent/refusal.h"
#include "core/domain.h"

namespace ph::tencent {
namespace {

using json::Value;

constexpr int64_t kBits1024 = 0, kBits2048 = 1;  // of DKIMOption
constexpr int64_t kWordMost = 255;               // octets of a domain's name

// Level → mails a day, as the original publishes them.
[[maybe_unused]]
constexpr int64_t kLevels[] = {500,     1'000,   2'000,   5'000,   10'000,  20'000,   40'000,
                               60'000,  80'000,  100'000, 150'000, 200'000, 300'000,  400'000,
                               500'000, 600'000, 700'000, 800'000, 900'000, 1'000'000};

Value record_value(const core::RecordFinding& record) {
  std::string found;
  for (const std::string& value : record.found) found += (found.empty() ? "" : "\n") + value;
  return Value::object({{"Type", record.type},
                        {"SendDomain", record.host},
                        {"ExpectedValue", record.expected},
                        {"CurrentValue", found},
                        {"Status", record.state == core::RecordState::ok}});
}

// The records that are needed; what is offered beside them is not part of this door's answer,
// whose clients wait until each is found.
Value attributes_of(const core::DomainView& view) {
  Value out = Value::array();
  for (const core::RecordFinding& record : view.check.records)
    if (!record.optional) out.push(record_value(record));
  return out;
}

int64_t dkim_option_of(const core::DomainView& view) {
  return view.row.dkim_bits <= 1024 ? kBits1024 : kBits2048;
}

Value identity_answer(const core::DomainView& view) {
  return Value::object({{"IdentityType", "DOMAIN"},
                        {"VerifiedForSendingStatus", core::may_send(view.state)},
                        {"Attributes", attributes_of(view)},
                        {"DKIMOption", dkim_option_of(view)}});
}

net::Task<Reply> create_identity(Call& call) {
  co_return identity_answer(CO_TRY(judged(
      call, co_await call.services.domains.create(call.actor, {}, call.text("EmailIdentity")))));
}

net::Task<Reply> get_identity(Call& call) {
  Value out = identity_answer(CO_TRY(judged(
      call, co_await call.services.domains.get(call.actor, {}, call.text("EmailIdentity")))));
  out.set("TagList", Value::array());
  co_return out;
}

net::Task<Reply> update_identity(Call& call) {
  co_return identity_answer(CO_TRY(judged(
      call, co_await call.services.domains.verify(call.actor, {}, call.text("EmailIdentity")))));
}

net::Task<Reply> delete_identity(Call& call) {
  CO_TRY(judged(call,
                co_await call.services.domains.remove(call.actor, {}, call.text("EmailIdentity"))));
  co_return Value::object();
}

const Parameter kIdentity{.name = "EmailIdentity",
                          .presence = Presence::required,
                          .most = kWordMost,
                          .wrong = Code::invalid_identity};
const Parameter kIdentityThatIs{.name = "EmailIdentity",
                                .presence = Presence::required,
                                .most = kWordMost,
                                .wrong = Code::not_exist_domain};

}  // namespace

std::span<const Action> domain_actions() {
  static const Action actions[] = {
      {.name = "CreateEmailIdentity",
       .access = core::Action::manage_domains,
       .parameters = {kIdentity},
       .codes = {Code::created_by_other, Code::invalid_identity, Code::public_suffix,
                 Code::hosts_mailboxes, Code::repeat_creation, Code::exceed_domain_limit},
       .fields = {{"domain", "EmailIdentity"}},
       .exists = Code::repeat_creation,
       .run = create_identity},
      {.name = "GetEmailIdentity",
       .access = core::Action::view,
       .parameters = {kIdentityThatIs},
       .codes = {Code::not_exist_domain},
       .fields = {{"domain", "EmailIdentity"}},
       .absent = Code::not_exist_domain,
       .run = get_identity},
      {.name = "UpdateEmailIdentity",
       .access = core::Action::manage_domains,
       .parameters = {kIdentityThatIs},
       .codes = {Code::not_exist_domain, Code::dkim_not_applied, Code::check_not_available,
                 Code::hosts_mailboxes},
       .fields = {{"domain", "EmailIdentity"}},
       .absent = Code::not_exist_domain,
       .temporary = Code::check_not_available,
       .run = update_identity},
      {.name = "DeleteEmailIdentity",
       .access = core::Action::manage_domains,
       .parameters = {kIdentityThatIs},
       .codes = {Code::not_allow_delete, Code::domain_not_empty, Code::not_exist_domain},
       .fields = {{"domain", "EmailIdentity"}},
       .absent = Code::not_exist_domain,
       .exists = Code::not_allow_delete,
       .run = delete_identity},
  };
  return actions;
}

}  // namespace ph::tencent
