#include "core/settings.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "core/core_fixture_test.h"
#include "store/audit.h"

namespace ph {
namespace {

using namespace ph::core;
using core_test::refusal;
using store_test::need;

struct Fixture : core_test::CoreFixture {
  explicit Fixture(sql::Engine engine) : CoreFixture(engine) {}

  using Values = std::vector<std::pair<std::string, std::string>>;
  Outcome<std::vector<SettingView>> put(AccountId account, Values values) {
    return run(settings.put(boss, account, std::move(values)));
  }
  int64_t number(AccountId account, std::string_view name) {
    return need(read<int64_t>(
        [&](sql::Connection& sql) { return setting_number(sql, account, name); }));
  }
  std::string text(AccountId account, std::string_view name) {
    return need(read<std::string>(
        [&](sql::Connection& sql) { return setting_text(sql, account, name); }));
  }
  std::vector<store::AuditRow> log(AccountId account) {
    return need(read<std::vector<store::AuditRow>>(
        [&](sql::Connection& sql) { return store::audit(sql, account, {}, {.limit = 100}); }));
  }

  Settings settings{context};
};

}  // namespace

TEST_CASE("the quotas of levels are rising whole numbers, 20 at most") {
  Fixture f(sql::Engine::sqlite);
  auto put = [&](const std::string& value) {
    return refusal(f.put({}, {{"quota.level_volumes", value}}));
  };
  CHECK(put("500") == "granted");
  CHECK(put("500, 1000,2000") == "granted");
  for (const char* wrong :
       {"abc", "500;1000", "-1", "-5", "0", "500,500", "1000,500", "500,", ",500", "1,1.5",
        "9999999999999", "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21"}) {
    CAPTURE(wrong);
    CHECK(put(wrong).starts_with("invalid_field"));
  }
}

TEST_CASE("the table's fallbacks are good values of their own kind") {
  for (const Setting& setting : setting_table()) {
    CAPTURE(setting.name);
    CHECK(find_setting(setting.name) == &setting);  // no name twice
    CHECK_FALSE(setting.help.empty());
    if (setting.kind == SettingKind::number) {
      auto number = parse_number<int64_t>(setting.fallback);
      REQUIRE(number);
      CHECK(*number >= setting.least);
      CHECK(*number <= setting.most);
    }
    if (setting.kind == SettingKind::word)
      CHECK(std::ranges::count(setting.words, setting.fallback) == 1);
    if (setting.kind == SettingKind::truth)
      CHECK((setting.fallback == "true" || setting.fallback == "false"));
    if (setting.kind == SettingKind::secret) CHECK(setting.fallback.empty());
  }
}

TEST_CASE("an account's own value goes before the installation's, and that before the fallback") {
  sql_test::each_engine([](sql::Engine engine) {
    Fixture f(engine);
    AccountId acme = f.account("acme"), other = f.account("other");
    const char* name = "quota.requests_per_second";
    CHECK(f.number(acme, name) == 20);
    REQUIRE(f.put({}, {{name, "40"}}));
    CHECK(f.number(acme, name) == 40);
    REQUIRE(f.put(acme, {{name, "0060"}}));
    CHECK(f.number(acme, name) == 60);
    CHECK(f.text(acme, name) == "60");
    CHECK(f.number(other, name) == 40);
    CHECK(f.number({}, name) == 40);
    REQUIRE(f.put(acme, {{name, ""}}));
    CHECK(f.number(acme, name) == 40);
    REQUIRE(f.put({}, {{name, ""}}));
    CHECK(f.number(acme, name) == 20);
  });
}

TEST_CASE("a change is written to the audit log once, with what it was") {
  Fixture f(sql::Engine::sqlite);
  REQUIRE(f.put({}, {{"identity.mode", "required"}}));
  REQUIRE(f.put({}, {{"identity.mode", "required"}}));
  REQUIRE(f.put({}, {{"identity.mode", "optional"}}));
  auto rows = f.log({});
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].action == "setting.set");
  CHECK(rows[0].object == "setting:identity.mode");
  CHECK(rows[0].before == R"({"value":"required"})");
  CHECK(rows[0].after == R"({"value":"optional"})");
  CHECK(rows[1].before == "null");
}

TEST_CASE("what is no value of a setting is refused by its name, and nothing is set") {
  Fixture f(sql::Engine::sqlite);
  AccountId acme = f.account("acme");
  struct Bad {
    const char* name;
    std::string value;
    const char* refused;
  };
  const Bad kBad[] = {
      {"no.such", "1", "unknown_field values.no.such"},
      {"", "1", "unknown_field values."},
      {"identity.mode", "sometimes", "invalid_field values.identity.mode"},
      {"identity.mode", "Required", "invalid_field values.identity.mode"},
      {"billing.count_bounces", "yes", "invalid_field values.billing.count_bounces"},
      {"billing.low_percent", "101", "invalid_field values.billing.low_percent"},
      {"billing.low_percent", "-1", "invalid_field values.billing.low_percent"},
      {"billing.low_percent", "1.5", "invalid_field values.billing.low_percent"},
      {"billing.low_percent", " 1", "invalid_field values.billing.low_percent"},
      {"billing.low_percent", "99999999999999999999", "invalid_field values.billing.low_percent"},
      {"billing.currency", "cny", "invalid_field values.billing.currency"},
      {"billing.currency", "YUAN", "invalid_field values.billing.currency"},
      {"billing.webhook_secret", "short", "invalid_field values.billing.webhook_secret"},
      {"system.console_url", "mail.example.com", "invalid_field values.system.console_url"},
      {"system.console_url", "javascript:alert(1)", "invalid_field values.system.console_url"},
      {"system.console_url", "https://", "invalid_field values.system.console_url"},
      {"system.console_url", "https://a/?x=1", "invalid_field values.system.console_url"},
      {"system.console_url", "https://user@a", "invalid_field values.system.console_url"},
      {"system.console_url", "https://a\nb", "invalid_field values.system.console_url"},
      {"system.console_url", "https://" + std::string(300, 'a'),
       "invalid_field values.system.console_url"},
      {"system.sender", "nobody", "invalid_field values.system.sender"},
      {"system.sender", "nobody@nowhere.example", "invalid_field values.system.sender"},
  };
  for (const Bad& bad : kBad) {
    CAPTURE(bad.name);
    CAPTURE(bad.value);
    auto out = f.put({}, {{"quota.first_level", "7"}, {bad.name, bad.value}});
    CHECK(refusal(out) == bad.refused);
    CHECK(f.number({}, "quota.first_level") == 1);
  }
  CHECK(refusal(f.put(acme, {{"billing.currency", "USD"}})) ==
        "invalid_field values.billing.currency");
  CHECK(refusal(f.put(AccountId(99), {{"quota.first_level", "2"}})) == "not_found account");
  CHECK(f.log({}).empty());
}

TEST_CASE("the console's address is kept without its final slash") {
  Fixture f(sql::Engine::sqlite);
  REQUIRE(f.put({}, {{"system.console_url", "https://mail.example.com:8443/console//"}}));
  CHECK(f.text({}, "system.console_url") == "https://mail.example.com:8443/console");
}

TEST_CASE("the system's sender is a sender address of a verified domain") {
  Fixture f(sql::Engine::sqlite);
  f.sending_account("acme", "acme.example");
  REQUIRE(f.put({}, {{"system.sender", "a@ACME.example"}}));
  CHECK(f.text({}, "system.sender") == "a@acme.example");
}

TEST_CASE("a secret is kept sealed and shown to nobody") {
  Fixture f(sql::Engine::sqlite);
  const std::string secret = "what only the provider knows";
  auto views = f.put({}, {{"billing.webhook_secret", secret}});
  REQUIRE(views);
  for (const SettingView& view : *views) CHECK(view.value.find(secret) == std::string::npos);
  CHECK(need(f.read<std::string>([&](sql::Connection& sql) {
          return setting_secret(sql, f.master, "billing.webhook_secret");
        })) == secret);
  auto stored = need(f.read<std::string>([&](sql::Connection& sql) -> Result<std::string> {
    return TRY(sql.query("SELECT value FROM setting WHERE name LIKE '%webhook%'"))[0].text(0);
  }));
  CHECK(stored.find(secret) == std::string::npos);
  for (const store::AuditRow& row : f.log({})) {
    CHECK(row.after == R"({"value":"set"})");
    CHECK(row.before == "null");
  }
}

TEST_CASE("settings are the operator's alone") {
  Fixture f(sql::Engine::sqlite);
  AccountId acme = f.account("acme");
  Actor owner = core_test::CoreFixture::owner(acme);
  CHECK(refusal(f.run(f.settings.list(owner, acme))) == "forbidden");
  CHECK(refusal(f.run(f.settings.put(owner, acme, {{"quota.first_level", "20"}}))) == "forbidden");
  CHECK(f.number(acme, "quota.first_level") == 1);
}

TEST_CASE("an account's list has what it may have of its own, and says what it has") {
  Fixture f(sql::Engine::sqlite);
  AccountId acme = f.account("acme");
  REQUIRE(f.put(acme, {{"quota.first_level", "5"}}));
  size_t own = 0;
  for (const SettingView& view : f.now(f.settings.list(f.boss, acme))) {
    CHECK(view.setting->reach == SettingReach::accounts);
    own += view.own ? 1 : 0;
    CHECK(view.own == (view.setting->name == "quota.first_level"));
  }
  CHECK(own == 1);
  CHECK(f.now(f.settings.list(f.boss, {})).size() == setting_table().size());
}

}  // namespace ph
