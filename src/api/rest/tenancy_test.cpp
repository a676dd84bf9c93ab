#include <map>
#include <set>

#include "api/rest/rest_house_test.h"

using namespace ph;
using namespace ph::rest_test;

namespace {

// What each kind of caller may do, apart from the roles' own table in core.
const std::set<std::string> kForSend = {"message_create", "message_get", "bulk_create", "bulk_get",
                                        "bulk_pause",     "bulk_resume", "bulk_cancel",
                                        "message_cancel", "message_retry"};
const std::set<std::string> kForRead = {"account_own",  "account_get", "domain_list",
                                        "domain_get",   "address_list", "address_get",
                                        "message_list", "message_get", "message_content",
                                        "event_list",   "inbox_list",  "inbox_get",
                                        "inbox_content", "bulk_list",  "bulk_get",
                                        "inbox_read",   "inbox_page",  "installation_get",
                                        "statistics_get", "language_set", "event_stream",
                                        "identity_get", "activation_get", "billing_get",
                                        "billing_offers", "usage_list", "bill_list", "bill_get",
                                        "ledger_list", "quota_get"};
const std::set<std::string> kForOneDomain = {"account_own",    "account_get",  "domain_list",
                                             "domain_get",     "address_list", "address_get",
                                             "message_list",   "message_get",  "message_content",
                                             "message_create", "bulk_create",  "bulk_list",
                                             "bulk_get",       "bulk_pause",   "bulk_resume",
                                             "bulk_cancel",    "installation_get", "language_set",
                                             "message_cancel", "message_retry", "identity_get",
                                             "activation_get", "billing_offers", "quota_get"};
const std::set<std::string> kForOperator = {
    "account_list", "account_create", "account_activate", "account_limits", "domain_force",
    "queue_summary", "queue_late", "queue_sites", "queue_explain", "queue_hold", "queue_release",
    "queue_retry", "queue_hold_all", "queue_release_all", "queue_retry_all",
    "setting_list", "setting_put", "account_setting_list", "account_setting_put", "agreement_put",
    "customer_list", "customer_get", "account_suspend", "account_resume", "identity_review_list",
    "identity_review_get", "identity_review_evidence", "identity_review_approve",
    "identity_review_reject", "impersonation_begin", "registration_invitation_list",
    "registration_invitation_create", "registration_invitation_delete", "registration_link_list",
    "account_plan", "account_grant", "account_pay", "offer_list", "offer_create", "offer_change",
    "price_list", "price_create", "account_level", "account_level_unblock"};

// What a person does with himself; a key has none of it.
const std::set<std::string> kForPerson = {
    "me_get", "me_password", "second_factor_begin", "second_factor_confirm",
    "second_factor_remove", "recovery_codes_renew", "my_session_list", "my_session_end",
    "my_session_end_others", "impersonation_end"};

// What manages people: no key does, whatever its scope.
const std::set<std::string> kOfPeople = {
    "user_create", "user_change", "user_second_factor_reset", "user_delete", "user_password",
    "invitation_create", "invitation_delete"};

enum class May : uint8_t { everything, send, read, one_domain, develop, view, some_domains };

struct Caller {
  const char* name;
  std::string bearer;
  May may = May::everything;
  bool person = false;
};

struct Fixture : RestFixture {
  Fixture() : mine(*this, "acme"), theirs(*this, "other") {
    granted(run(domains.create(owner(mine.id), {}, "second.acme.example")));
    callers = {
        {"owner", mine.owner, May::everything, true},
        {"full key", key_token(mine.id)},
        {"send key", key_token(mine.id, {.scope = core::Scope::send}), May::send},
        {"read key", key_token(mine.id, {.scope = core::Scope::read}), May::read},
        {"key of one domain", key_token(mine.id, {.only_domain = "second.acme.example"}),
         May::one_domain},
        {"developer", person_token(mine.id, core::Role::developer, "developer@acme.example"),
         May::develop, true},
        {"viewer", person_token(mine.id, core::Role::viewer, "viewer@acme.example"), May::view,
         true},
        {"sub-user", sub_user("sub@acme.example", "second.acme.example"), May::some_domains,
         true}};
  }
  // An administrator whose policy names one domain.
  std::string sub_user(const std::string& email, const std::string& domain) {
    std::string token = person_token(mine.id, core::Role::administrator, email);
    UserId id = granted(run(users.by_session(token))).user;
    core::UserChange change{.policy = core::Policy{.domains = {domain}}};
    granted(run(users.change(boss, mine.id, id, std::move(change))));
    return token;
  }
  static std::map<std::string, std::string> things_of(const House& house) {
    return {{"account", std::to_string(house.id.value)},
            {"user", house.user},
            {"key", house.key},
            {"domain", house.domain},
            {"address", house.address},
            {"message", house.message},
            {"mail", house.mail},
            {"bulk", house.bulk},
            {"evidence", house.evidence},
            {"bill", house.bill},
            {"offer", "1"},
            {"invitation", house.invitation},
            {"session", house.session},
            {"queued", house.message}};
  }
  static std::map<std::string, std::string> nothing() {
    return {{"account", "999999"},
            {"user", "999999"},
            {"key", "999999"},
            {"domain", "m.nobody.example"},
            {"address", "a@m.nobody.example"},
            {"message", format_id(77)},
            {"mail", format_id(77)},
            {"bulk", format_id(77)},
            {"evidence", format_id(77)},
            {"invitation", "999999"},
            {"session", "00112233445566778899aabbccddeeff"},
            {"bill", "999999"},
            {"offer", "999999"},
            {"queued", format_id(77)}};
  }
  Got call(const Route& route, const std::map<std::string, std::string>& of,
           const std::string& bearer, const std::string& query = "") {
    Ask what{.method = std::string(route.method),
             .target = filled(route.path, of) + query,
             .bearer = bearer};
    if (route.request != nullptr) what.body = valid_body(*route.request);
    if (!route.files.empty()) {
      what.body = people_test::pdf();
      what.headers = {{"Content-Type", "application/pdf"}};
    }
    return ask(what);
  }
  static bool allowed(const Caller& caller, const std::string& operation) {
    if (kForOperator.contains(operation)) return false;
    if (kForPerson.contains(operation)) return caller.person;
    if (kOfPeople.contains(operation) && !caller.person) return false;
    switch (caller.may) {
      case May::everything:
        return true;
      case May::send:
        return kForSend.contains(operation);
      case May::read:
      case May::view:
        return kForRead.contains(operation);
      case May::develop:
        return kForRead.contains(operation) || kForSend.contains(operation) ||
               operation.starts_with("key_");
      case May::one_domain:
        return kForOneDomain.contains(operation);
      case May::some_domains:
        return kForOneDomain.contains(operation) || within_domains(operation);
    }
    return false;
  }

  static bool within_domains(const std::string& operation) {
    using core::Action;
    const std::vector<const Route*>& routes = all_routes();
    auto found = std::ranges::find(routes, operation, &Route::operation);
    REQUIRE(found != routes.end());
    auto action = (*found)->action;
    return action == Action::manage_domains || action == Action::manage_addresses ||
           action == Action::manage_keys;
  }

  House mine, theirs;
  std::vector<Caller> callers;
};

bool same(const Got& a, const Got& b) {
  return a.status == b.status && a.raw == b.raw;
}

bool has_parameter(const Route& route) {
  return route.path.contains('{');
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "another account's thing and an absent one get the same answer") {
  int compared = 0;
  for (const Route* route : all_routes()) {
    if (!has_parameter(*route)) continue;
    for (const Caller& caller : callers) {
      INFO(route->operation, " by ", caller.name);
      Got foreign = call(*route, things_of(theirs), caller.bearer);
      Got absent = call(*route, nothing(), caller.bearer);
      CHECK(same(foreign, absent));
      CHECK(foreign.status == (allowed(caller, std::string(route->operation)) ? 404 : 403));
      ++compared;
    }
  }
  CHECK(compared >= 20 * 7);
}

TEST_CASE_FIXTURE(Fixture, "naming another account in the query is as naming an absent one") {
  int compared = 0;
  for (const Route* route : all_routes()) {
    if (route->takes == Takes::nothing) continue;
    for (const Caller& caller : callers) {
      INFO(route->operation, " by ", caller.name);
      std::string id = std::to_string(theirs.id.value);
      Got foreign = call(*route, things_of(theirs), caller.bearer, "?account=" + id);
      CHECK((foreign.status == 404 || foreign.status == 403));
      for (const char* absent : {"999999", "0", "-1", "x", "", "99999999999999999999"})
        CHECK(same(foreign,
                   call(*route, things_of(theirs), caller.bearer, std::string("?account=") +
                                                                      absent)));
      Got own = call(*route, things_of(theirs), caller.bearer,
                     "?account=" + std::to_string(mine.id.value));
      CHECK(own.status != 401);
      ++compared;
    }
  }
  CHECK(compared >= 20 * 7);
}

TEST_CASE_FIXTURE(Fixture, "without a live credential every guarded operation gives one answer") {
  std::string revoked = key_token(mine.id);
  auto rows = granted(run(keys.list(boss, mine.id, {}, 200)));
  granted(run(keys.revoke(boss, mine.id, rows.back().id)));
  std::string unknown = revoked;
  unknown[10] = unknown[10] == 'A' ? 'B' : 'A';
  std::string ended = person_token(mine.id, core::Role::owner, "gone@acme.example");
  granted(run(users.sign_out(ended)));
  std::string late = person_token(mine.id, core::Role::owner, "late@acme.example");
  clock.advance(limits::kSessionKept + std::chrono::seconds(1));
  int guarded = 0;
  for (const Route* route : all_routes()) {
    INFO(route->operation);
    CHECK((route->guard == Guard::actor) == !kOpenOperations.contains(route->operation));
    if (route->guard != Guard::actor) continue;
    Got first = call(*route, things_of(mine), unknown);
    CHECK(first.words() == "401 unauthenticated");
    for (const std::string& other : {revoked, ended, late, std::string("x"), unknown + "="})
      CHECK(same(first, call(*route, things_of(mine), other)));
    CHECK(call(*route, things_of(mine), "").words() == "401 unauthenticated");
    CHECK(call(*route, nothing(), "").words() == "401 unauthenticated");
    ++guarded;
  }
  CHECK(guarded > 100);
}

TEST_CASE_FIXTURE(Fixture, "scopes and roles reach exactly what is theirs") {
  for (const Route* route : all_routes()) {
    if (route->guard != Guard::actor) continue;
    for (const Caller& caller : callers) {
      INFO(route->operation, " by ", caller.name);
      // With a body that is judged after the permission.
      Ask what{.method = std::string(route->method),
               .target = filled(route->path, nothing()),
               .body = route->request != nullptr ? R"({"?":1})" : "",
               .bearer = caller.bearer};
      CHECK((ask(what).status != 403) == allowed(caller, std::string(route->operation)));
    }
    CHECK(call(*route, nothing(), boss_token, "").status != 403);
  }
}

TEST_CASE_FIXTURE(Fixture, "none of this has changed the other account") {
  for (const Route* route : all_routes())
    for (const Caller& caller : callers)
      if (has_parameter(*route)) call(*route, things_of(theirs), caller.bearer);
  CHECK(granted(run(domains.get(boss, theirs.id, theirs.domain))).state ==
        core::DomainState::verified);
  granted(run(addresses.get(boss, theirs.id, theirs.address)));
  CHECK(granted(run(keys.list(boss, theirs.id, {}, 10))).at(0).revoked_at == WallTime{});
  for (const auto& user : granted(run(users.list(boss, theirs.id, {}, 10))))
    CHECK_FALSE(user.disabled);
  CHECK(granted(run(users.by_session(theirs.owner))).account == theirs.id);
  CHECK(granted(run(accounts.get(boss, theirs.id))).limits.domains == limits::kDomainsPerAccount);
}

TEST_CASE_FIXTURE(Fixture, "the operator names the account that is meant") {
  std::string query = "?account=" + std::to_string(theirs.id.value);
  CHECK(ask({.target = "/api/v1/domains", .bearer = boss_token}).words() ==
        "422 missing_field account");
  CHECK(ask({.target = "/api/v1/domains" + query, .bearer = boss_token}).items().size() == 1);
  CHECK(ask({.target = "/api/v1/account" + query, .bearer = boss_token}).text("name") == "other");
  CHECK(ask({.target = "/api/v1/users", .bearer = boss_token}).items().size() == 1);
  CHECK(ask({.target = "/api/v1/messages/" + theirs.message + query, .bearer = boss_token})
            .status == 200);
  CHECK(ask({.target = "/api/v1/messages/" + mine.message + query, .bearer = boss_token}).status ==
        404);
}

TEST_CASE_FIXTURE(Fixture, "a key of one domain sends and reads for that domain only") {
  std::string second = callers[4].bearer;
  CHECK(ask({.target = "/api/v1/messages/" + mine.message, .bearer = second}).status == 404);
  CHECK(ask({.target = "/api/v1/messages/" + mine.message + "/content", .bearer = second}).status ==
        404);
  CHECK(ask({.target = "/api/v1/messages", .bearer = second}).items().empty());
  CHECK(ask({.target = "/api/v1/domains/" + mine.domain, .bearer = second}).status == 404);
  CHECK(ask({.target = "/api/v1/domains/second.acme.example", .bearer = second}).status == 200);
  CHECK(ask({.target = "/api/v1/domains", .bearer = second}).items().size() == 1);
  CHECK(ask({.target = "/api/v1/addresses/" + mine.address, .bearer = second}).status == 404);
  CHECK(ask({.target = "/api/v1/addresses", .bearer = second}).items().empty());
  Ask send{.method = "POST",
           .target = "/api/v1/messages",
           .body = valid_body(schemas::kNewMessage),
           .bearer = second};
  CHECK(ask(send).words() == "403 forbidden from");
  send.bearer = key_token(mine.id, {.only_domain = mine.domain});
  CHECK(ask(send).status == 202);
  CHECK(ask({.target = "/api/v1/messages", .bearer = send.bearer}).items().size() == 2);
}
