// Settings that change while the program runs, and the agreement in its versions.
#include "api/rest/route.h"
#include "api/rest/schemas.h"
#include "core/settings_json.h"

namespace ph::rest {
namespace {

using core::Action;
using core::Outcome;
using core::Reason;

// The table is short and its order is its own: a page begins after so many rows.
Answer setting_page(const std::vector<core::SettingView>& views, const Call& call) {
  auto first = std::min(views.size(), static_cast<size_t>(std::max<int64_t>(0, call.after)));
  size_t last = std::min(views.size(), first + call.limit);
  json::Value items = json::Value::array();
  for (size_t i = first; i < last; ++i) items.push(core::setting_json(views[i]));
  return page_answer(std::move(items), call,
                     last < views.size() ? static_cast<int64_t>(last) : 0);
}

std::vector<std::pair<std::string, std::string>> values_of(const Call& call) {
  std::vector<std::pair<std::string, std::string>> out;
  for (const json::Member& member : call.body.find("values")->as_object())
    out.emplace_back(member.name, member.value.is_null() ? "" : member.value.as_string());
  return out;
}

net::Task<Reply> setting_list(const Services& s, Call& call) {
  co_return setting_page(CO_REFUSE_TRY(co_await s.core.settings.list(call.actor, {})), call);
}

net::Task<Reply> setting_put(const Services& s, Call& call) {
  CO_REFUSE_TRY(co_await s.core.settings.put(call.actor, {}, values_of(call)));
  co_return Answer{};
}

net::Task<Reply> account_setting_list(const Services& s, Call& call) {
  AccountId id(CO_REFUSE_TRY(path_number(call, 0, "account")));
  co_return setting_page(CO_REFUSE_TRY(co_await s.core.settings.list(call.actor, id)), call);
}

net::Task<Reply> account_setting_put(const Services& s, Call& call) {
  AccountId id(CO_REFUSE_TRY(path_number(call, 0, "account")));
  CO_REFUSE_TRY(co_await s.core.settings.put(call.actor, id, values_of(call)));
  co_return Answer{};
}

json::Value agreement_json(const store::AgreementRow& row, std::string_view language) {
  return json::Value::object(
      {{"version", row.version}, {"text", language == "zh" ? row.text_zh : row.text_en}});
}

net::Task<Reply> agreement_get(const Services& s, Call& call) {
  co_return Answer{.body = agreement_json(CO_REFUSE_TRY(co_await s.core.agreements.current()),
                                          call.filter("language"))};
}

net::Task<Reply> agreement_put(const Services& s, Call& call) {
  core::NewAgreement given{.version = call.text("version"),
                           .text_en = call.text("text_en"),
                           .text_zh = call.text("text_zh")};
  auto row = CO_REFUSE_TRY(co_await s.core.agreements.put(call.actor, std::move(given)));
  co_return Answer{.body = agreement_json(row, "en")};
}

}  // namespace

std::span<const Route> setting_routes() {
  static const Route routes[] = {
      {.method = "GET",
       .path = "/api/v1/settings",
       .operation = "setting_list",
       .summary = "What the operator may set while the program runs, and what is in force",
       .action = Action::operate,
       .takes = Takes::page,
       .response = &schemas::kSetting,
       .run = setting_list},
      {.method = "PUT",
       .path = "/api/v1/settings",
       .operation = "setting_put",
       .summary = "Set some of them, all or none",
       .action = Action::operate,
       .request = &schemas::kSettingValues,
       .status = 204,
       .run = setting_put},
      {.method = "GET",
       .path = "/api/v1/accounts/{account}/settings",
       .operation = "account_setting_list",
       .summary = "What an account may have of its own, and what is in force for it",
       .action = Action::operate,
       .takes = Takes::page,
       .response = &schemas::kSetting,
       .reasons = {Reason::not_found},
       .run = account_setting_list},
      {.method = "PUT",
       .path = "/api/v1/accounts/{account}/settings",
       .operation = "account_setting_put",
       .summary = "Set some of them for this account, all or none",
       .action = Action::operate,
       .request = &schemas::kSettingValues,
       .reasons = {Reason::not_found},
       .status = 204,
       .run = account_setting_put},
      {.method = "GET",
       .path = "/api/v1/agreement",
       .operation = "agreement_get",
       .summary = "The service agreement in force",
       .guard = Guard::open,
       .filters = {{"language", "of its text", {"en", "zh"}}},
       .response = &schemas::kAgreement,
       .run = agreement_get},
      {.method = "PUT",
       .path = "/api/v1/agreement",
       .operation = "agreement_put",
       .summary = "A new version, in force from now on",
       .action = Action::operate,
       .request = &schemas::kNewAgreement,
       .response = &schemas::kAgreement,
       .reasons = {Reason::conflict},
       .run = agreement_put,
       .body_most = limits::kAgreementBodyBytes},
  };
  return routes;
}

}  // namespace ph::rest
