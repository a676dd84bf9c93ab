#include "people/suspension.h"

#include <doctest/doctest.h>

#include "core/core_fixture_test.h"
#include "core/settings.h"
#include "store/audit.h"
#include "store/suspension.h"

namespace ph {
namespace {

using namespace ph::people;
using core::Role;
using core_test::granted;
using core_test::refusal;
using store::AccountState;
using store_test::need;

struct Fixture : core_test::CoreFixture {
  explicit Fixture(sql::Engine engine = sql::Engine::sqlite) : CoreFixture(engine) {}

  auto suspend(AccountId of, std::string why, TellThem tell = TellThem::no) {
    return run(suspensions.suspend(boss, of, std::move(why), tell));
  }
  auto resume(AccountId of) { return run(suspensions.resume(boss, of)); }
  auto send(AccountId of) {
    return refusal(run(sender.send(fields(owner(of), "a@acme.example", {"ann@there.example"}))));
  }

  Notices notices{context, sender};
  Suspensions suspensions{context, notices};
};

}  // namespace

TEST_CASE("a suspended account sends nothing, and what it was before when it is resumed") {
  sql_test::each_engine([](sql::Engine engine) {
    Fixture f(engine);
    AccountId acme = f.sending_account("acme", "acme.example");
    CHECK(f.send(acme) == "granted");
    CHECK(refusal(f.suspend(acme, " ")) == "missing_field reason");
    CHECK(granted(f.suspend(acme, "Complaints.")).state == AccountState::suspended);
    CHECK(f.send(acme) == "account_suspended");
    CHECK(refusal(f.suspend(acme, "Again.")) == "conflict");
    CHECK(granted(f.resume(acme)).state == AccountState::active);
    CHECK(f.send(acme) == "granted");
    CHECK(refusal(f.resume(acme)) == "conflict");
    CHECK_FALSE(need(f.read<bool>([&](sql::Connection& sql) -> Result<bool> {
      return TRY(store::suspension(sql, acme)).has_value();
    })));
    AccountId fresh = f.now(f.accounts.create(f.boss, "fresh")).id;
    granted(f.suspend(fresh, "Not who they say."));
    CHECK(granted(f.resume(fresh)).state == AccountState::created);
  });
}

TEST_CASE_FIXTURE(Fixture, "a suspension stands in the audit log and among the account's events") {
  AccountId acme = sending_account("acme", "acme.example");
  granted(suspend(acme, "Complaints."));
  granted(resume(acme));
  auto rows = need(read<std::vector<store::AuditRow>>([&](sql::Connection& sql) {
    return store::audit(sql, acme, {.action = "account"}, {.limit = 10});
  }));
  REQUIRE(rows.size() >= 2);
  CHECK(rows[0].action == "account.resume");
  CHECK(rows[0].before == R"({"state":"suspended","reason":"Complaints."})");
  CHECK(rows[1].action == "account.suspend");
  CHECK(rows[1].after == R"({"state":"suspended","reason":"Complaints."})");
  std::vector<std::string> types;
  for (const auto& event : need(read<std::vector<store::EventRow>>(
           [&](sql::Connection& sql) { return store::events(sql, acme, {.limit = 2}); })))
    types.push_back(event.type);
  CHECK(types == std::vector<std::string>{"account.resumed", "account.suspended"});
}

TEST_CASE_FIXTURE(Fixture, "the customer is told by mail when the operator says so") {
  sending_account("system", "house.example");
  core::Settings settings(context);
  now(settings.put(boss, {}, {{"system.sender", "a@house.example"}, {"system.language", "en"}}));
  AccountId acme = account("acme");
  now(users.create(boss, {.email = "owner@acme.example", .password = "a long password",
                          .role = Role::owner, .account = acme}));
  granted(suspend(acme, "Complaints."));
  CHECK(handed_over.empty());
  granted(resume(acme));
  REQUIRE(handed_over.size() == 1);
  CHECK(handed_over[0].message.subject == "acme may send again");
  granted(suspend(acme, "Complaints.", TellThem::by_mail));
  REQUIRE(handed_over.size() == 2);
  CHECK(handed_over[1].message.subject == "acme may not send any more");
  CHECK(handed_over[1].content->find("Complaints.") != std::string::npos);
  CHECK(handed_over[1].recipients.at(0).address == "owner@acme.example");
}

TEST_CASE_FIXTURE(Fixture, "nobody but the operator stops an account, and only one that is there") {
  AccountId acme = account("acme");
  CHECK(refusal(run(suspensions.suspend(owner(acme), acme, "x", TellThem::no))) == "forbidden");
  CHECK(refusal(run(suspensions.resume(owner(acme), acme))) == "forbidden");
  CHECK(refusal(suspend(AccountId(999), "x")) == "not_found account");
  CHECK(refusal(resume(AccountId(999))) == "not_found account");
  CHECK(refusal(suspend(acme, std::string(1001, 'x'))) == "invalid_field reason");
  CHECK(refusal(suspend(acme, std::string("a\0b", 3))) == "invalid_field reason");
  CHECK(now(accounts.get(boss, acme)).state == AccountState::active);
}

}  // namespace ph
