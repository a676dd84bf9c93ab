#include <map>

#include "api/tencent/tencent_fixture_test.h"
#include "store/audit.h"
#include "store/message.h"

using namespace ph;
using namespace ph::tencent_test;

namespace {

// What of an account an action can be about.
struct Things {
  std::string domain, address;
};

// The body of every action of the table; one that is new fails here until it says its own.
std::string body_of(std::string_view action, const Things& of) {
  const std::map<std::string_view, std::string> bodies = {
      {"CreateEmailIdentity", R"({"EmailIdentity":")" + of.domain + R"("})"},
      {"GetEmailIdentity", R"({"EmailIdentity":")" + of.domain + R"("})"},
      {"UpdateEmailIdentity", R"({"EmailIdentity":")" + of.domain + R"("})"},
      {"ListEmailIdentities", "{}"},
      {"DeleteEmailIdentity", R"({"EmailIdentity":")" + of.domain + R"("})"},
      {"CreateEmailAddress", R"({"EmailAddress":"new@)" + of.domain + R"("})"},
      {"ListEmailAddress", "{}"},
      {"DeleteEmailAddress", R"({"EmailAddress":")" + of.address + R"("})"},
      {"UpdateEmailSmtpPassWord",
       R"({"Password":"Abcdefg12345","EmailAddress":")" + of.address + R"("})"},
      {"SendEmail", R"({"FromEmailAddress":")" + of.address +
                        R"(","Destination":["ann@there.example"],"Subject":"Hi",)"
                        R"("Simple":{"Text":"SGVsbG8="}})"}};
  auto found = bodies.find(action);
  REQUIRE_MESSAGE(found != bodies.end(), "no body for the action " << action);
  return found->second;
}

struct Caller {
  const char* name;
  core::MadeKey key;
};

struct Fixture : TencentFixture {
  Fixture() : mine(sending_account("acme", "m.acme.example")),
              other(sending_account("other", "m.other.example")) {
    callers = {{"full key", key_of(mine)},
               {"send key", key_of(mine, {.scope = core::Scope::send})},
               {"read key", key_of(mine, {.scope = core::Scope::read})},
               {"key of one domain", key_of(mine, {.only_domain = "m.acme.example"})}};
  }
  core::MadeKey revoked_key() {
    core::MadeKey out = key_of(other);
    granted(run(keys.revoke(boss, other, out.row.id)));
    return out;
  }
  // Everything of the account that a request could have changed.
  std::string state_of(AccountId of) {
    std::string out;
    for (const auto& row : need(read<std::vector<store::AuditRow>>([&](sql::Connection& c) {
           return store::audit(c, of, {}, {.limit = 200});
         })))
      out += row.action + " " + row.object + "\n";
    for (const auto& view : granted(run(domains.list(boss, of, {}, 200))))
      out += view.row.name + " " + view.row.check_json + "\n";
    for (const auto& row : granted(run(addresses.list(boss, of, {}, 200))))
      out += row.email + " " + row.smtp_hash + "\n";
    for (const auto& row : granted(run(keys.list(boss, of, {}, 200))))
      out += row.public_id + " " + std::to_string(row.last_used_at.micros) + "\n";
    return out + std::to_string(message_count(of));
  }
  // Code and message, with the names that were given taken out.
  std::string answer(const core::MadeKey& key, std::string_view action, const Things& things) {
    clock.advance(std::chrono::seconds(1));  // an allowance a second, and a signature of its own
    Got got = ask(key, std::string(action), body_of(action, things));
    std::string out = got.code() == "ok" ? json::serialize(got.response)
                                         : got.code() + ": " + got.message();
    for (size_t at = out.find(things.domain); at != out.npos; at = out.find(things.domain))
      out.replace(at, things.domain.size(), "*");
    return out;
  }
  // RequestId differs in what was answered well.
  static bool same(const std::string& a, const std::string& b) {
    return a == b || (a.starts_with('{') && b.starts_with('{'));
  }

  AccountId mine, other;
  std::vector<Caller> callers;
  const Things theirs{"m.other.example", "a@m.other.example"};
  const Things absent{"m.nobody.example", "a@m.nobody.example"};
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "every action says of another account's thing what it says of none") {
  std::string before = state_of(other);
  int compared = 0;
  for (const Action* action : all_actions()) {
    for (const Caller& caller : callers) {
      INFO(action->name, " by ", caller.name);
      std::string foreign = answer(caller.key, action->name, theirs);
      CHECK_FALSE(foreign.contains("other.example"));
      // Whose a verified name is says the DNS to all: only that one may be made.
      if (action->name == "CreateEmailIdentity") {
        CHECK_FALSE(foreign.starts_with('{'));
        continue;
      }
      CHECK(same(foreign, answer(caller.key, action->name, absent)));
      ++compared;
    }
  }
  CHECK(compared >= 9 * 4);
  CHECK(state_of(other) == before);
}

TEST_CASE_FIXTURE(Fixture, "a restricted key changes nothing but what is its own to do") {
  core::MadeKey reader = callers[2].key;
  std::string before = state_of(mine);
  const Things own{"m.acme.example", "a@m.acme.example"};
  for (const Action* action : all_actions()) {
    if (action->access == core::Action::view || action->access == core::Action::read_message)
      continue;
    INFO(action->name);
    CHECK(answer(reader, action->name, own).starts_with("AuthFailure.UnauthorizedOperation"));
  }
  auto without_use = [](std::string text) {
    std::string out;
    for (std::string_view line : split(text, '\n'))
      if (!line.starts_with("AKID")) out += std::string(line) + "\n";
    return out;
  };
  CHECK(without_use(state_of(mine)) == without_use(before));
}

TEST_CASE_FIXTURE(Fixture, "without a live key every action gives one answer, and does nothing") {
  core::MadeKey revoked = revoked_key();
  core::MadeKey nobody = revoked;
  nobody.secret_id.back() = nobody.secret_id.back() == 'A' ? 'B' : 'A';
  std::string before = state_of(other);
  const Things own{"m.other.example", "a@m.other.example"};
  for (const Action* action : all_actions()) {
    INFO(action->name);
    std::string first = answer(nobody, action->name, own);
    CHECK(first.starts_with("AuthFailure.SecretIdNotFound"));
    CHECK(answer(revoked, action->name, own) == first);
    net::HttpRequest unsigned_one =
        request_of({.action = std::string(action->name), .body = body_of(action->name, own)},
                   revoked);
    std::erase_if(unsigned_one.headers,
                  [](const net::HttpHeader& h) { return h.name == "Authorization"; });
    CHECK(sent(unsigned_one).code() != "ok");
  }
  CHECK(state_of(other) == before);
}
