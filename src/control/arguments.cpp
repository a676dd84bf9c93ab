#include <fmt/format.h>

#include "base/limits.h"
#include "base/text.h"
#include "control/operation_table.h"
#include "core/transaction.h"
#include "dns/domain_name.h"
#include "store/account.h"
#include "store/domain.h"

namespace ph::control {

using core::Outcome;
using core::Reason;
using core::refuse;

namespace {

Outcome<AccountId> only_account(sql::Connection& sql) {
  auto rows = REFUSE_TRY(store::accounts_for_operator(sql, {.limit = 2}));
  if (rows.size() == 1) return rows[0].id;
  return refuse(Reason::missing_field,
                rows.empty() ? "There is no account yet: posthouse account create NAME."
                             : "There are several accounts: say which with --account.",
                "account");
}

}  // namespace

core::Actor control_actor() {
  return {.kind = core::Actor::Kind::control, .role = core::Role::operator_, .from = "control"};
}

Outcome<std::string> Arguments::text(std::string_view name) const {
  auto at = at_.maybe(name);
  auto found = REFUSE_TRY(std::move(at));
  if (!found)
    return refuse(Reason::missing_field, fmt::format("{} is missing.", name), std::string(name));
  return REFUSE_TRY(found->string(limits::kControlRequest));
}

Outcome<std::string> Arguments::text_or(std::string_view name, std::string otherwise) const {
  auto found = REFUSE_TRY(at_.maybe(name));
  if (!found) return otherwise;
  return REFUSE_TRY(found->string(limits::kControlRequest));
}

Outcome<int64_t> Arguments::number_or(std::string_view name, int64_t otherwise) const {
  auto found = REFUSE_TRY(at_.maybe(name));
  if (!found) return otherwise;
  if (!found->value().is_string()) return REFUSE_TRY(found->integer());
  auto number = parse_number<int64_t>(found->value().as_string());
  if (!number) return refuse(Reason::invalid_field, "This must be a number.", std::string(name));
  return *number;
}

Outcome<std::vector<std::string>> Arguments::texts(std::string_view name) const {
  std::vector<std::string> out;
  auto found = REFUSE_TRY(at_.maybe(name));
  if (!found) return out;
  for (const json::Reader& item : REFUSE_TRY(found->items(limits::kRecipients)))
    out.push_back(REFUSE_TRY(item.string(limits::kControlRequest)));
  return out;
}

net::Task<Outcome<AccountId>> Arguments::account() const {
  std::string named = CO_REFUSE_TRY(text_or("account"));
  if (!named.empty()) {
    auto row = CO_REFUSE_TRY(co_await services_.accounts.find(control_actor(), named));
    co_return row.id;
  }
  co_return co_await core::look<AccountId>(services_.context, only_account);
}

net::Task<Outcome<AccountId>> Arguments::account_of_domain(std::string name) const {
  std::string named = CO_REFUSE_TRY(text_or("account"));
  auto parsed = dns::DomainName::parse(name);
  if (!named.empty() || !parsed) co_return co_await account();
  auto job = [name = parsed->text()](sql::Connection& sql) -> Outcome<AccountId> {
    auto claims = REFUSE_TRY(store::domain_claims_for_operator(sql, name));
    if (claims.size() == 1) return claims[0].account_id;
    return only_account(sql);
  };
  co_return co_await core::look<AccountId>(services_.context, std::move(job));
}

net::Task<Outcome<AccountId>> Arguments::account_of_address(std::string email) const {
  size_t at = email.rfind('@');
  std::string domain = at == std::string::npos ? email : email.substr(at + 1);
  while (!domain.empty() && (domain.back() == '>' || domain.back() == ' ')) domain.pop_back();
  co_return co_await account_of_domain(std::move(domain));
}

}  // namespace ph::control
