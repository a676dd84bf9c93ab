// Settings, customers, their identities and suspensions, as the command line asks for them.
#include "base/encoding.h"
#include "base/id_source.h"
#include "billing/customer_json.h"
#include "control/operation_table.h"
#include "core/settings_json.h"
#include "core/view_json.h"
#include "people/identity_json.h"

namespace ph::control {
namespace {

using core::Outcome;
using core::Reason;
using core::refuse;
using json::Value;

// --- settings ---

// Without an account: the installation.
net::Task<Outcome<AccountId>> whose_settings(const Arguments& a) {
  std::string named = CO_REFUSE_TRY(a.text_or("account"));
  if (named.empty()) co_return AccountId{};
  co_return co_await a.account();
}

Outcome<Value> one_setting(const std::vector<core::SettingView>& views, const std::string& name) {
  for (const core::SettingView& view : views)
    if (view.setting->name == name) return core::setting_json(view);
  return refuse(Reason::not_found, "There is no setting of this name here.", "name");
}

net::Task<Answer> setting_list(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await whose_settings(a));
  Value items = Value::array();
  for (const core::SettingView& view :
       CO_REFUSE_TRY(co_await s.settings.list(control_actor(), account)))
    items.push(Value::object({{"name", view.setting->name},
                              {"value", view.value},
                              {"own", view.own},
                              {"fallback", view.setting->fallback}}));
  co_return Value::object({{"items", items}});
}

net::Task<Answer> setting_get(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await whose_settings(a));
  std::string name = CO_REFUSE_TRY(a.text("name"));
  co_return one_setting(CO_REFUSE_TRY(co_await s.settings.list(control_actor(), account)), name);
}

net::Task<Answer> setting_set(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await whose_settings(a));
  std::string name = CO_REFUSE_TRY(a.text("name"));
  std::string value = CO_REFUSE_TRY(a.text_or("value"));
  co_return one_setting(
      CO_REFUSE_TRY(co_await s.settings.put(control_actor(), account, {{name, value}})), name);
}

Value agreement_json(const store::AgreementRow& row) {
  return Value::object(
      {{"version", row.version}, {"text_en", row.text_en}, {"text_zh", row.text_zh}});
}

net::Task<Answer> agreement_show(const Services& s, const Arguments&) {
  co_return agreement_json(CO_REFUSE_TRY(co_await s.agreements.current()));
}

net::Task<Answer> agreement_set(const Services& s, const Arguments& a) {
  core::NewAgreement given{.version = CO_REFUSE_TRY(a.text("version")),
                           .text_en = CO_REFUSE_TRY(a.text("text_en")),
                           .text_zh = CO_REFUSE_TRY(a.text("text_zh"))};
  co_return agreement_json(
      CO_REFUSE_TRY(co_await s.agreements.put(control_actor(), std::move(given))));
}

// --- identities ---

net::Task<Answer> identity_list(const Services& s, const Arguments& a) {
  std::optional<store::IdentityState> state;
  if (std::string word = CO_REFUSE_TRY(a.text_or("state")); !word.empty()) {
    auto parsed = store::parse_identity_state(word);
    if (!parsed)
      co_return refuse(Reason::invalid_field, "A state is submitted, approved or rejected.",
                       "state");
    state = *parsed;
  }
  int64_t after = CO_REFUSE_TRY(a.number_or("after", 0));
  Value items = Value::array();
  for (const store::IdentityReviewRow& row : CO_REFUSE_TRY(co_await s.identities.reviews(
           control_actor(), state, {.after = after, .limit = limits::kPageMost})))
    items.push(people::review_json(row));
  co_return Value::object({{"items", items}});
}

net::Task<Answer> identity_show(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await a.account());
  co_return people::identity_json(
      CO_REFUSE_TRY(co_await s.identities.review(control_actor(), account)));
}

net::Task<Answer> identity_evidence(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await a.account());
  auto id = parse_id(CO_REFUSE_TRY(a.text("id")));
  if (!id) co_return refuse(Reason::not_found, "There is no such file.", "id");
  auto opened = CO_REFUSE_TRY(co_await s.identities.open(control_actor(), account, *id));
  Value out = people::evidence_json(opened.row);
  out.set("content", base64_encode(opened.bytes));
  co_return out;
}

net::Task<Answer> identity_approve(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await a.account());
  co_return people::identity_json(
      CO_REFUSE_TRY(co_await s.identities.approve(control_actor(), account)));
}

net::Task<Answer> identity_reject(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await a.account());
  std::string reason = CO_REFUSE_TRY(a.text("reason"));
  co_return people::identity_json(
      CO_REFUSE_TRY(co_await s.identities.reject(control_actor(), account, reason)));
}

// --- customers ---

net::Task<Answer> customer_list(const Services& s, const Arguments& a) {
  billing::CustomerSearch search{.state = CO_REFUSE_TRY(a.text_or("state")),
                                 .text = CO_REFUSE_TRY(a.text_or("search"))};
  int64_t after = CO_REFUSE_TRY(a.number_or("after", 0));
  Value items = Value::array();
  for (const billing::Customer& one : CO_REFUSE_TRY(co_await s.customers.list(
           control_actor(), std::move(search), {.after = after, .limit = limits::kPageMost})))
    items.push(billing::customer_json(one));
  co_return Value::object({{"items", items}});
}

net::Task<Answer> customer_show(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await a.account());
  co_return billing::customer_view_json(
      CO_REFUSE_TRY(co_await s.customers.get(control_actor(), account)));
}

net::Task<Answer> account_suspend(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await a.account());
  std::string reason = CO_REFUSE_TRY(a.text("reason"));
  bool mail = a.value("notice") != nullptr;
  auto tell = mail ? people::TellThem::by_mail : people::TellThem::no;
  co_return core::account_json(
      CO_REFUSE_TRY(co_await s.suspensions.suspend(control_actor(), account, reason, tell)));
}

net::Task<Answer> account_resume(const Services& s, const Arguments& a) {
  AccountId account = CO_REFUSE_TRY(co_await a.account());
  co_return core::account_json(
      CO_REFUSE_TRY(co_await s.suspensions.resume(control_actor(), account)));
}

}  // namespace

std::span<const Operation> customer_operations() {
  static const Operation operations[] = {
      {"setting.list", {"account"}, setting_list},
      {"setting.get", {"name", "account"}, setting_get},
      {"setting.set", {"name", "value", "account"}, setting_set},
      {"agreement.show", {}, agreement_show},
      {"agreement.set", {"version", "text_en", "text_zh"}, agreement_set},
      {"identity.list", {"state", "after"}, identity_list},
      {"identity.show", {"account"}, identity_show},
      {"identity.evidence", {"account", "id"}, identity_evidence},
      {"identity.approve", {"account"}, identity_approve},
      {"identity.reject", {"account", "reason"}, identity_reject},
      {"customer.list", {"state", "search", "after"}, customer_list},
      {"customer.show", {"account"}, customer_show},
      {"account.suspend", {"account", "reason", "notice"}, account_suspend},
      {"account.resume", {"account"}, account_resume},
  };
  return operations;
}

}  // namespace ph::control
