#include "core/settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/encoding.h"
#include "base/limits.h"
#include "base/text.h"
#include "core/audit.h"
#include "core/transaction.h"
#include "json/json.h"
#include "store/account.h"
#include "store/address.h"
#include "store/setting.h"

namespace ph::core {
namespace {

std::string row_name(AccountId account, std::string_view name) {
  if (!account) return fmt::format("set.{}", name);
  return fmt::format("set.{}.{}", account.value, name);
}

std::string seal_place(std::string_view name) {
  return fmt::format("setting:{}", name);
}

const Setting& known(std::string_view name) {
  const Setting* setting = find_setting(name);
  PH_CHECK(setting != nullptr);
  return *setting;
}

// What stands in the row; nothing where there is none.
Result<std::optional<std::string>> stored_value(sql::Connection& sql, AccountId account,
                                                const Setting& setting) {
  if (account && setting.reach == SettingReach::accounts)
    return store::setting_or(sql, row_name(account, setting.name), row_name({}, setting.name));
  return store::setting(sql, row_name({}, setting.name));
}

Outcome<std::string> good_number(const Setting& setting, const std::string& value) {
  auto number = parse_number<int64_t>(value);
  if (number && *number >= setting.least && *number <= setting.most) return fmt::to_string(*number);
  return refuse(Reason::invalid_field,
                fmt::format("A whole number from {} to {}.", setting.least, setting.most));
}

Outcome<std::string> good_word(std::span<const std::string_view> words, const std::string& value) {
  if (std::ranges::find(words, value) != words.end()) return value;
  return refuse(Reason::invalid_field, fmt::format("One of {}.", fmt::join(words, ", ")));
}

Outcome<std::string> good_text(const Setting& setting, const std::string& value) {
  auto size = static_cast<int64_t>(value.size());
  if (is_utf8(value) && !has_control(value) && size >= setting.least && size <= setting.most)
    return value;
  return refuse(Reason::invalid_field,
                fmt::format("Text of {} to {} octets without control characters.", setting.least,
                            setting.most));
}

Outcome<std::string> good_currency(std::string value) {
  if (std::ranges::all_of(value, [](char c) { return c >= 'A' && c <= 'Z'; })) return value;
  return refuse(Reason::invalid_field, "A currency is three letters, as CNY.");
}

// What links begin with: a scheme and a host, maybe a port and a path, without a final slash.
Outcome<std::string> good_url(std::string value) {
  while (value.ends_with('/')) value.pop_back();
  bool scheme = value.starts_with("https://") || value.starts_with("http://");
  std::string_view rest = scheme ? std::string_view(value).substr(value.find("//") + 2) : "";
  constexpr std::string_view kElsewhere = " \"<>#?@\\";
  if (is_ascii(value) && !rest.empty() && !rest.starts_with('/') &&
      rest.find_first_of(kElsewhere) == std::string_view::npos)
    return value;
  return refuse(Reason::invalid_field, "An address as https://mail.example.com.");
}

Outcome<std::string> good_sender(sql::Connection& sql, const std::string& value) {
  size_t at = value.rfind('@');
  if (at != std::string::npos) {
    std::string email = value.substr(0, at + 1) + lower(value.substr(at + 1));
    auto row = store::address_for_sign_in(sql, email);
    if (row) return email;
    if (row.error().code != Errc::not_found) return lift(row.error());
  }
  return refuse(Reason::invalid_field, "No account has this sender address on a verified domain.");
}

// Mails a day of level 1, 2 and so on.
Outcome<std::string> good_volumes(std::string value) {
  int64_t last = 0;
  size_t levels = 0;
  bool good = true;
  for (std::string_view part : split(value, ',')) {
    auto volume = parse_number<int64_t>(trim(part));
    good = good && volume && *volume > last && *volume <= limits::kMailsMost;
    last = volume.value_or(0);
    ++levels;
  }
  if (good && levels <= limits::kLevelsMost) return value;
  return refuse(Reason::invalid_field, "1 to 20 whole numbers with commas, each above the last.");
}

Outcome<std::string> good_value(sql::Connection& sql, const Setting& setting,
                                const std::string& value) {
  constexpr std::string_view kTruths[] = {"true", "false"};
  switch (setting.kind) {
    case SettingKind::number:
      return good_number(setting, value);
    case SettingKind::truth:
      return good_word(kTruths, value);
    case SettingKind::word:
      return good_word(setting.words, value);
    case SettingKind::text:
    case SettingKind::secret:
      break;
  }
  std::string text = REFUSE_TRY(good_text(setting, value));
  if (setting.name == "billing.currency") return good_currency(std::move(text));
  if (setting.name == "system.console_url") return good_url(std::move(text));
  if (setting.name == "quota.level_volumes") return good_volumes(std::move(text));
  if (setting.name == "system.sender") return good_sender(sql, text);
  return text;
}

// As the audit log tells it: never a secret.
std::string told(const Setting& setting, const std::optional<std::string>& value) {
  if (!value) return "null";
  json::Value shown = setting.kind == SettingKind::secret ? json::Value("set")
                                                          : json::Value(*value);
  return json::serialize(json::Value::object({{"value", shown}}));
}

Outcome<> need_operator(const Actor& actor) {
  if (allowed(actor, Action::operate)) return {};
  return refuse(Reason::forbidden, "Only the operator may do this.");
}

Outcome<std::vector<SettingView>> views(sql::Connection& sql, AccountId account) {
  std::vector<SettingView> out;
  for (const Setting& setting : setting_table()) {
    if (account && setting.reach != SettingReach::accounts) continue;
    auto value = REFUSE_TRY(stored_value(sql, account, setting));
    SettingView view{.setting = &setting, .value = value.value_or(std::string(setting.fallback))};
    view.own = value.has_value();
    if (account)
      view.own = REFUSE_TRY(store::setting(sql, row_name(account, setting.name))).has_value();
    if (setting.kind == SettingKind::secret) view.value = value ? "set" : "";
    out.push_back(std::move(view));
  }
  return out;
}

}  // namespace

std::string_view setting_kind_name(SettingKind kind) {
  constexpr std::string_view kNames[] = {"number", "truth", "word", "text", "secret"};
  return kNames[static_cast<size_t>(kind)];
}

const Setting* find_setting(std::string_view name) {
  for (const Setting& setting : setting_table())
    if (setting.name == name) return &setting;
  return nullptr;
}

Result<std::string> setting_text(sql::Connection& sql, AccountId account, std::string_view name) {
  const Setting& setting = known(name);
  PH_CHECK(setting.kind != SettingKind::secret);
  return TRY(stored_value(sql, account, setting)).value_or(std::string(setting.fallback));
}

Result<int64_t> setting_number(sql::Connection& sql, AccountId account, std::string_view name) {
  const Setting& setting = known(name);
  PH_CHECK(setting.kind == SettingKind::number);
  auto number = parse_number<int64_t>(TRY(setting_text(sql, account, name)));
  // A bound may have become narrower since the value was set.
  return std::clamp(number.value_or(*parse_number<int64_t>(setting.fallback)), setting.least,
                    setting.most);
}

Result<bool> setting_true(sql::Connection& sql, AccountId account, std::string_view name) {
  PH_CHECK(known(name).kind == SettingKind::truth);
  return TRY(setting_text(sql, account, name)) == "true";
}

Result<std::string> setting_secret(sql::Connection& sql, const crypto::MasterKey& master,
                                   std::string_view name) {
  PH_CHECK(known(name).kind == SettingKind::secret);
  auto row = TRY(store::setting(sql, row_name({}, name)));
  if (!row) return std::string();
  return master.open(TRY(base64_decode(*row)), seal_place(name));
}

Outcome<> put_setting(store::Tx& tx, const Context& context, const Actor& actor,
                      const SettingChange& change) {
  std::string field = "values." + change.name;
  const Setting* setting = find_setting(change.name);
  if (setting == nullptr)
    return refuse(Reason::unknown_field, "There is no such setting.", field);
  if (change.account && setting->reach != SettingReach::accounts)
    return refuse(Reason::invalid_field, "This is set for the installation as a whole.", field);
  std::string row = row_name(change.account, change.name);
  auto before = REFUSE_TRY(store::setting(tx.sql(), row));
  std::optional<std::string> after;
  if (change.value.empty()) {
    REFUSE_TRY(store::clear_setting(tx.sql(), row));
  } else {
    auto good = good_value(tx.sql(), *setting, change.value);
    if (!good) {
      good.error().field = field;
      return lift(good.error());
    }
    after = std::move(*good);
    std::string kept = setting->kind == SettingKind::secret
                           ? base64_encode(context.master.seal(*after, seal_place(change.name),
                                                               context.random))
                           : *after;
    REFUSE_TRY(store::set_setting(tx.sql(), row, kept));
  }
  if (before == after) return {};
  REFUSE_TRY(record_change(tx, actor, {.account = change.account,
                                       .action = "setting.set",
                                       .object = fmt::format("setting:{}", change.name),
                                       .before = told(*setting, before),
                                       .after = told(*setting, after)}));
  return {};
}

net::Task<Outcome<std::vector<SettingView>>> Settings::list(Actor actor, AccountId account) {
  using Views = std::vector<SettingView>;
  CO_REFUSE_TRY(need_operator(actor));
  auto job = [account](sql::Connection& sql) -> Outcome<Views> {
    if (account && !store::account(sql, account))
      return refuse(Reason::not_found, "There is no such account.", "account");
    return views(sql, account);
  };
  co_return co_await look<Views>(context_, std::move(job));
}

net::Task<Outcome<std::vector<SettingView>>> Settings::put(
    Actor actor, AccountId account, std::vector<std::pair<std::string, std::string>> values) {
  using Views = std::vector<SettingView>;
  CO_REFUSE_TRY(need_operator(actor));
  auto job = [this, actor, account, values = std::move(values)](store::Tx& tx) -> Outcome<Views> {
    if (account && !store::account(tx.sql(), account))
      return refuse(Reason::not_found, "There is no such account.", "account");
    for (const auto& [name, value] : values)
      REFUSE_TRY(put_setting(tx, context_, actor,
                             {.account = account, .name = name, .value = value}));
    return views(tx.sql(), account);
  };
  co_return co_await transact<Views>(context_, std::move(job));
}

}  // namespace ph::core
