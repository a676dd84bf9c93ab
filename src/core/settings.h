// Purpose: what the operator sets while the program runs: a closed table of named settings, and
//   the values that an account has of its own.
// Shapes: a value is text: a whole number from `least` to `most`, true or false, one of `words`,
//   or a text of at most `most` octets. An account's own value goes before the installation's, and
//   that before the fallback. A secret is kept sealed and shown to nobody.
// Errors: unknown_field and invalid_field in "values.NAME", forbidden, not_found (the account).
// Threads: reads any with a connection; put_setting() on the store's writer; the table is constant.
// Not here: what is set at the start (app/config.h).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/access.h"
#include "core/context.h"

namespace ph::core {

enum class SettingKind : uint8_t { number, truth, word, text, secret };
std::string_view setting_kind_name(SettingKind kind);

// accounts: one may have a value of its own.
enum class SettingReach : uint8_t { installation, accounts };

struct Setting {
  std::string_view name;
  SettingKind kind = SettingKind::text;
  std::string_view fallback;
  int64_t least = 0;
  int64_t most = 0;
  std::vector<std::string_view> words;
  std::string_view help;
  SettingReach reach = SettingReach::installation;
};

std::span<const Setting> setting_table();
const Setting* find_setting(std::string_view name);

// By a name of the table; account 0 is the installation.
Result<std::string> setting_text(sql::Connection& sql, AccountId account, std::string_view name);
Result<int64_t> setting_number(sql::Connection& sql, AccountId account, std::string_view name);
Result<bool> setting_true(sql::Connection& sql, AccountId account, std::string_view name);
// Empty where none is set.
Result<std::string> setting_secret(sql::Connection& sql, const crypto::MasterKey& master,
                                   std::string_view name);

struct SettingChange {
  AccountId account;  // 0: the installation's
  std::string name;
  std::string value;  // empty: back to what it is without
};
// Recorded in the audit log. Who may do this is the caller's to know.
Outcome<> put_setting(store::Tx& tx, const Context& context, const Actor& actor,
                      const SettingChange& change);

struct SettingView {
  const Setting* setting = nullptr;
  std::string value;   // in force; of a secret "set" or nothing
  bool own = false;    // of the account itself; of the installation: set at all
};

class Settings {
 public:
  explicit Settings(Context& context) : context_(context) {}

  // Of an account only those that it may have of its own.
  net::Task<Outcome<std::vector<SettingView>>> list(Actor actor, AccountId account);
  // All of them or none.
  net::Task<Outcome<std::vector<SettingView>>> put(
      Actor actor, AccountId account, std::vector<std::pair<std::string, std::string>> values);

 private:
  Context& context_;
};

}  // namespace ph::core
