#include "core/policy.h"

#include <doctest/doctest.h>

#include "base/limits.h"

using namespace ph;
using namespace ph::core;

namespace {

Actor person(Role role, Policy policy = {}) {
  Actor out{.account = AccountId(1), .user = UserId(1), .role = role};
  if (narrows(policy)) out.policy = std::make_shared<const Policy>(std::move(policy));
  return out;
}

Policy policy(std::vector<std::string> domains, std::vector<std::string> actions) {
  auto made = make_policy(domains, actions);
  REQUIRE(made.has_value());
  return *made;
}

std::string refused(std::vector<std::string> domains, std::vector<std::string> actions) {
  auto made = make_policy(domains, actions);
  return made ? "granted" : std::string(reason_code(made.error().reason)) + " " +
                                made.error().field;
}

}  // namespace

TEST_CASE("a policy is kept as it is read, with names in lower-case A-labels, each once") {
  Policy made = policy({"M.Acme.Example", "m.acme.example", "b\xc3\xbc" "cher.example"},
                       {"send", "view", "send"});
  CHECK_EQ(policy_text(made),
           R"({"domains":["m.acme.example","xn--bcher-kva.example"],"actions":["view","send"]})");
  auto read = parse_policy(policy_text(made));
  REQUIRE(read.has_value());
  CHECK_EQ(policy_text(**read), policy_text(made));
  CHECK_EQ(policy_text({}), "");
  CHECK(*parse_policy("") == nullptr);
  CHECK(*parse_policy(R"({"domains":[],"actions":[]})") == nullptr);
  CHECK(policy_json({}).is_null());
}

TEST_CASE("bad policies are refused by the field that is wrong") {
  CHECK_EQ(refused({}, {"fly"}), "invalid_field policy.actions[0]");
  CHECK_EQ(refused({}, {"view", "operate"}), "invalid_field policy.actions[1]");
  CHECK_EQ(refused({"m.example", "a b"}, {}), "invalid_field policy.domains[1]");
  CHECK_EQ(refused({""}, {}), "invalid_field policy.domains[0]");
  CHECK_EQ(refused(std::vector<std::string>(limits::kPolicyDomains + 1, "m.example"), {}),
           "too_large policy.domains");
  CHECK_EQ(refused({}, std::vector<std::string>(8, "view")), "too_large policy.actions");
  for (const char* bad : {"{", "[]", "null", "{}", R"({"domains":1,"actions":[]})",
                          R"({"domains":[],"actions":["x"]})", R"({"domains":["m.example"]})"})
    CHECK_FALSE(parse_policy(bad).has_value());
}

TEST_CASE("actions of a policy take away from the role, and never add to it") {
  for (Role role : {Role::owner, Role::administrator, Role::developer, Role::viewer})
    for (size_t i = 0; i < policy_actions().size(); ++i) {
      auto action = static_cast<Action>(i);
      Actor narrow = person(role, policy({}, {std::string(policy_actions()[i])}));
      for (size_t other = 0; other <= policy_actions().size(); ++other) {
        auto asked = static_cast<Action>(other);
        CHECK_EQ(allowed(narrow, asked), asked == action && allowed(person(role), asked));
      }
    }
}

TEST_CASE("domains of a policy are what is seen; users are none of its business") {
  Actor some = person(Role::administrator, policy({"a.example", "b.example"}, {}));
  CHECK(sees_domain(some, "a.example"));
  CHECK_FALSE(sees_domain(some, "c.example"));
  CHECK_FALSE(sees_domain(some, ""));
  CHECK(of_some_domains(some));
  CHECK_EQ(seen_domains(some).size(), 2);
  CHECK(allowed(some, Action::manage_domains));
  CHECK(allowed(some, Action::manage_keys));
  CHECK_FALSE(allowed(some, Action::manage_users));
  Actor all = person(Role::administrator);
  CHECK_FALSE(of_some_domains(all));
  CHECK(sees_domain(all, "c.example"));
}

TEST_CASE("nobody covers who may do more, or sees more") {
  Actor admin = person(Role::administrator), viewer = person(Role::viewer);
  Actor of_a = person(Role::administrator, policy({"a.example"}, {}));
  Actor of_ab = person(Role::administrator, policy({"a.example", "b.example"}, {}));
  Actor viewing = person(Role::administrator, policy({}, {"view", "read_message"}));
  CHECK(covers(admin, viewer));
  CHECK_FALSE(covers(viewer, admin));
  CHECK(covers(admin, of_a));
  CHECK_FALSE(covers(of_a, admin));
  CHECK(covers(of_ab, of_a));
  CHECK_FALSE(covers(of_a, of_ab));
  CHECK(covers(viewer, viewing));
  CHECK_FALSE(covers(viewing, admin));
  CHECK_FALSE(may_give(of_a, Scope::send));
  CHECK(may_give(of_a, Scope::full, "a.example"));
  CHECK_FALSE(may_give(of_a, Scope::full, "b.example"));
  CHECK(may_give(person(Role::developer), Scope::full, "a.example"));
  CHECK_FALSE(may_give(person(Role::developer), Scope::full));
  CHECK(may_give(person(Role::developer), Scope::send));
}
